import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { createLogger, type Logger } from '../base/logger.ts';
import { parsePhone } from '../base/phone.ts';
import { readRunFile } from '../base/run-file.ts';
import { VERSION } from '../base/version.ts';
import type { GatewayConfig, TrackingPlan } from '../config/index.ts';
import type { Gateway } from '../gateway.ts';
import { openStore } from '../store/index.ts';
import { applyPlan, planChanges, summariseDiff } from '../tracking/index.ts';
import { printCalls } from './call-table.ts';
import {
  certificateWords,
  type DemoAgent,
  findDemoAgent,
  makeDemoAgent,
  softphoneUrl,
} from './demo-agent.ts';
import { checkMediasoup } from './doctor-worker.ts';
import { Unsuccessful } from './failure.ts';
import { plural } from './format.ts';
import { answersHealth } from './health.ts';
import { examples } from './options.ts';
import { readPlan } from './plan-input.ts';
import { act, type Cli, homeRegion, type Session, storeOptions } from './session.ts';
import { DEFAULT_CALLER, printChecks, runTestCall, testTone } from './test-call.ts';

const SELF_TEST_SECONDS = 3;

const makeLogger = ({ log }: GatewayConfig): Logger => {
  const format = log.format === 'auto' ? (process.stderr.isTTY ? 'pretty' : 'json') : log.format;
  return createLogger(log.level, format);
};

/** Two gateways on one database would end each other's calls. A run file that a crash left behind does no harm. */
const refuseSecond = async (config: GatewayConfig): Promise<void> => {
  const file = await readRunFile(config.runFile);
  if (file === undefined || file.pid === process.pid || !(await answersHealth(file))) return;
  throw new FailureError(
    `A gateway with this configuration is running already (process ${file.pid}, HTTP ${file.http}).`,
  );
};

/** The plan of a database that has numbers: a wrong file, half edited perhaps, must not keep a gateway from starting again. */
const laterPlan = (session: Session): TrackingPlan | undefined => {
  try {
    return readPlan(session.config());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    session.out.note(`${error.message}; the database's plan stays in force. \`dialtrace check\` says more.`);
    return undefined;
  }
};

/**
 * Brings the tracking plan into a database that has no numbers yet, and the plan's demo agent: the first start needs no second
 * command. Later the database is the truth until somebody says `apply`.
 */
const firstPlan = async (session: Session, logger: Logger): Promise<DemoAgent | undefined> => {
  const config = session.config();
  const store = await openStore(storeOptions(config, false), logger);
  try {
    const empty = (await store.numbers.list()).length === 0;
    if (!existsSync(config.trackingPlan)) {
      if (empty)
        session.out.note(`There is no tracking plan at ${config.trackingPlan}: every call will be refused.`);
      return undefined;
    }
    const plan = empty ? readPlan(config) : laterPlan(session);
    if (plan === undefined) return undefined;
    if (empty) {
      const diff = await applyPlan(store, plan);
      if (diff.changes.length > 0)
        session.out.note(`Applied ${config.trackingPlan}: ${summariseDiff(diff)}.`);
      return await makeDemoAgent(store, config, session.now());
    }
    const diff = await planChanges(store, plan);
    if (diff.changes.length === 0) return undefined;
    session.out.note(
      `${config.trackingPlan} differs from the database (${summariseDiff(diff)}): \`dialtrace plan\` shows how.`,
    );
    return undefined;
  } finally {
    await store.close();
  }
};

const announce = async (session: Session, gateway: Gateway): Promise<void> => {
  const { out, json } = session;
  const config = session.config();
  const numbers = await session.withStore('read', async (store) => (await store.numbers.list()).length);
  if (json) {
    const { sip, http, interruptedCalls } = gateway;
    const ready = {
      event: 'ready',
      version: VERSION,
      pid: process.pid,
      sip,
      http,
      https: config.http.tls,
      softphone: softphoneUrl(config, http) ?? null,
      numbers,
      interruptedCalls,
    };
    return out.line(JSON.stringify(ready));
  }
  const certificate = certificateWords(config);
  out.line(`${out.paint('green', '●')} ${out.paint('bold', `Dialtrace ${VERSION} is ready`)}`);
  out.facts([
    ['  SIP', gateway.sip.join(', ')],
    ['  HTTP', `${config.http.tls ? 'https' : 'http'}://${gateway.http}`],
    ...(certificate === undefined ? [] : [['  Certificate', certificate] as const]),
    ['  Config', session.configPath],
    ['  Numbers', plural(numbers, 'tracking number')],
  ]);
  if (gateway.interruptedCalls > 0) {
    out.line(
      `  The last run ended during ${plural(gateway.interruptedCalls, 'call')}: recorded as interrupted.`,
    );
  }
};

