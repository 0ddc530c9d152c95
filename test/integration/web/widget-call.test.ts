import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallState } from '../../../src/web/widget/call/contract.ts';
import { openBrowser, type ToneBrowser } from '../../support/browser.ts';
import { until } from '../../support/wait.ts';
import {
  buildCore,
  type FakeGateway,
  fakeGateway,
  ORIGIN,
  respond,
  type Sip,
  sip,
} from '../../support/web/fake-gateway.ts';

const ENTRY = fileURLToPath(new URL('../../../src/web/widget/call/main.ts', import.meta.url));

/** A page with one call; what it keeps of it is in the session storage, as the widget does it. */
const SCRIPT = `
import { openCall, readKept } from './core.js';
const players = new Set();
const { play } = HTMLMediaElement.prototype;
HTMLMediaElement.prototype.play = function () { players.add(this); return play.call(this); };
globalThis.loudest = async (ms) => {
  const context = new AudioContext();
  const ears = new Map();
  let most = 0;
  for (const until = Date.now() + ms; Date.now() < until; await new Promise((done) => setTimeout(done, 20))) {
    for (const player of players) {
      if (ears.has(player) || player.paused || !player.srcObject) continue;
      ears.set(player, context.createAnalyser());
      context.createMediaStreamSource(player.srcObject).connect(ears.get(player));
    }
    for (const ear of ears.values()) {
      const samples = new Float32Array(ear.fftSize);
      ear.getFloatTimeDomainData(samples);
      most = Math.max(most, ...samples.map(Math.abs));
    }
  }
  await context.close();
  return most;
};
const given = {
  type: 'given', token: 'a.b.c', expiresIn: 60, resume: 'd.e.f', uri: 'sip:sales@example.com',
  servers: ['ws://localhost:8088'], iceServers: [], maxSeconds: 3600,
};
globalThis.tokens = 0;
globalThis.phases = [];
globalThis.start = (fields = {}, token = given) => {
  globalThis.call = openCall({
    pressId: 'p'.repeat(22), microphone: 'ask', language: 'en-US',
    token: async () => { globalThis.tokens += 1; return token; },
    report: { url: location.origin + '/phone/api/quality', site: 'main' },
    onChange: ({ phase }) => { if (globalThis.phases.at(-1) !== phase) globalThis.phases.push(phase); },
    ...fields,
  });
};
addEventListener('pagehide', () => {
  const kept = globalThis.call?.keep();
  if (kept) sessionStorage.setItem('kept', JSON.stringify(kept));
});
const resumed = readKept(sessionStorage.getItem('kept'), Date.now());
if (resumed) globalThis.start({ resumed });
globalThis.loaded = true;
`;

let browser: ToneBrowser;
let core: string;

beforeAll(async () => {
  [core, browser] = await Promise.all([buildCore(ENTRY), openBrowser(440)]);
});
afterAll(() => browser?.close());

type Opened = { readonly page: Page; readonly gateway: FakeGateway };

const run = <T>(page: Page, expression: string, ...parts: readonly unknown[]): Promise<T> =>
  page.evaluate<T>(`(${expression})(...${JSON.stringify(parts)})`);

const stateOf = (page: Page): Promise<CallState> =>
  run(page, '() => JSON.parse(JSON.stringify(globalThis.call.state))');

const when = <T>(
  page: Page,
  what: string,
  probe: (state: CallState) => T | undefined | false,
  timeoutMs = 12_000,
): Promise<T> => until(what, async () => probe(await stateOf(page)), { timeoutMs });

const inPhase = (page: Page, phase: CallState['phase']): Promise<CallState> =>
  when(page, phase, (state) => state.phase === phase && state);

const act = (page: Page, method: string, ...parts: readonly unknown[]): Promise<unknown> =>
  run(page, '(method, parts) => globalThis.call[method](...parts)', method, parts);

const open = async (): Promise<Opened> => {
  const page = await browser.open();
  const gateway = await fakeGateway(page, core, SCRIPT);
  await page.goto(`${ORIGIN}/phone/`);
  await until('the page', () => run(page, '() => globalThis.loaded'));
  return { page, gateway };
};

const HEADERS = ['Contact: <sip:gw@gw.invalid;transport=ws>', 'X-Dialtrace-Call: 02CALL'];

const answerOf = async ({ page }: Opened, request: Sip): Promise<string> => {
  const again = /;tag=/.test(request.header('to'));
  return run<string>(page, '(sdp, again) => far.answer(sdp, again)', request.body, again);
};

