import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCalls } from '../bench/rtp-load.ts';
import { findTone, sine } from '../support/audio.ts';
import { encode, RATE } from '../support/g711.ts';
import { holdings } from '../support/leaks.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CARRIER, DID, openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Two hundred calls at twenty a second, fifty at once: each complete, nothing left behind. Then many that end at once. */

let stage: Stage;
let media: PortBlock;
beforeAll(async () => {
  media = await claimPorts(900);
  stage = await openStage({ rtpPorts: 1400 });
});
afterAll(async () => {
  await stage?.close();
  await media?.release();
});

const CALLS = 200;
const RATE_PER_SECOND = 20;
const AT_ONCE = 50;
const TALK_MS = 2400;
/** RFC 3261 timers D, H, J and L end 32 s after the last message, and ports rest before they are given out again. */
const SETTLE_MS = 60_000;

/** Gauges that are zero in an idle gateway. */
const IDLE = [
  'dialtrace_calls_active',
  'dialtrace_media_sessions',
  'dialtrace_media_legs',
  'dialtrace_media_recordings',
  'dialtrace_sip_dialogs',
  'dialtrace_sip_server_transactions',
  'dialtrace_sip_client_transactions',
] as const;

test(`${CALLS} calls at ${RATE_PER_SECOND} a second`, { timeout: 180_000 }, async () => {
  const { gateway } = stage;
  // One call first, so that what is opened once and for all is open.
  await stage.finish(await stage.answered(), { talkMs: 300 });
  await sleep(500);
  const scrape = await gateway.metrics();
  const baseline = { ...holdings(gateway.pid()), timers: scrape.value('dialtrace_sip_timers') ?? Number.NaN };

  const tone = (frequency: number) => ({ 'tone.raw': encode('PCMU', sine(frequency, RATE)) });
  const file = { type: 'file', name: 'tone.raw', law: 'PCMU' } as const;
  const line = startSipp({
    scenario: lineScenario({ media: file, ringMs: 50 }),
    at: stage.sippLine,
    calls: CALLS,
    mediaPort: media.take({ even: true }),
    files: tone(700),
    timeoutMs: 90_000,
  });
  await sleep(500);
  let most = 0;
  const watch = setInterval(() => {
    gateway.metrics().then(
      (metrics) => {
        most = Math.max(most, metrics.value('dialtrace_calls_active') ?? 0);
      },
      () => {},
    );
  }, 500);
  const caller = await runSipp({
    scenario: callerScenario({ media: file }),
    at: { address: CARRIER, port: gateway.spare.take() },
    remote: gateway.sip,
    calls: CALLS,
    rate: RATE_PER_SECOND,
    limit: AT_ONCE,
    pauseMs: TALK_MS,
    service: DID.sipp,
    mediaPort: media.from + 400 + (media.from % 2),
    files: tone(400),
    timeoutMs: 90_000,
  });
  clearInterval(watch);
  expect(caller, caller.errors.slice(0, 3000)).toMatchObject({ code: 0, successful: CALLS, failed: 0 });
  expect((await line.done).code).toBe(0);
  expect(most).toBeGreaterThan(AT_ONCE * 0.6);

  const rows = (await gateway.records.wait(CALLS + 1, { ended: true, timeoutMs: 20_000 })).slice(1);
  expect(rows).toHaveLength(CALLS);
  for (const row of rows) {
    expect(row.call).toMatchObject({
      status: 'answered',
      hangup_by: 'caller',
      sip_code: 200,
      q850_cause: 16,
      source_id: 'summer-ads',
      line_id: 'sipp',
    });
    expect(Math.abs((row.call.talk_ms ?? 0) - TALK_MS)).toBeLessThan(1000);
    expect(row.legs.map((leg) => leg.outcome)).toEqual(['answered', 'answered']);
    expect(row.legs.every((leg) => leg.mos_average !== null && (leg.packets_received ?? 0) > 80)).toBe(true);
    expect(row.recordings.map((recording) => recording.state)).toEqual(['complete']);
    const wav = stage.recording(row);
    expect(Math.abs(wav.seconds * 1000 - (row.call.talk_ms ?? 0))).toBeLessThan(100);
  }
  expect(new Set(rows.map(({ call }) => call.sip_call_id)).size).toBe(CALLS);
  for (const row of rows.filter((_, index) => index % 20 === 0)) {
    const [left, right] = stage.recording(row).channels;
    expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(1.8);
    expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(1.8);
  }

  const leftovers = async (): Promise<string[]> => {
    const metrics = await gateway.metrics();
    const now = holdings(gateway.pid());
    const open = IDLE.filter((name) => metrics.value(name) !== 0).map(
      (name) => `${name} ${metrics.value(name)}`,
    );
    const timers = metrics.value('dialtrace_sip_timers') ?? Number.NaN;
    const inRange = now.udpPorts.filter(
      (port) => port >= gateway.rtpPorts.from && port <= gateway.rtpPorts.to,
    );
    return [
      ...open,
      ...(timers <= baseline.timers ? [] : [`${timers} SIP timers, before ${baseline.timers}`]),
      ...(inRange.length === 0 ? [] : [`RTP ports ${inRange.slice(0, 8).join(' ')}`]),
      // One keep-alive connection of the scrape itself may come and go.
      ...(now.sockets <= baseline.sockets + 2 ? [] : [`${now.sockets} sockets, before ${baseline.sockets}`]),
      ...(now.fds <= baseline.fds + 4 ? [] : [`${now.fds} descriptors, before ${baseline.fds}`]),
      ...(now.threads <= baseline.threads + 4 ? [] : [`${now.threads} threads, before ${baseline.threads}`]),
    ];
  };
  let last: string[] = [];
  await until(
    'nothing is left',
    async () => {
      last = await leftovers();
      return last.length === 0;
    },
    { timeoutMs: SETTLE_MS, everyMs: 1000 },
  ).catch(() => {
    throw new Error(`still there after ${SETTLE_MS / 1000} s: ${last.join('; ')}`);
  });
});

const HANG_UPS = 150;

test(`${HANG_UPS} hang-ups at once: each recording is as long as its talk, however long the closing takes`, async () => {
  const known = stage.gateway.records.calls().length;
  const load = await openCalls(stage, HANG_UPS, 40);
  await load.run(2, 50);
  await load.hangUp();
  const rows = (await stage.gateway.records.wait(known + HANG_UPS, { ended: true, timeoutMs: 30_000 })).slice(
    known,
  );
  const longer = rows.map((row) => (row.recordings[0]?.duration_ms ?? Number.NaN) - (row.call.talk_ms ?? 0));
  // Audio that came with the end may outlast it by 40 ms; each figure is rounded.
  expect(longer.filter((difference) => !(Math.abs(difference) <= 41))).toEqual([]);
});
