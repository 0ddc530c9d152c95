import { type Command, InvalidArgumentError } from 'commander';
import { DateTime } from 'luxon';
import { UsageError } from '../base/errors.ts';
import { parsePhone } from '../base/phone.ts';
import {
  ANSWERINGS,
  type CallDescription,
  type Ending,
  type ManySimulated,
  type Simulation,
  scenarioOf,
  simulateCall,
  simulateMany,
} from '../flows/index.ts';
import { addFlowOptions, FLOW_WORDS, type FlowOptions, type FoundFlow, findFlow } from './flow-input.ts';
import { bar, formatDuration, formatShare, plural } from './format.ts';
import { examples, wholeNumber, zoneName } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, homeRegion, isMissing, type Session } from './session.ts';

type SimulateOptions = FlowOptions & {
  readonly from?: string;
  readonly anonymous?: boolean;
  readonly at?: string;
  readonly zone?: string;
  readonly did?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly keyword?: string;
  readonly channel?: string;
  readonly landing?: string;
  readonly button?: string;
  readonly intent?: string;
  readonly country?: string;
  readonly area?: string;
  readonly city?: string;
  readonly priorCalls?: number;
  readonly lastLine?: string;
  readonly keys?: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
  readonly decides?: Readonly<Record<string, string>>;
  readonly patience?: number;
  readonly callers?: number;
  readonly seed: number;
};

