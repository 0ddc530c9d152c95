import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MediaLeg, MediaSession } from '../../../src/media/index.ts';
import { type BarePage, openBarePage } from '../../support/bare-page.ts';
import { openBrowser, type ToneBrowser } from '../../support/browser.ts';
import { hears } from '../../support/hearing.ts';
import { mediaWorkers } from '../../support/media-workers.ts';
import { openRtpPeer } from '../../support/rtp-peer.ts';
import { sleep, until } from '../../support/wait.ts';
import { openScene, type Party, type Scene } from './rtp-scene.ts';

/** What the browser's microphone hears, and what the line says. */
const BROWSER_TONE = 700;
const LINE_TONE = 400;

let scene: Scene;
let browser: ToneBrowser;
let page: BarePage;
let session: MediaSession;
let leg: MediaLeg;
let line: Party;
/** What the session tells of the browser's leg. */
let told: string[];

beforeAll(async () => {
  [scene, browser] = await Promise.all([
    openScene({ webrtc: { workers: 1, port: 0, listen: [{ address: '127.0.0.1' }] } }),
    openBrowser(BROWSER_TONE),
  ]);
});

afterAll(async () => {
  await Promise.all([scene?.end(), browser?.close()]);
  expect(mediaWorkers()).toEqual([]);
});

beforeEach(async () => {
  page = await openBarePage(browser);
  told = [];
  session = scene.engine.createSession('call');
  session.on('lost', (of) => told.push(`${of.label} lost`));
  session.on('moved', (of) => told.push(`${of.label} moved`));
  session.on('dtmf', (of, digit) => told.push(`${of.label} ${digit}`));
  leg = await session.addLeg({
    label: 'agent',
    nat: false,
    codecs: ['PCMU', 'PCMA'],
    wire: { type: 'webrtc' },
  });
  line = await scene.line(session, { frequency: LINE_TONE });
  session.bridge(leg, line.leg);
  line.peer.start();
});

afterEach(async () => {
  await Promise.all([session.close(), page.close()]);
});

const browserHears = (...tones: readonly number[]) =>
  until(`the browser hears ${tones.join(' or ')} Hz`, async () => {
    const { frequency, level } = await page.hears();
    return level > -45 && tones.some((tone) => Math.abs(frequency - tone) < 12);
  });

const browserHearsNothing = () =>
  until('the browser hears nothing', async () => (await page.hears()).level < -70);

const lineHears = (tone: number) =>
  until(`the line hears ${tone} Hz`, async () => (await hears(line.peer, tone, 300)) > 0.2);

const bothHear = async (): Promise<void> => {
  await Promise.all([browserHears(LINE_TONE), lineHears(BROWSER_TONE)]);
};

const ufrag = (sdp: string): string | undefined => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];

