import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import { parsePhone } from '../base/phone.ts';
import { findRunning } from '../base/run-file.ts';
import type { GatewayConfig } from '../config/index.ts';
import type { Playable } from '../media/index.ts';
import { type CallDetailView, callDetailView } from '../reports/index.ts';
import type { CallDetail, Store } from '../store/index.ts';
import type { TestCallResult } from '../user-agent/index.ts';
import { Unsuccessful } from './failure.ts';
import { examples, numberWithin } from './options.ts';
import { act, type Cli, homeRegion, type Session } from './session.ts';

/** A number of the range that is kept free for examples, so that no person's number stands in a test's record. */
export const DEFAULT_CALLER = '+12025550100';
const DEFAULT_SECONDS = 3;
/** A person has to hear it and to say something. */
const PERSON_SECONDS = 30;
const SPOKEN = fileURLToPath(new URL('../../config/prompts/test-call.wav', import.meta.url));
/** How long the record of an ended call may take to be completed. */
const RECORD_PATIENCE_MS = 10_000;

export type TestCallCheck = {
  readonly name: string;
  readonly state: 'ok' | 'fail' | 'off';
  readonly text: string;
};

export type TestCallReport = {
  readonly passed: boolean;
  readonly checks: readonly TestCallCheck[];
  readonly call: CallDetailView | null;
  readonly recordingPath: string | null;
};

const isDone = ({ call, recording }: CallDetail): boolean =>
  call.status !== 'in_progress' && recording?.state !== 'recording';

/** The call's record as soon as it is complete, or as it is when that takes too long. */
const completedRecord = async (store: Store, id: string | undefined): Promise<CallDetail | undefined> => {
  if (id === undefined) return undefined;
  const deadline = Date.now() + RECORD_PATIENCE_MS;
  for (;;) {
    const detail = await store.calls.get(id);
    if ((detail !== undefined && isDone(detail)) || Date.now() > deadline) return detail;
    await sleep(50);
  }
};

const check = (name: string, passed: boolean, text: string): TestCallCheck => ({
  name,
  state: passed ? 'ok' : 'fail',
  text,
});

const lineWords = (result: TestCallResult, call: CallDetailView | null, user: string | undefined): string => {
  if (call?.lineId) return `line ${call.lineId} answered after ${Math.round(result.setupMs)} ms`;
  if (result.answered) return 'the call was answered';
  const why = call?.endReason ? ` (${call.endReason})` : '';
  const hint = user !== undefined && result.status === 480 ? `: is ${user} logged in and ready?` : '';
  return `not answered: ${result.status} ${result.reason}${why}${hint}`;
};

/** Whether the line's leg was sent what the caller said. */
const outward = (result: TestCallResult, call: CallDetailView | null): TestCallCheck => {
  const line = call?.legs.find((leg) => leg.role === 'B' && leg.answeredAt !== null);
  const sent = line?.packetsSent ?? 0;
  return check('caller → line', result.answered && sent > 0, `${sent} packets of audio reached the line`);
};

/** Sound shorter than this may be a click. */
const SHORTEST_SOUND_S = 0.2;

const inward = ({ heard, stats }: TestCallResult): TestCallCheck => {
  const name = 'line → caller';
  if (heard === undefined) return check(name, false, 'nothing was heard');
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  if (heard.audibleSeconds < SHORTEST_SOUND_S) {
    return check(
      name,
      false,
      `${stats?.packetsReceived ?? 0} packets in ${seconds(heard.seconds)}, but no sound`,
    );
  }
  const tone = heard.toneSeconds === undefined ? '' : `, ${seconds(heard.toneSeconds)} of it our own tone`;
  return check(
    name,
    true,
    `heard sound for ${seconds(heard.audibleSeconds)} of ${seconds(heard.seconds)}${tone}`,
  );
};

const recorded = (call: CallDetailView | null, path: string | null, wanted: boolean): TestCallCheck => {
  if (!wanted) return { name: 'recorded', state: 'off', text: 'recording is off for this number' };
  if (call?.recording == null || path === null) return check('recorded', false, 'there is no recording');
  const good =
    (call.recording.state === 'complete' || call.recording.state === 'repaired') && existsSync(path);
  return check('recorded', good, good ? path : `the recording is ${call.recording.state}: ${path}`);
};