/** A gateway that rings, and answers once `heard` is settled. */
const takeEverything = (opened: Opened, heard: Promise<void> = Promise.resolve()): void => {
  const { gateway } = opened;
  gateway.on(async (request) => {
    if (request.method !== 'INVITE') return [];
    const isFirst = !/;tag=/.test(request.header('to')) && request.header('replaces') === '';
    if (isFirst) {
      gateway.send(respond(request, '180 Ringing', HEADERS));
      await heard;
    }
    return [respond(request, '200 OK', HEADERS, await answerOf(opened, request))];
  });
};

const promised = (): { readonly promise: Promise<void>; settle(): void } => {
  let settle = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
};

/** A request of the other side within the call. */
const inDialog = (invite: Sip, method: string, extra: readonly string[] = []): string =>
  sip([
    `${method} ${/<([^>]+)>/.exec(invite.header('contact'))?.[1]} SIP/2.0`,
    `Via: SIP/2.0/WS gw.invalid;branch=z9hG4bK${method}`,
    `From: ${invite.header('to').replace(/;tag=.*/, '')};tag=gw`,
    `To: ${invite.header('from')}`,
    `Call-ID: ${invite.header('call-id')}`,
    `CSeq: 7 ${method}`,
    'Max-Forwards: 70',
    ...extra,
  ]);

const isInvite = ({ method, status }: Sip): boolean => method === 'INVITE' && status === 0;

