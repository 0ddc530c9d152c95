import type { Command } from 'commander';
import { errorMessage, UsageError } from '../base/errors.ts';
import { findRunning } from '../base/run-file.ts';
import {
  type Check,
  checkAddresses,
  checkCertificate,
  checkDisk,
  checkNode,
  checkPorts,
} from './doctor-checks.ts';
import { checkClock, checkDatabase, checkKeyFile } from './doctor-system.ts';
import { checkTrunks } from './doctor-trunks.ts';
import { checkMediasoup, checkSoftphone, checkWebRtcPorts } from './doctor-worker.ts';
import { Unsuccessful } from './failure.ts';
import { plural } from './format.ts';
import { answersHealth } from './health.ts';
import { examples } from './options.ts';
import { pingGateway } from './ping-trunk.ts';
import { readPlan } from './plan-input.ts';
import { act, type Cli, type Session } from './session.ts';
import { askTrunks } from './trunk-status.ts';

const MARKS = {
  ok: ['green', 'ok  '],
  warn: ['yellow', 'warn'],
  fail: ['red', 'FAIL'],
  off: ['dim', 'off '],
} as const;

/** The configuration as a check: everything after it needs a right one. */
const checkConfig = (name: string, load: () => string): Check => {
  try {
    return { name, state: 'ok', text: load() };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const mend = 'run `dialtrace check`: it names each problem and its mend';
    return { name, state: 'fail', text: error.message, mend };
  }
};

const checkRunning = async (session: Session): Promise<Check> => {
  const name = 'Gateway';
  const running = await findRunning(session.config().runFile).catch(errorMessage);
  if (typeof running === 'string') {
    return { name, state: 'fail', text: running, mend: "run this as the gateway's user" };
  }
  if (running === undefined) return { name, state: 'off', text: 'not running' };
  const where = `process ${running.pid}, version ${running.version}, HTTP ${running.http}`;
  if (await answersHealth(running)) return { name, state: 'ok', text: `running: ${where}` };
  const mend = 'if no gateway runs, a crash left the run file behind: the next start replaces it';
  return { name, state: 'warn', text: `does not answer: ${where}`, mend };
};

/** What the running gateway says of its trunks; nothing when it won't. */
const trunkReports = (session: Session) => askTrunks(session).catch(() => []);

const allChecks = async (session: Session): Promise<readonly Check[]> => {
  const node = checkNode(process.version);
  const configuration = checkConfig('Configuration', () => {
    session.config();
    return session.configPath;
  });
  if (configuration.state === 'fail') return [node, configuration];
  const config = session.config();
  const plan = checkConfig('Tracking plan', () => {
    const { numbers } = readPlan(config);
    return `${config.trackingPlan}, ${plural(numbers.length, 'number')}`;
  });
  const gateway = await checkRunning(session);
  const database = await checkDatabase(session);
  const running = gateway.state === 'ok' ? await findRunning(config.runFile) : undefined;
  return [
    node,
    configuration,
    plan,
    gateway,
    ...(await checkPorts(config, running)),
    ...(await checkWebRtcPorts(config, running)),
    ...checkAddresses(config),
    checkCertificate(config, session.now()),
    database,
    // Without a database that opens there is nothing to compare the key with.
    ...(database.state === 'fail' ? [] : [await checkKeyFile(session)]),
    await checkDisk(config),
    await checkClock(session.now()),
    await checkMediasoup(config, session.env),
    checkSoftphone(config),
    ...(await checkTrunks(config, pingGateway, gateway.state === 'ok' ? await trunkReports(session) : [])),
  ];
};

const printChecks = ({ out }: Session, checks: readonly Check[]): void => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, state, text, mend } of checks) {
    const [colour, word] = MARKS[state];
    out.line(`${out.paint(colour, word)}  ${name.padEnd(width)}  ${text}`);
    if (mend !== undefined) out.line(`      ${' '.repeat(width)}  → ${mend}`);
  }
};

export const addDoctor = (program: Command, cli: Cli): void => {
  const doctor = program
    .command('doctor')
    .summary('look for what is wrong on this machine')
    .description(
      'Looks at Node.js, configuration, ports, addresses, certificate, database, disk, clock, browser calls and trunks, and says how to mend what is ' +
        'wrong. Changes nothing. Exit code 1 when something fails; warnings do not count.',
    )
    .action(
      act<[]>(cli, async (session) => {
        const checks = await allChecks(session);
        const failed = checks.filter(({ state }) => state === 'fail').length;
        const warned = checks.filter(({ state }) => state === 'warn').length;
        if (session.json) session.out.json({ ok: failed === 0, checks });
        else {
          printChecks(session, checks);
          session.out.line(
            failed + warned === 0 ? 'All is well.' : `${failed} failed, ${plural(warned, 'warning')}.`,
          );
        }
        if (failed > 0) throw new Unsuccessful();
      }),
    );
  examples(doctor, [
    'dialtrace doctor',
    'dialtrace doctor --json | jq \'.checks[] | select(.state != "ok")\'',
  ]);
};