describe('a browser that offers', () => {
  it('talks, presses keys, hears keys, holds and comes back, and finds its way anew', async () => {
    const answer = await leg.acceptOffer(await page.offer());
    await page.takeAnswer(answer);
    await bothHear();
    expect(leg.security).toEqual({ type: 'dtls', suite: expect.stringMatching(/^A/) });
    expect(`SRTP_${(leg.security as { suite: string }).suite}`).toBe(await page.cipher());
    expect(leg.transport).toEqual({ protocol: 'udp', candidate: 'host' });
    expect(await scene.engine.stats()).toMatchObject({
      encryption: { workers: 1, deaths: 0, browserLegs: 1, sdesLegs: 0 },
    });

    line.peer.forget();
    await page.press('5#');
    await until('the keys are heard', () => line.peer.digitsHeard(101) === '5#' && told.length === 2);
    expect(told).toEqual(['agent 5', 'agent #']);
    // What a browser does with the digit that it receives: it plays 697 and 1209 Hz.
    const pressed = leg.sendDigits('1', 1_500);
    await browserHears(697, 1_209);
    await pressed;
    await browserHears(LINE_TONE);

    await page.direct('sendonly');
    const held = await leg.acceptOffer(await page.offer());
    expect(held).toContain('a=recvonly');
    await page.takeAnswer(held);
    expect(leg.held).toBe(true);
    await browserHearsNothing();
    await lineHears(BROWSER_TONE);
    await page.direct('sendrecv');
    await page.takeAnswer(await leg.acceptOffer(await page.offer()));
    expect(leg.held).toBe(false);
    await bothHear();

    const anew = await leg.acceptOffer(await page.offer({ iceRestart: true }));
    expect(ufrag(anew)).not.toBe(ufrag(answer));
    await page.takeAnswer(anew);
    await until('it is connected', async () => (await page.connectionState()) === 'connected');
    await bothHear();
    expect(new Set(line.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(told).toEqual(['agent 5', 'agent #']);
  });

  it('is answered without its video, and answered again after a reload', async () => {
    const answer = await leg.acceptOffer(await page.offer({ video: true }));
    expect(answer).toMatch(/^m=video 0 /m);
    await page.takeAnswer(answer);
    await bothHear();
    await page.renew();
    await page.takeAnswer(await leg.acceptOffer(await page.offer()));
    await bothHear();
    expect(told).toEqual([]);
  });
});

describe('a browser that is offered to', () => {
  it('talks, is offered to again, and finds its way anew', async () => {
    const first = leg.createOffer();
    expect(leg.createOffer()).toBe(first);
    await leg.acceptAnswer(await page.answer(first));
    await bothHear();
    const again = leg.createOffer();
    expect(ufrag(again)).toBe(ufrag(first));
    await leg.acceptAnswer(await page.answer(again));
    await bothHear();
    const anew = leg.createOffer({ iceRestart: true });
    expect(ufrag(anew)).not.toBe(ufrag(first));
    await leg.acceptAnswer(await page.answer(anew));
    await bothHear();
    await page.press('9');
    await until('the key is heard', () => told.includes('agent 9'));
    expect(told).toEqual(['agent 9']);
  });

  it('comes over TCP where it is told of nothing else', async () => {
    const offer = leg.createOffer();
    const overTcp = offer.replaceAll(/^a=candidate:\S+ 1 udp .*\r\n/gm, '');
    await leg.acceptAnswer(await page.answer(overTcp));
    await bothHear();
    expect(leg.transport).toEqual({ protocol: 'tcp', candidate: 'host' });
  });

  it('is given up when its certificate is not the one that its SDP named', async () => {
    const answer = await page.answer(leg.createOffer());
    const forged = answer.replace(
      /^(a=fingerprint:sha-256 )(..)/m,
      (_, head: string, byte: string) => `${head}${byte === '00' ? '01' : '00'}`,
    );
    await leg.acceptAnswer(forged);
    await until('it is given up', () => told.includes('agent lost'));
    expect(leg.security).toEqual({ type: 'dtls', suite: undefined });
    expect(await hears(line.peer, BROWSER_TONE, 300)).toBe(0);
  });

  it('goes on with another worker when its own is killed', async () => {
    await leg.acceptAnswer(await page.answer(leg.createOffer()));
    await bothHear();
    const [worker = 0] = mediaWorkers();
    process.kill(worker, 'SIGKILL');
    await until('another worker has the call', () => told.includes('agent moved'));
    expect(mediaWorkers()).toHaveLength(1);
    await leg.acceptAnswer(await page.answer(leg.createOffer()));
    await bothHear();
    expect(told).toEqual(['agent moved']);
    expect(await scene.engine.stats()).toMatchObject({
      encryption: { workers: 1, deaths: 1, browserLegs: 1 },
    });
  });

  it('is not disturbed by plain RTP on its port', async () => {
    const offer = leg.createOffer();
    await leg.acceptAnswer(await page.answer(offer));
    await bothHear();
    const port = Number(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/m.exec(offer)?.[1]);
    line.peer.forget();
    const stranger = await openRtpPeer({ address: '127.0.0.1', frequency: 1_500 });
    stranger.follow(`c=IN IP4 127.0.0.1\r\nm=audio ${port} RTP/AVP 0\r\n`);
    stranger.start();
    await sleep(400);
    expect(stranger.sentCount()).toBeGreaterThan(10);
    expect(await hears(line.peer, 1_500, 300)).toBe(0);
    await bothHear();
    await stranger.close();
  });
});
