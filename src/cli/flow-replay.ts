import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { FailureError } from '../base/errors.ts';
import { type Flow, type PastCall, type Replay, readPastCalls, replayCalls } from '../flows/index.ts';
import { type FoundFlow, findFlow } from './flow-input.ts';
import { formatDuration, formatTime, plural } from './format.ts';
import { examples, wholeNumber } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, type Session } from './session.ts';

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };

type ReplayOptions = {
  readonly last: number;
  readonly against?: string;
  readonly limit: number;
};

const duration = (text: string): number => {
  const [, count, unit = ''] = /^(\d{1,4})([hdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('Use a time such as 12h, 30d or 4w.');
};

const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

const change = (before: number, after: number): string => {
  const difference = after - before;
  if (Math.abs(difference) < 0.05) return 'as before';
  return `${difference > 0 ? '+' : '−'}${figure(Math.abs(difference))}`;
};

const print = (out: Output, replay: Replay, id: string, found: FoundFlow, shown: number): void => {
  const { before, after, partings } = replay;
  out.line(
    `${out.paint('bold', `Flow ${id}`)}  ${plural(replay.calls, 'call')} on ${found.version === undefined ? 'the tracking plan' : found.origin}`,
  );
  if (replay.calls === 0) {
    out.line('No call of this time ran it.');
    return;
  }
  out.line();
  const row = (name: string, was: number, now: number): (string | null)[] => [
    name,
    figure(was),
    figure(now),
    change(was, now),
  ];
  out.table(
    ['', 'Was', 'Would be', 'Change'],
    [
      row('Answered', before.answered, after.answered),
      row('Left a message', before.voicemail, after.voicemail),
      row('Lost', before.lost, after.lost),
      ['Not known', '0', figure(after.unknown), null],
      row('Waited in a queue', before.waited, after.waited),
      [
        'Mean time to the answer',
        formatDuration(before.meanAnswerMs),
        formatDuration(after.meanAnswerMs),
        null,
      ],
    ],
    [1, 2, 3],
  );
  out.line();
  out.line(
    `${plural(replay.certain, 'call')} by their own record alone, ${replay.estimated} with rates of other calls.`,
  );
  if (partings.length === 0) out.line('No call goes another way.');
  else {
    out.line(`${plural(partings.length, 'call')} ${partings.length === 1 ? 'goes' : 'go'} another way:`);
    out.line();
    out.table(
      ['Call', 'Began', 'At step', 'Was', 'Would be', 'End'],
      partings
        .slice(0, shown)
        .map((each) => [
          each.id,
          formatTime(each.at),
          each.step ?? 'start',
          each.was,
          each.now,
          `${each.before} → ${each.after}${each.likely < 1 ? ` (${Math.round(each.likely * 100)} %)` : ''}`,
        ]),
    );
    if (partings.length > shown) out.line(`… and ${partings.length - shown} more (--json lists them all)`);
  }
  out.line();
  for (const note of replay.notes) out.line(out.paint('dim', note));
};

const SHOWN = 50;

const pastCalls = (session: Session, flow: Flow, options: ReplayOptions): Promise<readonly PastCall[]> =>
  session.withStore('read', (store) => {
    const to = session.now();
    return readPastCalls(store, flow, { from: to - options.last, to, limit: options.limit }, async (number) =>
      store.areas.of(number),
    );
  });

const run = async (session: Session, name: string, options: ReplayOptions): Promise<void> => {
  const found = await findFlow(session, name, options.against === undefined ? {} : { plan: options.against });
  const flow = found.flow();
  if (flow.id === 'implied') throw new FailureError('Name a flow: calls of implied ones are replayed on it.');
  const replay = replayCalls(flow, await pastCalls(session, flow, options), found.lineRingMs);
  if (session.json) {
    const partings = replay.partings.map((each) => ({ ...each, at: new Date(each.at).toISOString() }));
    return session.out.json({ flow: flow.id, version: found.version ?? null, ...replay, partings });
  }
  print(session.out, replay, flow.id, found, SHOWN);
};

export const addFlowReplay = (group: Command, cli: Cli): void => {
  const command = group
    .command('replay')
    .summary('past calls on another version')
    .description(
      "What would have become of past calls on the tracking plan's flow: each does again what its record has, keys pressed " +
        'and who answered; what it did not come to is guessed from other calls, or said to be unknown.',
    )
    .argument('<flow>', "a flow's id, or `id@3` for version 3 of the database")
    .option('--last <time>', 'calls of this time up to now: 12h, 30d, 4w', duration, 30 * DAY_MS)
    .option('--against <file>', 'flow of this tracking plan (default: the one that `trackingPlan` names)')
    .option('-n, --limit <count>', 'how many calls at most, the newest', wholeNumber(1, 100_000), 20_000)
    .action(act<[string, ReplayOptions]>(cli, run));
  examples(command, [
    'dialtrace flow replay main',
    'dialtrace flow replay main --last 7d --against drafts/autumn.yaml',
    'dialtrace flow replay main@4 --json | jq .after',
  ]);
};