const source = (call: CallDetailView | null, did: string): TestCallCheck => {
  if (call?.source) {
    const { name, id, source: word } = call.source;
    return check('source', true, `${name ?? id} (${id ?? word})`);
  }
  // It rang a line, so that it is a number of the plan.
  if (call?.lineId)
    return check('source', true, `none: ${did} is lent to visits, and none of them has it now`);
  return check('source', false, `${did} is no tracking number: see \`dialtrace number list\``);
};

/** The checklist of a test call. */
export const testCallChecks = (
  result: TestCallResult,
  facts: {
    readonly did: string;
    readonly call: CallDetailView | null;
    readonly recordingPath: string | null;
    readonly recordingWanted: boolean;
    /** Whose phones the number rings first. */
    readonly user?: string | undefined;
  },
): readonly TestCallCheck[] => [
  check(
    'reached the gateway',
    result.callId !== undefined,
    result.callId === undefined
      ? `the gateway answered ${result.status} ${result.reason}`
      : `call ${result.callId}`,
  ),
  source(facts.call, facts.did),
  check(
    'reached the line',
    result.answered && facts.call?.lineId != null,
    lineWords(result, facts.call, facts.user),
  ),
  outward(result, facts.call),
  inward(result),
  recorded(facts.call, facts.recordingPath, facts.recordingWanted),
];

export type TestCallInput = {
  /** Where the gateway listens for SIP, as its run file says. */
  readonly sip: readonly string[];
  /** E.164 */
  readonly did: string;
  /** E.164 */
  readonly caller: string;
  /** Default: a tone; for a line that is a user, spoken words over and over. */
  readonly prompt?: Playable | undefined;
  /** Length of the talk; default 3, and 30 for a line that is a user. */
  readonly seconds?: number | undefined;
  /** How long to wait for an answer; default: as long as the number's lines ring. */
  readonly ringSeconds?: number | undefined;
  /** Told how the call goes where a person is rung. */
  readonly onProgress?: (words: string) => void;
};

/** Places a test call into the running gateway and looks at what became of it. */
export const runTestCall = async (
  store: Store,
  config: GatewayConfig,
  input: TestCallInput,
): Promise<TestCallReport> => {
  const gateway = input.sip.find((hostport) => hostport.startsWith('udp/')) ?? input.sip[0];
  if (gateway === undefined) throw new FailureError('The gateway listens for SIP nowhere.');
  const route = await store.numbers.route(input.did);
  const lineSeconds = 5 + (route?.lines ?? []).reduce((sum, line) => sum + line.ring_timeout_s, 0);
  const user = route?.lines[0]?.user ?? undefined;
  const toPerson = user !== undefined;
  const { did, caller, ringSeconds = lineSeconds } = input;
  const seconds = input.seconds ?? (toPerson ? PERSON_SECONDS : DEFAULT_SECONDS);
  const prompt = input.prompt ?? (toPerson ? spokenPrompt : testTone(seconds));
  const progress = {
    ringing: `${did} rings: answer it …`,
    answered: `Answered. The call says “This is a Dialtrace test call” for up to ${seconds} s; say something too, and hang up.`,
  };
  const onState = (state: keyof typeof progress): void => {
    if (toPerson) input.onProgress?.(progress[state]);
  };
  // The SIP side is large, and most commands have no use for it.
  const { placeTestCall, selfTestCredentials } = await import('../user-agent/index.ts');
  const credentials = selfTestCredentials(store.vault);
  const result = await placeTestCall({
    gateway,
    did,
    caller,
    prompt,
    seconds,
    ringSeconds,
    credentials,
    onState,
  });
  const detail = await completedRecord(store, result.callId);
  const call = detail === undefined ? null : callDetailView(detail);
  const recordingPath = call?.recording ? resolve(config.recording.directory, call.recording.path) : null;
  const flag = route?.number.record ?? null;
  const recordingWanted = flag === null ? config.recording.enabled : flag === 1;
  const checks = testCallChecks(result, { did, call, recordingPath, recordingWanted, user });
  return { passed: checks.every(({ state }) => state !== 'fail'), checks, call, recordingPath };
};

