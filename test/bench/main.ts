import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openStage, STRANGER, type Stage, type StageOptions } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type BridgeStep, benchBridge } from './bridge.ts';
import { benchDni } from './dni.ts';
import { armCost, playExperiments } from './experiments.ts';
import { type CpuUse, round } from './figures.ts';
import { floodDuringCalls } from './flood.ts';
import { benchFunnel } from './funnel.ts';
import { grantCost, leaseStorm } from './leases.ts';
import { forwardLimit, loopback, mediaLoad } from './media.ts';
import { mixCost } from './mix.ts';
import { ramp } from './ramp.ts';
import { benchReports } from './reports.ts';
import { choiceCost } from './ring.ts';
import { setupDelay } from './setup.ts';
import { benchCalls, benchParsers, benchTransactions, type SipRate } from './sip.ts';
import { type BrowserLoad, browserLoad, browserStage, openUser } from './webrtc.ts';

/**
 * Measures a real gateway on loopback against SIPp and peers of its own:
 * `npm run bench [-- --quick] [--json FILE] [--only ramp,setup,media,limit,ring,mix,recorded,flood,webrtc,leases,dni,reports,funnel,experiments]`
 * (`--calls`, `--page-views` and `--events`: how many reports are measured on).
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    calls: { type: 'string' },
    'page-views': { type: 'string' },
    events: { type: 'string' },
  },
});
const quick = options.quick;
const chosen = [...positionals, ...(options.only?.split(',') ?? [])];
const wanted = (name: string): boolean => chosen.length === 0 || chosen.includes(name);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  load: loadavg()[0] ?? 0,
};
const figures = new Map<string, unknown>(Object.entries(machine));

const threadsText = (cpu: CpuUse): string =>
  cpu.threads.map(({ thread, percent }) => `${thread} ${percent} %`).join(', ');

const line = (what: string, value: string, aim = ''): void =>
  say(`  ${what.padEnd(44)} ${value}${aim ? `   (aim: ${aim})` : ''}`);

const withStage = async (
  stageOptions: StageOptions,
  measure: (stage: Stage) => Promise<void>,
): Promise<void> => {
  const stage = await openStage({ rtpPorts: 12_000, log: { level: 'warn' }, ...stageOptions });
  try {
    await measure(stage);
  } catch (error) {
    say(stage.gateway.log().slice(-3000));
    throw error;
  } finally {
    await stage.close();
  }
};

const measureRamp = async (stage: Stage): Promise<void> => {
  say('\nCalls set up and ended, 200 ms each, no audio, SIPp on both sides');
  // What runs for the first time runs slowly; a gateway does not start anew for each call.
  await ramp(stage, { rates: [50], secondsEach: 3, onStep: () => {} });
  const steps = await ramp(stage, {
    rates: quick ? [50, 150, 250] : [50, 100, 150, 200, 250, 300, 400],
    secondsEach: quick ? 4 : 7,
    onStep: (step) => {
      line(
        `${step.callsPerSecond} calls/s`,
        `${step.failedPercent} % failed, ${step.cpuMsPerCall} ms CPU a call`,
      );
      line('', threadsText(step.cpu));
    },
  });
  const best = steps.findLast((step) => step.failedPercent < 1);
  line('most calls/s under 1 % failures', String(best?.callsPerSecond ?? 0), '150');
  line('CPU a call there', `${best?.cpuMsPerCall ?? '-'} ms`, 'at most 3 ms');
  figures.set('ramp', steps);
};

const measureSetup = async (stage: Stage): Promise<void> => {
  say('\nSetup delay added at 50 calls/s');
  await setupDelay(stage, 50, 2);
  const delay = await setupDelay(stage, 50, quick ? 4 : 10);
  line(
    'INVITE in to INVITE out',
    `p50 ${delay.invite.p50} ms, p99 ${delay.invite.p99} ms`,
    'p99 at most 30 ms',
  );
  line('200 in to 200 out', `p50 ${delay.answer.p50} ms, p99 ${delay.answer.p99} ms`);
  figures.set('setup', delay);
};

const measureMedia = async (stage: Stage): Promise<void> => {
  const seconds = quick ? 4 : 10;
  say('\nAudio of 100 calls, both ways');
  const bare = await loopback(100, 3);
  const load = await mediaLoad(stage, 100, seconds, false);
  const { latency, jitter } = load.run;
  line('one way, this machine without a gateway', `p50 ${bare.latency.p50} ms, p99 ${bare.latency.p99} ms`);
  line('one way, through the gateway', `p50 ${latency.p50} ms, p99 ${latency.p99} ms`);
  line(
    'latency added',
    `p50 ${round(latency.p50 - bare.latency.p50)} ms, p99 ${round(latency.p99 - bare.latency.p99)} ms`,
    'p99 at most 5 ms',
  );
  line('jitter, without a gateway', `p50 ${bare.jitter.p50} ms, p99 ${bare.jitter.p99} ms`);
  line('jitter, through the gateway', `p50 ${jitter.p50} ms, p99 ${jitter.p99} ms`);
  line('lost', `${load.run.lostPercent} % of ${load.run.packetsSent}`);
  line('CPU a packet', `${load.cpuMicrosecondsPerPacket} µs; ${threadsText(load.cpu)}`);
  line('memory for a hundred calls', `${load.memoryMbPerHundredCalls} MB`);
  figures.set('media', { bare, load });
};

const measureLimit = async (stage: Stage): Promise<void> => {
  say('\nPackets forwarded: 50 calls, sent faster and faster');
  const limit = await forwardLimit(stage, 50, quick ? [100, 300] : [100, 200, 300, 400, 500], quick ? 2 : 3);
  for (const step of limit.steps)
    line(`${step.wanted} packets/s`, `${step.got} received, ${step.lostPercent} % lost`);
  line('most packets/s under 1 % lost', String(limit.packetsPerSecond));
  line(
    'CPU a packet there',
    `${limit.cpuMicrosecondsPerPacket} µs, so ${limit.packetsPerSecondAndCore} packets/s on a core`,
  );
  figures.set('limit', limit);
};

const measureRecorded = async (stage: Stage): Promise<void> => {
  say('\n200 recorded calls at once');
  const load = await mediaLoad(stage, 200, quick ? 5 : 12, true);
  await sleep(1000);
  const rows = await stage.gateway.records.wait(200, { ended: true, timeoutMs: 30_000 });
  const complete = rows.filter((row) => row.recordings[0]?.state === 'complete');
  const whole = complete.filter(
    (row) => Math.abs((row.recordings[0]?.duration_ms ?? 0) - (row.call.talk_ms ?? 0)) < 100,
  );
  line(
    'CPU',
    `${round((load.cpu.ms / load.cpu.wallMs) * 100, 1)} % of a core; ${threadsText(load.cpu)}`,
    'at most 100 %',
  );
  line('lost', `${load.run.lostPercent} % of ${load.run.packetsSent}`, '0 %');
  line('one way', `p50 ${load.run.latency.p50} ms, p99 ${load.run.latency.p99} ms`);
  line(
    'recordings complete',
    `${complete.length} of ${rows.length}; ${whole.length} as long as their call`,
    '200',
  );
  line('memory for a hundred calls', `${load.memoryMbPerHundredCalls} MB`);
  figures.set('recorded', { ...load, complete: complete.length, whole: whole.length });
};

const measureBrowsers = async (stage: Stage): Promise<void> => {
  say(
    "\nCalls from the carrier to browsers, audio both ways, one mediasoup worker (this process's SRTP included)",
  );
  const seconds = quick ? 4 : 10;
  const user = await openUser(stage);
  const loads: BrowserLoad[] = [];
  try {
    const bare = await loopback(10, 3);
    for (const count of quick ? [10, 50] : [10, 50, 100, 150, 200]) {
      const load = await browserLoad(stage, user, count, seconds);
      loads.push(load);
      const { latency, lostPercent, packetsSent } = load.run;
      const added = `p50 ${round(latency.p50 - bare.latency.p50)} ms, p99 ${round(latency.p99 - bare.latency.p99)} ms`;
      line(`${count} calls: delay added one way`, added, count === 10 ? 'p99 under 20 ms' : '');
      line('  lost', `${lostPercent} % of ${packetsSent}`);
      line(
        '  CPU',
        `${load.cpuMsPerCallSecond} ms a second and call; worker ${load.workerPercent} % of a core; ${threadsText(load.gateway)}`,
      );
      if (count >= 50) line('  memory', `${load.memoryMbPerCall} MB a call`);
      if (lostPercent >= 1) break;
    }
  } finally {
    user.close();
  }
  const most = loads.findLast(({ run }) => run.lostPercent < 1);
  line('browser legs at once, under 1 % lost', String(most?.calls ?? 0));
  if (most)
    line(
      'and as many on one worker at its CPU',
      `${Math.floor((most.calls / most.workerPercent) * 80)} at 80 % of a core`,
    );
  figures.set('webrtc', loads);
};

const measureMix = async (): Promise<void> => {
  const cost = await mixCost(50, quick ? 4 : 15);
  say(`\n${cost.conferences} conferences of three`);
  line('RTP edge, two relayed and one silent', `${cost.relayPercent} % of a core`);
  line('RTP edge, each hears the sum of the others', `${cost.mixPercent} % of a core`, 'at most 50 %');
  line('packets received', `${cost.received} a second of ${cost.due}`);
  figures.set('mix', cost);
};

const measureRing = (): void => {
  say('\nWho rings, of a group of 1,000 agents');
  const cost = choiceCost(quick ? 200 : 2000);
  for (const { strategy, p50, p99 } of cost)
    line(strategy, `p50 ${p50} µs, p99 ${p99} µs`, 'p99 below 1,000 µs');
  figures.set('ring', cost);
};

const measureFlood = async (stage: Stage): Promise<void> => {
  const seconds = quick ? 5 : 30;
  say(`\n20,000 hostile datagrams a second for ${seconds} s while 20 calls a second go on`);
  const result = await floodDuringCalls(stage, {
    seconds,
    perSecond: 20_000,
    callsPerSecond: 20,
    sources: [STRANGER],
  });
  const { calls, memoryMb } = result;
  line('hostile datagrams', `${result.sent} sent, ${result.answered} answered`, '0 answered');
  line('calls', `${calls.successful} good, ${calls.failed} failed`, '0 failed');
  line('memory', `${memoryMb.before} MB before, ${memoryMb.after} MB after`, 'flat');
  figures.set('flood', result);
};

const measureParsers = (): void => {
  say('\nSIP messages parsed, beside the parsers of others (µs of CPU a message)');
  const costs = benchParsers(quick ? 0.5 : 2);
  for (const { message, microseconds } of costs) {
    const { dialtrace, ...others } = microseconds;
    const fastest = Math.min(...Object.values(others));
    const beside = Object.entries(others).map(([name, cost]) => `${name} ${cost}`);
    line(
      message,
      `${dialtrace} µs, ${round(1e6 / dialtrace, 0)} a second; ${beside.join(', ')}; ${round(fastest / dialtrace, 1)} times the fastest of them`,
      message === 'INVITE' ? '4 µs where the fastest takes 8' : '',
    );
  }
  figures.set('parsers', costs);
};

const measureSip = async (): Promise<void> => {
  measureParsers();
  say('\nFrom drachtio-srf through one engine and another to drachtio-srf, all in this one thread');
  const seconds = quick ? 3 : 8;
  for (const protocol of ['udp', 'tls'] as const) {
    const transactions = await benchTransactions(protocol, seconds);
    const calls = await benchCalls(protocol, seconds);
    const text = ({ perSecond, cpuMs, failed }: SipRate): string =>
      `${perSecond}/s, ${cpuMs} ms CPU each, ${failed} failed`;
    line(`transactions over ${protocol.toUpperCase()} (OPTIONS, 200)`, text(transactions));
    line(`calls over ${protocol.toUpperCase()} (INVITE, 200, ACK, BYE, 200)`, text(calls));
    figures.set(`sip-${protocol}`, { transactions, calls });
  }
  say('\nSIPp, an engine in its thread with a B2BUA on drachtio-srf, SIPp (UDP)');
  const steps: BridgeStep[] = [];
  await benchBridge([100, 200, 300, 400, 500], quick ? 4 : 10, (step) => {
    steps.push(step);
    line(
      `${step.callsPerSecond} calls a second`,
      `${step.failed} of ${step.calls} failed, ${step.cpuMsPerCall} ms CPU a call`,
      step.callsPerSecond === 300 ? '0 failed' : '',
    );
  });
  figures.set('bridge', steps);
};

const measureLeases = async (): Promise<void> => {
  say('\nNumbers lent to visits, each decision in a transaction of its own, one thread');
  for (const numbers of [12, 100, 1000]) {
    const cost = await grantCost(numbers, quick ? 2000 : 20_000);
    const { p50, p99 } = cost.newMicroseconds;
    line(
      `${numbers} numbers`,
      `${cost.newPerSecond} new visits a second (p50 ${p50} µs, p99 ${p99} µs), ${cost.keptPerSecond} that ask again`,
    );
    figures.set(`leases-${numbers}`, cost);
  }
  say('\nRandom operations on two pools from three connections at once, one of which crashes');
  const storm = await leaseStorm(quick ? 60_000 : 1_000_000);
  line(
    'operations',
    `${storm.operations} in ${storm.seconds} s, ${storm.crashes} crashes in mid-transaction`,
  );
  line('ledger', `${storm.events} rows, ${storm.stolen} stolen, ${storm.refused} refused`);
  line('numbers with two leases at once', String(storm.doubleLeases), '0');
  line('numbers taken from a visit in view', String(storm.wrongSteals), '0');
  line('verified', `${storm.problem === '' ? 'whole' : storm.problem}, in ${storm.verifySeconds} s`, 'whole');
  figures.set('leases', storm);
};

const measureDni = async (): Promise<void> => {
  say('\nPages that open (POST /v1/dni/session): real routes, a database on disk, a pool of 400 numbers');
  const result = await benchDni({
    sessions: quick ? 4000 : 20_000,
    rates: quick ? [200, 1000] : [200, 500, 1000, 1500, 2000],
    seconds: quick ? 4 : 10,
  });
  const { script, inject, loads } = result;
  line('dt.js', `${script.bytes} bytes, ${script.gzip} gzipped`, 'at most 6 kB gzipped');
  line(
    'sessions through the routes, no sockets',
    `${inject.perSecond}/s, ${inject.cpuMs} ms CPU each: ${round(1000 / inject.cpuMs, 0)}/s on one core`,
    '3,000/s',
  );
  for (const { offered, sent, failed, ms, cpuMs } of loads)
    line(
      `${offered}/s offered over sockets`,
      `p50 ${ms.p50} ms, p99 ${ms.p99} ms, ${failed} of ${sent} failed; ${cpuMs} ms CPU each: ${round(1000 / cpuMs, 0)}/s on one core`,
      offered === 1000 ? 'p99 under 10 ms' : '',
    );
  line('database', `${result.databaseBytesPerSession} bytes a session`);
  figures.set('dni', result);
};

const measureExperiments = async (): Promise<void> => {
  const result = playExperiments(quick ? 100 : 1000);
  const { noDifference: even, difference, brokenSplit, bandit } = result;
  const percent = (share: number): string => `${round(share * 100)} %`;
  say(
    `\nExperiments with call buttons, ${even.runs} of each kind, looked at every day (${result.seconds} s)`,
  );
  line('no difference: found by the always-valid test', percent(even.sequential), 'at most 5 %');
  line('  by a test for one look, and its one look', `${percent(even.plain)}, ${percent(even.plainAtEnd)}`);
  line('  alarm about a right split', `${percent(even.ratioAtEnd)} at the end`, 'about 0.1 %');
  line(
    'a difference: found with one look',
    `${percent(difference.plain)} at ${difference.viewersAtOnce} an arm`,
    '80 %',
  );
  line(
    '  by the always-valid test',
    `${percent(difference.sequential)} by ${difference.viewersSequentially} an arm`,
    '80 %',
  );
  line('a split of 47/53: alarm', `${percent(brokenSplit.alarms)} at ${brokenSplit.viewers} viewers`);
  line('a bandit: conversions lost', `${round(bandit.lost)}; evenly split ${round(bandit.lostEvenly)}`);
  figures.set('experiments', result);
  for (const mode of ['fixed', 'bandit'] as const) {
    const cost = await armCost(mode, quick ? 20_000 : 100_000);
    line(
      `arm of a viewer, ${mode}`,
      `new p50 ${cost.newMicroseconds.p50} µs, p99 ${cost.newMicroseconds.p99} µs; again p50 ${cost.againMicroseconds.p50} µs; shares anew ${cost.sharesMs} ms`,
    );
    figures.set(`experiments-${mode}`, cost);
  }
};

type ReportTimes = Awaited<ReturnType<typeof benchReports>>['reports'];

const slowest = (reports: ReportTimes): number =>
  Math.max(...reports.filter(({ report }) => !report.startsWith('attribution')).map(({ ms }) => ms.p99));

const measureReports = async (): Promise<void> => {
  const calls = Number(options.calls ?? (quick ? 100_000 : 1_000_000));
  const pageViews = Number(options['page-views'] ?? calls * 10);
  say(`\nReports over ${calls} calls and ${pageViews} page views of a year`);
  const result = await benchReports(
    { calls, pageViews, runs: quick ? 5 : 20 },
    ({ report, period, ms, cpuMs }) =>
      line(`${report}, ${period}`, `p50 ${ms.p50} ms, p99 ${ms.p99} ms, ${cpuMs} ms CPU`),
  );
  line('the slowest of those that read calls', `${slowest(result.reports)} ms p99`, 'under 300 ms');
  line('database', `${result.megabytes} MB, built in ${result.buildSeconds} s`);
  line('figures of past days', `${result.rollupRows} rows, counted in ${result.keepSeconds} s of CPU`);
  line(
    'their cost',
    `${result.triggerMicroseconds} µs of CPU as a call is written, ${result.keepMicroseconds} µs when its day is counted`,
  );
  line('compared with the calls', `${result.differences} differences`, '0');
  figures.set('reports', result);
};

const measureFunnel = async (): Promise<void> => {
  const events = Number(options.events ?? (quick ? 100_000 : 1_000_000));
  say(`\nThe funnel of 30 days over ${events} events`);
  const result = await benchFunnel({ events, runs: quick ? 3 : 5 }, ({ by, ms, cpuMs }) =>
    line(`by ${by}`, `p50 ${ms.p50} ms, p99 ${ms.p99} ms, ${cpuMs} ms CPU`),
  );
  line('the slowest', `${Math.max(...result.reports.map(({ cpuMs }) => cpuMs))} ms CPU`, 'under 3,000 ms');
  line(
    'of',
    `${result.viewers} viewers, ${result.presses} presses, ${result.calls} calls; ${result.megabytes} MB`,
  );
  figures.set('funnel', result);
};

say(`Dialtrace on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, all on loopback.`);
say('CPU figures are of the gateway process; SIPp and the peers take their share of the same cores.');
if (machine.load > 0.5)
  say(`Other work keeps this machine busy (load ${round(machine.load)}): the figures suffer from it.`);
if (wanted('sip')) await measureSip();
if (wanted('leases')) await measureLeases();
if (['ramp', 'setup', 'media', 'limit'].some(wanted)) {
  await withStage({ recording: { enabled: false } }, async (stage) => {
    if (wanted('setup')) await measureSetup(stage);
    if (wanted('media')) await measureMedia(stage);
    if (wanted('limit')) await measureLimit(stage);
    if (wanted('ramp')) await measureRamp(stage);
  });
}
if (wanted('ring')) measureRing();
if (wanted('mix')) await measureMix();
if (wanted('dni')) await measureDni();
if (wanted('reports')) await measureReports();
if (wanted('funnel')) await measureFunnel();
if (wanted('experiments')) await measureExperiments();
if (wanted('recorded')) await withStage({}, measureRecorded);
if (wanted('webrtc')) await withStage(browserStage, measureBrowsers);
if (wanted('flood')) await withStage({ recording: { enabled: false } }, measureFlood);
if (options.json !== undefined)
  writeFileSync(
    options.json === '-' ? '/dev/stdout' : options.json,
    `${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`,
  );
process.exit(0);
