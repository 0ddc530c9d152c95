import { type Command, InvalidArgumentError, Option } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import { attributionCosts, csvLines, readPeriod } from '../reports/index.ts';
import type { Store } from '../store/index.ts';
import {
  type AttributionRequest,
  CONVERSION_KINDS,
  type ConversionKind,
  columnsOf,
  DEFAULT_MODEL,
  DIMENSIONS,
  type Dimension,
  diffDigests,
  diffModels,
  findModel,
  keepReport,
  MODELS,
  makeComparison,
  makeExplanation,
  makeReport,
  type PathQuestion,
  recompute,
} from '../tracking/index.ts';
import {
  printComparison,
  printDiff,
  printExplanation,
  printReport,
  reportColumns,
} from './attribution-print.ts';
import { findCall } from './calls.ts';
import { Unsuccessful } from './failure.ts';
import { addPeriodOptions, addZoneOption, examples, type PeriodOptions, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const DAY_MS = 86_400_000;
/** What a path's data-driven models learn from. */
const PATH_DAYS = 90;

type ScopeOptions = PeriodOptions & {
  readonly window: number;
  readonly dedupe: number;
  readonly by: Dimension;
  readonly conversion: ConversionKind;
};

const modelName = (text: string): string => {
  if (MODELS.some(({ id, version }) => text === id || text === `${id}@${version}`)) return text;
  throw new InvalidArgumentError(`Use one of ${MODELS.map(({ id }) => id).join(', ')}.`);
};

const addScopeOptions = (command: Command): Command =>
  addPeriodOptions(command)
    .option('--window <days>', 'how long before a conversion a touch counts, 1 to 90', wholeNumber(1, 90), 30)
    .option(
      '--dedupe <days>',
      "a person's conversions within so many days of a counted one count no more; 0: all count",
      wholeNumber(0, 365),
      30,
    )
    .addOption(new Option('--by <what>', 'what there is a row for').choices(DIMENSIONS).default('source'))
    .addOption(
      new Option('--conversion <kind>', 'what counts as a conversion')
        .choices(CONVERSION_KINDS)
        .default('call'),
    );

const requestOf = (session: Session, options: ScopeOptions, model: string): AttributionRequest => {
  const { window: windowDays, dedupe: dedupeDays, by, conversion, ...period } = options;
  return { model, conversion, by, windowDays, dedupeDays, ...readPeriod(period, session.now()) };
};

const addReport = (group: Command, cli: Cli): void => {
  const command = addScopeOptions(
    group
      .command('report')
      .description(
        'What each source is owed by a model, in conversions and in money. The report has a digest, by which it can be made again.',
      )
      .option('--model <model>', 'how credit is given', modelName, DEFAULT_MODEL),
  )
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--bom', 'begin the CSV with a byte order mark, for Excel')
    .action(
      act<[ScopeOptions & { model: string; csv?: boolean; bom?: boolean }]>(
        cli,
        (session, { model, csv, bom, ...options }) =>
          session.withStore('write', async (store) => {
            const request = requestOf(session, options, findModel(model).id);
            const { digest, report, costs } = await store.exclusively((file) => {
              const sealed = makeReport(file, request);
              return { ...sealed, costs: attributionCosts(file, sealed.report, session.now()) };
            });
            await keepReport(store.db, { digest, report }, session.now());
            if (session.json) return cli.out.json({ digest, ...report, costs });
            if (csv) {
              const columns = reportColumns(report, columnsOf(request.by), costs);
              return cli.out.stream(csvLines(columns, report.rows, { bom: bom === true }));
            }
            printReport(cli.out, digest, report, costs);
          }),
      ),
    );
  examples(command, [
    'dialtrace attribution report',
    'dialtrace attribution report --model time-decay --by campaign --period last-month',
    'dialtrace attribution report --model shapley --conversion sale --from 2026-10-01 --to 2026-11-01 --csv',
  ]);
};

const addCompare = (group: Command, cli: Cli): void => {
  const command = addScopeOptions(
    group.command('compare').description('Every model side by side, on the same conversions.'),
  ).action(
    act<[ScopeOptions]>(cli, (session, options) =>
      session.withStore('read', async (store) => {
        const request = requestOf(session, options, DEFAULT_MODEL);
        const comparison = await store.exclusively((file) => makeComparison(file, request));
        if (session.json) return cli.out.json(comparison);
        printComparison(cli.out, comparison);
      }),
    ),
  );
  examples(command, ['dialtrace attribution compare --period last-month --by channel']);
};

const addRecompute = (group: Command, cli: Cli): void => {
  const command = group
    .command('recompute')
    .description(
      'Makes a report again from the events that it saw. Exit code 1 when it comes out otherwise, or its events are gone.',
    )
    .argument('<digest>', 'of the report, or its first 8 digits and more')
    .option('--bytes', 'write the very bytes that the digest is of (SHA-256)')
    .action(
      act<[string, { bytes?: boolean }]>(cli, (session, digest, { bytes = false }) =>
        session.withStore('read', async (store) => {
          const again = await store.exclusively((file) => recompute(file, digest));
          const { wanted, identical, text } = again;
          if (bytes) await cli.out.stream(oneText(text));
          else if (session.json) cli.out.json({ wanted, digest: again.digest, identical });
          else if (identical) cli.out.line(`${cli.out.paint('green', 'identical')}  ${wanted}`);
          else cli.out.line(`${cli.out.paint('red', 'different')}  ${wanted} came out as ${again.digest}`);
          if (!identical) throw new Unsuccessful();
        }),
      ),
    );
  examples(command, [
    'dialtrace attribution recompute 5c1f0e9a',
    'dialtrace attribution recompute 5c1f0e9a --bytes | sha256sum',
  ]);
};

async function* oneText(text: string): AsyncGenerator<string> {
  yield text;
}

type DiffOptions = ScopeOptions & { readonly models?: readonly string[] };

const addDiff = (group: Command, cli: Cli): void => {
  const command = addScopeOptions(
    group
      .command('diff')
      .description(
        'Which conversions got other credit, and why: of two reports by their digests, or of two models on the same period.',
      )
      .argument('[before]', 'digest of a report')
      .argument('[after]', 'digest of another'),
  )
    .option('--models <two...>', 'two models instead of two reports')
    .option('-n, --limit <count>', 'how many conversions to print', wholeNumber(0, 1_000_000), 50)
    .action(
      act<[string | undefined, string | undefined, DiffOptions & { limit: number }]>(
        cli,
        (session, before, after, { models, limit, ...options }) =>
          session.withStore('read', async (store) => {
            const difference = await store.exclusively((file) => {
              if (before !== undefined && after !== undefined && models === undefined)
                return diffDigests(file, before, after);
              const [one, other, ...more] = models ?? [];
              if (before !== undefined || one === undefined || other === undefined || more.length > 0)
                throw new UsageError('Name two reports, or --models and two models');
              return diffModels(file, requestOf(session, options, one), other);
            });
            if (session.json) return cli.out.json(difference);
            printDiff(cli.out, difference, limit);
          }),
      ),
    );
  examples(command, [
    'dialtrace attribution diff 5c1f0e9a 77d0b2c4',
    'dialtrace attribution diff --models last-non-direct time-decay --period last-month',
  ]);
};

type Asked = { readonly question: PathQuestion; readonly from: number; readonly to: number };

/** What an id is of: a person, a call or a form. */
const ask = async (store: Store, id: string, now: number): Promise<Asked> => {
  const wanted = id === 'last' ? (await findCall(store.calls, id)).call.id : id;
  const keys = await store.db
    .selectFrom('person_key')
    .where('person_id', '=', wanted)
    .select(['kind', 'key'])
    .orderBy('kind')
    .orderBy('key')
    .execute();
  if (keys.length > 0)
    return { question: { type: 'person', keys }, from: now - PATH_DAYS * DAY_MS, to: now + 1 };
  const event = await store.db
    .selectFrom('event')
    .where('subject', '=', wanted)
    .where('type', 'in', ['call.ended', 'form.submitted'])
    .select('at')
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  if (event === undefined)
    throw new FailureError(`The event log has no person, ended call or form with the id ${wanted}.`);
  return {
    question: { type: 'contact', id: wanted },
    from: event.at - PATH_DAYS * DAY_MS,
    to: event.at + 1,
  };
};

const addPath = (group: Command, cli: Cli): void => {
  const command = addZoneOption(
    group
      .command('path')
      .description(
        'The touches that led to a call, a form or a person’s last one, and what each model gives them. Markov is what the 90 days before teach it.',
      )
      .argument('<id>', 'of a person, a call or a form; "last": the last call')
      .option('--window <days>', 'how long before it a touch counts, 1 to 90', wholeNumber(1, 90), 30)
      .addOption(
        new Option('--by <what>', 'what sources are told apart by').choices(DIMENSIONS).default('source'),
      ),
  ).action(
    act<[string, { window: number; by: Dimension; zone?: string }]>(
      cli,
      (session, id, { window: windowDays, by, zone }) =>
        session.withStore('read', async (store) => {
          const { question, from, to } = await ask(store, id, session.now());
          const request = { from, to, windowDays, by, zone: zone ?? 'UTC', model: DEFAULT_MODEL };
          const explanation = await store.exclusively((file) =>
            makeExplanation(file, { ...request, conversion: 'lead', dedupeDays: 0 }, question),
          );
          if (explanation === undefined) throw new FailureError(`There is no call or form ${id}.`);
          if (session.json) return cli.out.json(explanation);
          printExplanation(cli.out, explanation, zone);
        }),
    ),
  );
  examples(command, [
    'dialtrace attribution path last',
    'dialtrace attribution path 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --window 90',
  ]);
};

export const addAttributionCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('attribution')
    .summary('which touches conversions are owed to')
    .description(
      'Attribution: which ads, pages and visits calls, forms and sales are owed to, by any model.',
    );
  addReport(group, cli);
  addCompare(group, cli);
  addRecompute(group, cli);
  addDiff(group, cli);
  addPath(group, cli);
};