const keyList = (text: string): readonly string[] => {
  if (/^[0-9*#,-]*$/.test(text)) return text.split(',').map((entry) => (entry === '-' ? '' : entry));
  throw new InvalidArgumentError('Use keys with commas between questions: 1,20481#,- (a - for none).');
};

const pairs = (text: string): Readonly<Record<string, string>> => {
  const entries = text.split(',').map((pair) => pair.split('='));
  if (entries.every((pair) => pair.length === 2 && pair.every((side) => side !== ''))) {
    return Object.fromEntries(entries);
  }
  throw new InvalidArgumentError('Use name=value with commas between them: sales=busy,support=no-answer.');
};

const answerings = (text: string): Readonly<Record<string, string>> => {
  const found = pairs(text);
  const wrong = Object.values(found).find((value) => !ANSWERINGS.some((known) => known === value));
  if (wrong === undefined) return found;
  throw new InvalidArgumentError(`"${wrong}" is none: use ${ANSWERINGS.join(', ')}.`);
};

/** A moment as a person writes it, in the zone unless it carries an offset. */
const moment = (text: string | undefined, zone: string, now: number): number => {
  if (text === undefined) return now;
  const at = DateTime.fromISO(text.trim().replace(' ', 'T'), { zone });
  if (at.isValid) return at.toMillis();
  throw new UsageError(`--at "${text}" is no moment: write 2026-11-22 21:00`);
};

const phone = (session: Session, name: string, text: string): string => {
  const number = parsePhone(text, homeRegion(session.config()));
  if (number) return number.e164;
  throw new UsageError(`${name} "${text}" is no phone number: write it as +8613912345678`);
};

/** Where the imported table says that a number is at home. */
const areaOf = async (session: Session, from: string | undefined) => {
  if (from === undefined || (await isMissing(session.config().database.path))) return undefined;
  return session.withStore('read', async (store) => store.areas.of(from));
};

const described = async (
  session: Session,
  options: SimulateOptions,
  zone: string,
): Promise<CallDescription> => {
  const from =
    options.from === undefined || options.anonymous === true
      ? undefined
      : phone(session, '--from', options.from);
  const area = await areaOf(session, from);
  const { source, medium, campaign, keyword, channel, landing, country, priorCalls, lastLine, keys } =
    options;
  const { button, intent } = options;
  return {
    from,
    did: options.did === undefined ? undefined : phone(session, '--did', options.did),
    source,
    medium,
    campaign,
    keyword,
    channel,
    landing,
    button,
    intent,
    country,
    area: options.area ?? area?.area,
    city: options.city ?? area?.city ?? undefined,
    priorCalls,
    lastLine,
    at: moment(options.at, zone, session.now()),
    keys,
    // Checked when they were read.
    answers: options.answers as CallDescription['answers'],
    decisions: options.decides,
    patienceMs: options.patience === undefined ? undefined : options.patience * 1000,
  };
};

const ENDING_COLOURS: Readonly<Record<Ending['how'], 'green' | 'yellow' | 'red'>> = {
  answered: 'green',
  voicemail: 'yellow',
  'hung-up': 'red',
  ended: 'yellow',
  endless: 'red',
};

const printCall = (out: Output, simulation: Simulation, at: number, zone: string): void => {
  const time = (when: number): string => DateTime.fromMillis(when, { zone }).toFormat('HH:mm:ss');
  const { path, ending } = simulation;
  out.line(
    `A call on ${DateTime.fromMillis(at, { zone, locale: 'en' }).toFormat('cccc, d LLLL yyyy')} (${zone})`,
  );
  out.line();
  for (const { at: when, text } of path) out.line(`${out.paint('dim', time(when))}  ${text}`);
  const where = ending.how === 'answered' || ending.how === 'hung-up' ? `${ending.step}: ` : '';
  out.line(
    `${out.paint('dim', time(ending.at))}  ${out.paint(ENDING_COLOURS[ending.how], where + ending.text)}`,
  );
  out.line();
  out.line(
    `It took ${formatDuration(simulation.durationMs)}, of which ${formatDuration(simulation.waitMs)} waiting for somebody.`,
  );
  for (const sentence of simulation.assumed) out.line(out.paint('dim', sentence));
};

const callJson = ({ path, ending, durationMs, waitMs, state, assumed }: Simulation, found: FoundFlow) => {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    flow: found.definition.flow.id,
    version: found.version ?? null,
    path: path.map((entry) => ({ ...entry, at: iso(entry.at) })),
    ending: { ...ending, at: iso(ending.at) },
    durationMs,
    waitMs,
    language: state.language,
    tags: state.tags,
    variables: Object.fromEntries(
      Object.entries(state.variables).filter(([name]) => !state.sensitive.includes(name)),
    ),
    assumed,
  };
};

const ENDING_WORDS: readonly (readonly [Ending['how'], string])[] = [
  ['answered', 'Somebody answered'],
  ['voicemail', 'Left a message'],
  ['ended', 'Ended by the flow'],
  ['hung-up', 'Hung up waiting'],
  ['endless', 'Never ended'],
];

const exitWords = (exits: Readonly<Record<string, number>>): string =>
  Object.entries(exits)
    .sort(([, a], [, b]) => b - a)
    .map(([exit, count]) => `${exit} ${count}`)
    .join(', ');

const printMany = (out: Output, many: ManySimulated): void => {
  const { callers, endings, waits, durations } = many;
  out.line(
    `${plural(callers, 'caller')} made up by chance (seed ${many.seed}): shares are of these, not of real ones.`,
  );
  out.line();
  out.table(
    ['Ending', 'Callers', 'Share', ''],
    ENDING_WORDS.filter(([how]) => endings[how] > 0).map(([how, words]) => [
      words,
      endings[how],
      formatShare(endings[how] / callers),
      bar(endings[how], callers, 20),
    ]),
    [1, 2],
  );
  out.line();
  out.table(
    ['Step', 'Kind', 'Callers', 'Share', 'Left by'],
    many.steps.map((each) => [
      each.step,
      each.kind,
      each.callers,
      formatShare(each.callers / callers),
      exitWords(each.exits),
    ]),
    [2, 3],
  );
  out.line();
  out.facts([
    ['Waited for somebody', plural(waits.callers, 'caller')],
    [
      'How long',
      `mean ${formatDuration(waits.mean)}, half up to ${formatDuration(waits.median)}, 95 % up to ${formatDuration(waits.p95)}`,
    ],
    ['Longest call', `${formatDuration(durations.longest)}, ${plural(many.longestPath, 'step')} at most`],
    ['Never came to', many.unseen.length === 0 ? 'nothing' : many.unseen.join(', ')],
  ]);
  if (many.failures.calls > 0) {
    out.line(
      out.paint('red', `${plural(many.failures.calls, 'call')} failed; first: ${many.failures.first}`),
    );
  }
};

const run = async (session: Session, name: string, options: SimulateOptions): Promise<void> => {
  const found = await findFlow(session, name, options);
  const flow = found.flow();
  if (options.callers !== undefined) {
    const from = Date.UTC(new Date(session.now()).getUTCFullYear(), 0, 1);
    const many = simulateMany(flow, options.callers, options.seed, { from, lineRingMs: found.lineRingMs });
    return session.json ? session.out.json(many) : printMany(session.out, many);
  }
  const zone = options.zone ?? found.definition.flow.timezone;
  const call = await described(session, options, zone);
  const simulation = simulateCall(flow, scenarioOf(flow, call, found.lineRingMs));
  if (session.json) return session.out.json(callJson(simulation, found));
  printCall(session.out, simulation, call.at, zone);
};

export const addFlowSimulate = (group: Command, cli: Cli): void => {
  const command = addFlowOptions(
    group
      .command('simulate')
      .summary('what happens to a call, without a phone')
      .description(
        "What happens to a call: the gateway's own interpreter runs the flow, caller and lines do as the options say. " +
          'Whoever is not named answers; announcements of unknown length take 3 s.',
      )
      .argument('<flow>', FLOW_WORDS),
  )
    .option('--zone <zone>', "time zone of --at and of what is shown (default: the flow's)", zoneName)
    .option('--from <number>', "the caller's number (default: withheld)")
    .option('--anonymous', 'the number is withheld')
    .option('--at <moment>', 'when: 2026-11-22 21:00 (default: now)')
    .option('--keys <list>', 'keys for each question in turn: 1,20481#,- (a - for none)', keyList)
    .option(
      '--answers <list>',
      `who does what: sales=busy,support=no-answer (${ANSWERINGS.join(', ')})`,
      answerings,
    )
    .option('--decides <list>', 'what decide steps are told: crm=vip', pairs)
    .option('--patience <seconds>', 'hangs up after having waited so long', wholeNumber(1, 86_400))
    .option('--prior-calls <count>', 'earlier calls of the caller', wholeNumber(0, 1_000_000))
    .option('--last-line <id>', 'line that answered this caller last')
    .option('--did <number>', 'the tracking number')
    .option('--country <region>', "default: of the caller's number")
    .option('--area <name>', 'default: as the imported table says')
    .option('--city <name>', 'default: as the imported table says');
  for (const name of ['source', 'medium', 'campaign', 'keyword', 'channel', 'landing']) {
    command.option(`--${name} <text>`, `the visit's ${name === 'landing' ? 'landing page' : name}`);
  }
  command
    .option('--button <id>', 'the call button that was pressed')
    .option('--intent <id>', 'what the visitor chose there')
    .option(
      '--callers <count>',
      'so many callers made up by chance, and what became of them',
      wholeNumber(1, 1_000_000),
    )
    .option('--seed <number>', 'with --callers: other ones', wholeNumber(0, 4_294_967_295), 1)
    .action(act<[string, SimulateOptions]>(cli, run));
  examples(command, [
    "dialtrace flow simulate main --from +8613912345678 --at '2026-11-22 21:00'",
    'dialtrace flow simulate main --keys 2,1 --answers sales=busy,support=no-answer',
    'dialtrace flow simulate main --callers 100000',
  ]);
};