const MARKS = { ok: ['green', '✓'], fail: ['red', '✗'], off: ['yellow', '–'] } as const;

/** The checklist for people. */
export const printChecks = ({ out }: Pick<Session, 'out'>, { checks, passed }: TestCallReport): void => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, state, text } of checks) {
    const [colour, mark] = MARKS[state];
    out.line(`${out.paint(colour, mark)} ${name.padEnd(width)}  ${text}`);
  }
  out.line(passed ? out.paint('green', 'The test call passed.') : out.paint('red', 'The test call failed.'));
};

/** A tone that telephone audio carries well: 440 Hz at -12 dBm0. */
export const testTone = (seconds: number): Playable => ({
  type: 'tone',
  frequencies: [440],
  level: -12,
  seconds,
});

/** Something that a person hears at once and recognises. */
const spokenPrompt: Playable = { type: 'file', path: SPOKEN, loop: true };

type Options = {
  readonly caller: string;
  readonly seconds?: number;
  readonly ring?: number;
  readonly tone?: boolean;
  readonly prompt?: string;
};

const readPhone = (text: string, what: string, config: GatewayConfig): string => {
  const number = parsePhone(text, homeRegion(config));
  if (number !== undefined) return number.e164;
  throw new UsageError(`"${text}" is no phone number`, [
    { path: what, message: `found "${text}"`, mend: 'write it with its country code, such as +12025550123' },
  ]);
};

const readPrompt = (cli: Cli, options: Options): Playable | undefined => {
  if (options.prompt === undefined)
    return options.tone ? testTone(options.seconds ?? DEFAULT_SECONDS) : undefined;
  if (options.tone) throw new UsageError('Say --tone or --prompt, not both');
  const path = resolve(cli.directory, options.prompt);
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  return { type: 'file', path };
};

export const addTestCall = (program: Command, cli: Cli): void => {
  const command = program
    .command('test-call')
    .summary('call a tracking number and see what becomes of it')
    .description(
      'Places a real SIP call with real audio into the running gateway, listens, hangs up, and says whether it reached the ' +
        'line, was heard both ways, was recorded, and which source it was given. Marked as a test: reports leave it out. ' +
        'Exit code 1 when a check fails.',
    )
    .argument('<did>', 'the tracking number to call')
    .option('--caller <number>', "the caller's number", DEFAULT_CALLER)
    .option(
      '--seconds <seconds>',
      `length of the talk (default: ${DEFAULT_SECONDS}, and ${PERSON_SECONDS} when the line is a user)`,
      numberWithin(1, 300),
    )
    .option(
      '--ring <seconds>',
      'how long to wait for an answer (default: as long as the lines ring)',
      numberWithin(1, 600),
    )
    .option('--tone', 'say a tone of 440 Hz (default, unless the line is a user: that hears spoken words)')
    .option('--prompt <file>', 'say this WAV file (mono, 8 kHz)')
    .action(
      act<[string, Options]>(cli, async (session, didText, options) => {
        const config = session.config();
        const did = readPhone(didText, 'did', config);
        const caller = readPhone(options.caller, '--caller', config);
        const prompt = readPrompt(cli, options);
        const running = await findRunning(config.runFile);
        if (running === undefined) {
          throw new FailureError(
            `No gateway is running on ${session.configPath}: start it with \`dialtrace start\``,
          );
        }
        const { sip } = running;
        const { seconds, ring: ringSeconds } = options;
        const onProgress = (words: string): void => session.out.note(words);
        const report = await session.withStore('read', (store) =>
          runTestCall(store, config, { sip, did, caller, prompt, seconds, ringSeconds, onProgress }),
        );
        if (session.json) cli.out.json(report);
        else printChecks(session, report);
        if (!report.passed) throw new Unsuccessful();
      }),
    );
  examples(command, [
    'dialtrace test-call +12025550123',
    'dialtrace test-call +12025550123 --caller +4930901820 --seconds 10',
    'dialtrace test-call +12025550123 --prompt hello.wav --json',
  ]);
};