describe("a visitor's call in a browser", () => {
  it('rings, is talked, cut off, and taken up again by the next page', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    const heard = promised();
    takeEverything(opened, heard.promise);
    await run(page, '() => globalThis.start()');
    const invite = await gateway.next('the call', isInvite);
    expect(invite.start).toBe('INVITE sip:sales@example.com SIP/2.0');
    expect(invite.header('from')).toMatch(/^(?:"" )?<sip:visitor@anonymous\.invalid>;tag=/);
    expect(invite.header('authorization')).toBe('Bearer a.b.c');
    expect(invite.body).toMatch(/^a=sendrecv/m);
    expect(gateway.seen.some(({ method }) => method === 'REGISTER')).toBe(false);

    await inPhase(page, 'ringing');
    expect(await run(page, '() => globalThis.loudest(1000)')).toBeGreaterThan(0.03);
    heard.settle();
    const talking = await inPhase(page, 'talking');
    expect(talking).toMatchObject({ maxSeconds: 3600, listenOnly: false, muted: false });
    expect(await run(page, '() => phases')).toEqual(['microphone', 'connecting', 'ringing', 'talking']);
    await when(page, 'both are heard', ({ levels }) => levels.speaker > 0.3 && levels.microphone > 0.3);
    expect(await act(page, 'press', '1x#')).toBe('1#');
    await act(page, 'mute', true);
    await when(page, 'silence', ({ levels }) => levels.microphone === 0);
    await act(page, 'mute', false);
    await act(page, 'hearTest');
    gateway.cut(1200);
    const again = await gateway.next('the call over the other WebSocket', isInvite);
    expect(again.header('call-id')).toBe(invite.header('call-id'));
    expect((await stateOf(page)).phase).toBe('talking');
    await when(page, 'a good line', ({ quality }) => quality?.mos && quality.mos > 4);
    await when(page, 'a verdict', ({ hearTest }) => hearTest?.verdict === 'good');

    await act(page, 'mute', true);
    await run(page, "() => dispatchEvent(new Event('pagehide'))");
    const report = await until('a report', () =>
      gateway.asked.find((what) => what.startsWith('POST quality')),
    );
    expect(JSON.parse(report.slice('POST quality '.length))).toMatchObject({
      site: 'main',
      press: 'p'.repeat(22),
      samples: [{ ago: expect.any(Number), loss: expect.any(Number), mos: expect.any(Number), warnings: [] }],
    });
    await page.reload();
    await until('the next page', () => run(page, '() => globalThis.loaded'));
    const resumed = await gateway.next('the resumption', isInvite);
    const tag = /tag=([^;]+)/.exec(invite.header('from'))?.[1];
    expect(resumed.header('replaces')).toBe(`${invite.header('call-id')};to-tag=gw;from-tag=${tag}`);
    expect(resumed.header('authorization')).toBe('Bearer d.e.f');
    const back = await inPhase(page, 'talking');
    expect(back).toMatchObject({ muted: true, keys: '1#', answeredAt: talking.answeredAt });
    expect(gateway.seen.some(({ method }) => method === 'BYE')).toBe(false);
    expect(await run(page, '() => tokens')).toBe(0);
    await when(page, 'the other side is heard', ({ levels }) => levels.speaker > 0.3);

    gateway.send(inDialog(resumed, 'BYE'));
    expect((await inPhase(page, 'ended')).end).toEqual({ by: 'other', reason: 'hung-up', text: '' });
    await page.context().close();
  }, 60_000);

  it('lets hear the other network, and tells who is busy from who hung up', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    const heard = promised();
    gateway.on(async (request) => {
      if (request.method !== 'INVITE') return [];
      gateway.send(respond(request, '183 Session Progress', HEADERS, await answerOf(opened, request)));
      await heard.promise;
      return [respond(request, '486 Busy Here', ['Reason: Q.850;cause=17;text="user busy"'])];
    });
    await run(page, '() => globalThis.start()');
    await inPhase(page, 'ringing');
    await when(page, 'early media', ({ levels }) => levels.speaker > 0.3);
    heard.settle();
    expect((await inPhase(page, 'ended')).end).toEqual({
      by: 'other',
      reason: 'busy',
      status: 486,
      text: 'user busy',
    });
    await page.context().close();
  }, 60_000);

  it('goes on without a microphone when the visitor wants to, and ends when nobody lets it in', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    takeEverything(opened);
    const none = `() => {
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('none', 'NotFoundError'); };
    }`;
    await run(page, none);
    await run(page, '() => globalThis.start()');
    await when(page, 'the problem', ({ problem }) => problem?.type === 'no-microphone');
    expect((await stateOf(page)).phase).toBe('microphone');
    expect(gateway.seen.filter(isInvite)).toHaveLength(0);
    await act(page, 'goOn', 'none');
    const invite = await gateway.next('the call', isInvite);
    expect(invite.body).toMatch(/^a=recvonly/m);
    expect(await inPhase(page, 'talking')).toMatchObject({ listenOnly: true });
    expect((await stateOf(page)).problem).toBeUndefined();
    await when(page, 'sound', ({ levels }) => levels.speaker > 0.3);
    await act(page, 'hangUp');
    expect((await stateOf(page)).end).toEqual({ by: 'us', reason: 'hung-up' });
    await gateway.next('goodbye', ({ method }) => method === 'BYE');

    await run(page, '(token) => globalThis.start({ microphone: "none" }, token)', {
      type: 'refused',
      status: 429,
      code: 'too-many',
      retryAfterS: 30,
    });
    expect((await inPhase(page, 'ended')).end).toMatchObject({ reason: 'too-many', retryAfterS: 30 });

    const silent = { type: 'refused', status: 0, code: 'unreachable' };
    await run(page, '(token) => globalThis.start({ microphone: "none" }, token)', silent);
    expect((await inPhase(page, 'ended')).end).toMatchObject({ reason: 'unreachable', code: 'unreachable' });
    await page.context().setOffline(true);
    await run(page, '(token) => globalThis.start({ microphone: "none" }, token)', silent);
    expect((await inPhase(page, 'ended')).end).toMatchObject({ reason: 'unreachable', code: 'offline' });
    await page.context().close();
  }, 60_000);

  it('speaks Opus in another way when the other side misses much of it', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    takeEverything(opened);
    const lossy = `() => {
      globalThis.peers = [];
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...parts) { super(...parts); globalThis.peers.push(this); }
      };
      const { getStats } = RTCPeerConnection.prototype;
      RTCPeerConnection.prototype.getStats = async function () {
        const stats = [...(await getStats.call(this)).values()].filter(({ type }) => type !== 'remote-inbound-rtp');
        return new Map([...stats, { id: 'loss', type: 'remote-inbound-rtp', fractionLost: 0.12 }].map((one) => [one.id, one]));
      };
    }`;
    await run(page, lossy);
    await run(page, '() => globalThis.start()');
    await gateway.next('the call', isInvite);
    await inPhase(page, 'talking');
    const again = await gateway.next('other descriptions', isInvite);
    // What comes from the other side is fine: it is asked for nothing.
    expect(again.body).not.toContain('usedtx');
    const limited = `() => peers.map((peer) => ({
      limits: peer.getSenders().map((sender) => sender.getParameters().encodings[0]?.maxBitrate),
      heard: peer.remoteDescription?.sdp ?? '',
    }))`;
    const mine = await until('a slower encoder', async () => {
      const peers = await run<{ limits: number[]; heard: string }[]>(page, limited);
      return peers.find(({ limits, heard }) => limits[0] === 12_000 && heard.includes('a=ptime:60'));
    });
    expect(mine.heard).toMatch(/a=fmtp:\d+ .*maxaveragebitrate=12000;.*usedtx=1;useinbandfec=1/);
    await when(page, 'sound', ({ levels }) => levels.speaker > 0.3);
    await page.context().close();
  }, 60_000);
});
