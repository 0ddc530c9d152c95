import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { readPeriod } from '../reports/index.ts';
import {
  type CalibrationReport,
  calibrationReport,
  candidateWords,
  LEAST_CALLS,
  percentWords,
  readCandidates,
  refitDelayLaws,
  type SiteFit,
} from '../tracking/index.ts';
import { findCall } from './calls.ts';
import { bar, formatDuration, formatTime, plural } from './format.ts';
import { addPeriodOptions, examples, type PeriodOptions } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, type Session } from './session.ts';

const BAR_WIDTH = 20;
const NOTHING = '–';

const tenths = (share: number | null): string => (share === null ? NOTHING : `${(share * 100).toFixed(1)} %`);

const printCalibration = (out: Output, report: CalibrationReport, zone: string): void => {
  out.line(
    `${out.paint('bold', 'Calibration of matches')}  ${formatTime(report.from, zone)} up to ${formatTime(report.to, zone)} (${zone})`,
  );
  out.line();
  if (report.known === 0) {
    out.line('No call of this period is matched for certain: there is nothing to measure by.');
    return;
  }
  out.facts([
    ['Calls whose visit is known', String(report.known)],
    ['Left unattributed', String(report.unattributed)],
    ['Brier score', report.brier === null ? null : report.brier.toFixed(3)],
    ['Calibration error', tenths(report.calibrationError)],
    [
      'Sure matches (95 % and more)',
      `${tenths(report.sure.share)}, right in ${tenths(report.sure.rightShare)}`,
    ],
  ]);
  out.line();
  out.table(
    ['Probability', 'Calls', 'Said', 'Right', ''],
    report.bins.map((bin) => [
      `${Math.round(bin.from * 100)}–${Math.round(bin.to * 100)} %`,
      bin.calls,
      tenths(bin.meanProbability),
      tenths(bin.rightShare),
      bar(bin.rightShare ?? 0, 1, BAR_WIDTH),
    ]),
    [0, 1, 2, 3],
  );
};

const addCalibration = (group: Command, cli: Cli): void => {
  const command = addPeriodOptions(
    group
      .command('calibration')
      .description(
        'How far the probabilities keep what they promise: calls whose visit is known for certain (call button, extension ' +
          'code, a tap on the number) are matched once more without that evidence. The latest 500 of the period.',
      ),
  ).action(
    act<[PeriodOptions]>(cli, (session, options) =>
      session.withStore('read', async (store) => {
        const { from, to, zone } = readPeriod(options, session.now());
        const report = await store.exclusively((file) => calibrationReport(file, { from, to }));
        if (session.json) return session.out.json(report);
        printCalibration(session.out, report, zone);
      }),
    ),
  );
  examples(command, ['dialtrace matching calibration', 'dialtrace matching calibration --period last-month']);
};

const shares = ({ law }: SiteFit): string | null =>
  law === undefined ? null : law.shares.map((share) => `${Math.round(share * 100)}`).join(' / ');

const printFits = ({ out }: Session, fits: readonly SiteFit[]): void => {
  out.table(
    ['Site', 'Calls', 'During / soon / later, %', 'Soon', 'Later', 'Calls a visit', 'Others a day', ''],
    fits.map((fit) => [
      fit.siteId,
      fit.calls,
      shares(fit),
      fit.law === undefined ? null : formatDuration(fit.law.soonMs),
      fit.law === undefined ? null : formatDuration(fit.law.laterMs),
      fit.law === undefined ? null : fit.law.callsPerVisit.toFixed(3),
      fit.law === undefined ? null : fit.law.othersPerDay.pool.toFixed(3),
      fit.law === undefined ? `fewer than ${plural(LEAST_CALLS, 'call')}: the defaults hold` : '',
    ]),
    [1, 3, 4, 5, 6],
  );
};

const addRefit = (group: Command, cli: Cli): void => {
  const command = group
    .command('refit')
    .description(
      'Fits to each site when its calls come after a number was shown. The gateway does it once a day.',
    )
    .option('--site <id>', 'this site alone')
    .action(
      act<[{ site?: string }]>(cli, (session, { site }) =>
        session.withStore('write', async (store) => {
          const fits = await store.exclusively((file) =>
            refitDelayLaws(file, session.now(), { siteId: site }),
          );
          if (site !== undefined && fits.length === 0) throw new UsageError(`There is no site ${site}`);
          if (session.json) return session.out.json(fits);
          if (fits.length === 0) return session.out.line('There are no sites.');
          printFits(session, fits);
        }),
      ),
    );
  examples(command, ['dialtrace matching refit', 'dialtrace matching refit --site main --json']);
};

const addShow = (group: Command, cli: Cli): void => {
  const command = group
    .command('show')
    .description('Visits that a call may have come from, the likeliest first, and why.')
    .argument('<call>', 'call id, or "last"')
    .action(
      act<[string]>(cli, (session, id) =>
        session.withStore('read', async (store) => {
          const { call } = await findCall(store.calls, id);
          const found = await store.exclusively((file) => readCandidates(file, call.id));
          const candidates = found.map(({ visitId, probability, evidence }) => ({
            visit: visitId ?? null,
            probability,
            why: candidateWords({ visitId, evidence }),
            evidence,
          }));
          const { match_method: method, match_prob: probability } = call;
          if (session.json) return session.out.json({ call: call.id, method, probability, candidates });
          session.out.line(
            `${session.out.paint('bold', call.id)}  ${formatTime(call.started_at)}  matched by ${method}` +
              `${probability === null ? '' : `, ${percentWords(probability)}`}`,
          );
          if (candidates.length === 0) return session.out.line('No visit was weighed for this call.');
          session.out.line();
          session.out.table(
            ['Probability', 'Visit', 'Why'],
            candidates.map((each) => [percentWords(each.probability), each.visit, each.why]),
            [0],
          );
        }),
      ),
    );
  examples(command, ['dialtrace matching show last', 'dialtrace matching show 01K9ZJ3V8Q4N7M2T5B6C8D9EFG']);
};

export const addMatchingCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('matching')
    .summary('whose call it was')
    .description(
      'Which visit a call came from: candidates, how sure they are, and the law of delays behind it.',
    );
  addShow(group, cli);
  addCalibration(group, cli);
  addRefit(group, cli);
};