/** How to take a call in the browser: the last that a start has to say. */
const announcePhone = async (
  session: Session,
  gateway: Gateway,
  made: DemoAgent | undefined,
): Promise<void> => {
  const { out, json } = session;
  const config = session.config();
  const url = softphoneUrl(config, gateway.http);
  if (json || url === undefined) return;
  const worker = await checkMediasoup(config, session.env);
  if (worker.state === 'warn' || worker.state === 'fail')
    out.note(
      `Calls with browsers are off: ${worker.text}${worker.mend === undefined ? '' : ` (${worker.mend})`}.`,
    );
  const demo = made ?? (await session.withStore('read', (store) => findDemoAgent(store, config)));
  out.line(`\n${out.paint('bold', 'Softphone')}  ${url}`);
  if (demo === undefined) return;
  const password =
    demo.password === undefined
      ? `password in ${demo.passwordFile}`
      : `password ${out.paint('bold', demo.password)} (kept in ${demo.passwordFile})`;
  out.line(`  Log in as ${out.paint('bold', demo.name)}, ${password}.`);
  if (demo.number !== undefined)
    out.line(`  Then ring yourself, in a second terminal:  npx dialtrace test-call ${demo.number}`);
};

/** One call through everything, so that a fresh gateway shows at once what it does. Its failure stops nothing. */
const selfTest = async (session: Session, gateway: Gateway, number: string): Promise<void> => {
  const { out, json } = session;
  const config = session.config();
  const did = parsePhone(number, homeRegion(config))?.e164 ?? number;
  if (!json) out.line(`\nSelf-test: calling ${did} …`);
  const report = await session.withStore('read', (store) =>
    runTestCall(store, config, {
      sip: gateway.sip,
      did,
      caller: DEFAULT_CALLER,
      prompt: testTone(SELF_TEST_SECONDS),
      seconds: SELF_TEST_SECONDS,
    }),
  );
  if (json) return out.line(JSON.stringify({ event: 'self-test', ...report }));
  if (report.call !== null) {
    printCalls(out, [report.call]);
    out.line(`Recording: ${report.recordingPath ?? 'none'}`);
  }
  printChecks(session, report);
  out.line(
    `Try \`dialtrace test-call ${did}\`, \`dialtrace calls list\`, \`dialtrace calls explain last\`. Ctrl-C stops.`,
  );
};

/** A gateway goes on when nobody reads any more what it says: `dialtrace start | head`. */
const outliveReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
};

/** Resolves once the gateway has stopped: the first signal drains, the second ends calls at once. */
const untilStopped = (session: Session, gateway: Gateway): Promise<void> =>
  new Promise((done, fail) => {
    let signals = 0;
    const settle = (stopped: Promise<void>): void => {
      stopped.then(done, fail);
    };
    const onSignal = (): void => {
      signals += 1;
      if (signals > 2) process.exit(1);
      if (signals === 1 && !session.json) {
        session.out.note(
          `\nStopping: calls may go on for ${session.config().drainSeconds} s. The same again ends them at once.`,
        );
      }
      settle(gateway.stop({ now: signals > 1 }));
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    // A service's "reload": what can be read again without a restart.
    process.on('SIGHUP', () => void gateway.reloadCertificates());
    void gateway.failed.then((error) => {
      session.out.note(`The gateway can't go on: ${error.message}`);
      gateway.stop({ now: true }).then(() => fail(new Unsuccessful()), fail);
    });
  });

export const addStart = (program: Command, cli: Cli): void => {
  const start = program
    .command('start')
    .summary('run the gateway')
    .description(
      'Runs the gateway until SIGTERM or Ctrl-C: then no new calls are taken, and those that are up may go on for ' +
        '`drainSeconds`. A second signal ends them at once. The first start on an empty database applies the tracking plan.',
    )
    .option('--no-self-test', 'place no test call, whatever `selfTest` says')
    .action(
      act<[{ selfTest: boolean }]>(cli, async (session, options) => {
        const config = session.config();
        const logger = makeLogger(config);
        await refuseSecond(config);
        const demo = await firstPlan(session, logger);
        const { startGateway } = await import('../gateway.ts');
        outliveReaders();
        const gateway = await startGateway(config, logger);
        const stopped = untilStopped(session, gateway);
        await announce(session, gateway);
        if (options.selfTest && config.selfTest !== undefined) {
          await selfTest(session, gateway, config.selfTest).catch((error: unknown) =>
            session.out.note(`The self-test could not be placed: ${errorMessage(error)}`),
          );
        }
        await announcePhone(session, gateway, demo).catch((error: unknown) =>
          session.out.note(errorMessage(error)),
        );
        await stopped;
      }),
    );
  examples(start, [
    'dialtrace start',
    'dialtrace --config /etc/dialtrace/dialtrace.yaml start',
    'DIALTRACE_HTTP__PORT=9090 dialtrace start',
  ]);
};
