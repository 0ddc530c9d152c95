import { holdings, processCpu } from '../support/leaks.ts';
import { mediaWorkers } from '../support/media-workers.ts';
import { addUser, RINGS } from '../support/phone-stage.ts';
import { readSdp } from '../support/rtp-peer.ts';
import { header } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, type Stage, type StageOptions } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type CpuUse, round, watchCpu } from './figures.ts';
import type { LightBrowser } from './light-browser.ts';
import { type LightUser, openLightUser } from './light-user.ts';
import {
  bindAt,
  drive,
  type Ears,
  earsOf,
  newStream,
  type RtpRun,
  type Stream,
  sdpOf,
  sendTo,
} from './rtp-load.ts';

/** What calls with browsers cost, the media in one mediasoup worker. */
export type BrowserLoad = {
  readonly calls: number;
  readonly run: RtpRun;
  /** Of the gateway's own process. */
  readonly gateway: CpuUse;
  /** Share of one core that mediasoup took. */
  readonly workerPercent: number;
  /** Gateway and worker together, milliseconds of CPU for a second of one call. */
  readonly cpuMsPerCallSecond: number;
  /** Resident memory of both for one call, megabytes. */
  readonly memoryMbPerCall: number;
};

const ACCOUNT = { user: 'alice', domain: 'phones.example', password: 'correct horse battery' };
const MEGABYTE = 1e6;

export const browserStage: StageOptions = {
  registrar: { domains: [ACCOUNT.domain] },
  websocket: true,
  // Two a leg, and as many again that rest.
  rtpPorts: 2_000,
  recording: { enabled: false },
  media: { webrtc: { port: 0, workers: 1 } },
  extend: () => ({
    lines: [{ id: 'alice', type: 'user', user: ACCOUNT.user, ringTimeoutSeconds: 15 }],
    numbers: [{ number: RINGS.alice, source: 'summer-ads', lines: ['alice'] }],
  }),
};

/** The user whose page answers all calls. */
export const openUser = async (stage: Stage): Promise<LightUser> => {
  await addUser(stage, 'alice');
  const { ws } = stage.gateway;
  if (!ws) throw new Error('the gateway has no WebSocket listener');
  return openLightUser(ws, ACCOUNT);
};

const workerOf = (stage: Stage): number => {
  const [worker] = mediaWorkers(stage.gateway.pid());
  if (worker === undefined) throw new Error('the gateway runs no mediasoup worker');
  return worker;
};

const earsOfBrowsers =
  (browsers: readonly LightBrowser[], others: Ears): Ears =>
  (hear) => {
    for (const browser of browsers)
      browser.onAudio((payload) => {
        if (payload.length === 160) hear(payload, `browser ${browser.ssrc}`);
      });
    const deafen = others(hear);
    return () => {
      for (const browser of browsers) browser.onAudio(() => undefined);
      deafen();
    };
  };

/** `count` calls from the carrier to browsers, audio both ways at 50 packets a second for `seconds`. */
export const browserLoad = async (
  stage: Stage,
  user: LightUser,
  count: number,
  seconds: number,
): Promise<BrowserLoad> => {
  const near = await bindAt(CARRIER);
  const [pid, worker] = [stage.gateway.pid(), workerOf(stage)];
  const memory = (): number => holdings(pid).rssBytes + holdings(worker).rssBytes;
  const before = memory();
  const calls: PeerCall[] = [];
  const browsers: LightBrowser[] = [];
  const streams: Stream[] = [];

  const one = async (index: number): Promise<void> => {
    const call = stage.dial({ did: RINGS.alice, sdp: sdpOf(near) });
    const final = await call.final();
    if (final.status !== 200) throw new Error(`call ${index} of ${count}: ${final.startLine}`);
    calls.push(call);
    const browser = await user.browserOf(header(final, 'x-dialtrace-call') ?? '');
    browsers.push(browser);
    streams.push(
      newStream(index, sendTo(near, readSdp(final.body))),
      newStream(browser.ssrc, (packet) => browser.send(packet)),
    );
  };

  try {
    // Each has a DTLS handshake, by a process of its own.
    for (let index = 0; index < count; index += 4)
      await Promise.all(Array.from({ length: Math.min(4, count - index) }, (_, i) => one(index + i)));
    const ears = earsOfBrowsers(browsers, earsOf([near]));
    await drive(streams, ears, 1, 50);
    const gatewayCpu = watchCpu(pid);
    const workerBefore = processCpu(worker);
    const run = await drive(streams, ears, seconds, 50);
    const gateway = gatewayCpu();
    const workerMs = processCpu(worker) - workerBefore;
    return {
      calls: count,
      run,
      gateway,
      workerPercent: round((workerMs / gateway.wallMs) * 100, 1),
      cpuMsPerCallSecond: round(((gateway.ms + workerMs) / gateway.wallMs / count) * 1000, 2),
      memoryMbPerCall: round((memory() - before) / count / MEGABYTE, 2),
    };
  } finally {
    await Promise.all(calls.map((call) => call.bye()));
    for (const browser of browsers) browser.close();
    near.close();
    await sleep(500);
  }
};
