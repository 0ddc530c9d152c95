import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPhoneUser } from '../support/desk-phone.ts';
import { createRegistration, openWebPhone, type WebPhone } from '../support/phone.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';
import { inviteFromPage } from '../support/web-invite.ts';

/** Offers that no browser would make, from somebody who has a login. */

const ALICE = { user: 'alice', domain: 'phones.example', password: 'staple' };
const OFFER = readFileSync(new URL('../fixtures/browser-sdp/chromium-offer.sdp', import.meta.url), 'utf8');
const LEG_GAUGES = ['dialtrace_encryption_browser_legs', 'dialtrace_media_legs', 'dialtrace_media_sessions'];

let stage: Stage;
let ports: PortBlock;
let page: WebPhone;

beforeAll(async () => {
  ports = await claimPorts(2);
  stage = await openStage({
    registrar: { domains: [ALICE.domain], algorithms: ['MD5'] },
    websocket: true,
    // Ports rest a while after each call, and there are hundreds a minute.
    rtpPorts: 2000,
    media: { webrtc: { address: '127.0.0.1', port: ports.take(), workers: 1 } },
  });
  await addPhoneUser(stage.gateway, ALICE);
  page = await openPage();
});
afterAll(async () => {
  page?.close();
  await stage?.close();
  await ports?.release();
});

const openPage = async (): Promise<WebPhone> => {
  const { ws } = stage.gateway;
  if (!ws) throw new Error('no WebSocket listener');
  const opened = await openWebPhone(ws, ALICE.user);
  const { status } = await createRegistration(opened, ALICE).register({ expires: 600, md5: true });
  expect(status).toBe(200);
  return opened;
};

const changed = (from: RegExp, to: string): string => {
  const text = OFFER.replace(from, to);
  expect(text).not.toBe(OFFER);
  return text;
};

const statusOf = async (sdp: string): Promise<number> =>
  (await inviteFromPage(page, ALICE, 'first', sdp)).final.status ?? 0;

test.each([
  ['no ICE', changed(/a=ice-(?:ufrag|pwd):.*\r\n/g, ''), 488],
  ['a user fragment of 300 characters', changed(/a=ice-ufrag:.*/g, `a=ice-ufrag:${'u'.repeat(300)}`), 400],
  ['a password of three', changed(/a=ice-pwd:.*/g, 'a=ice-pwd:abc'), 400],
  ['a fingerprint cut short', changed(/(a=fingerprint:sha-256 )..:/g, '$1'), 488],
  ['a fingerprint of an unknown hash', changed(/a=fingerprint:sha-256/g, 'a=fingerprint:crc-32'), 488],
  ['no rtcp-mux', changed(/a=rtcp-mux\r\n/g, ''), 488],
  ['DTLS in a way that there is none', changed(/a=setup:.*/g, 'a=setup:holdconn'), 488],
  ['no G.711', changed(/^m=audio.*/m, 'm=audio 9 UDP/TLS/RTP/SAVPF 111'), 488],
  ['plain RTP', changed(/UDP\/TLS\/RTP\/SAVPF/g, 'RTP/AVP'), 488],
  ['nothing but a line', 'v=0\r\n', 400],
  ['40 KB', `${OFFER}${`a=x:${'y'.repeat(96)}\r\n`.repeat(400)}`, 400],
])('an offer with %s is refused', async (_what, sdp, status) => {
  expect(await statusOf(sdp)).toBe(status);
});

test('an offer with two bundles and a second ICE is answered, and its call ends', async () => {
  stage.first.onCall((call) => call.respond(486, 'Busy Here'));
  const odd = changed(/^a=group:BUNDLE.*/m, 'a=group:BUNDLE 0\r\na=group:BUNDLE 0 1 2');
  expect(await statusOf(odd)).toBe(486);
  expect(await statusOf(`${OFFER}a=ice-ufrag:second\r\n`)).toBe(486);
});

test('more than a message may have ends the connection or is refused', async () => {
  const big = `${OFFER}${'a=x:y\r\n'.repeat(20_000)}`;
  const outcome = await Promise.race([statusOf(big).catch(() => 0), sleep(1000).then(() => 0)]);
  expect(outcome === 0 || outcome >= 400).toBe(true);
  page.close();
  page = await openPage();
});

test('pages that are gone while their call is set up leave nothing', async () => {
  stage.first.onCall((call) => call.respond(180, 'Ringing'));
  for (let i = 0; i < 5; i += 1) {
    void inviteFromPage(page, ALICE, 'first', OFFER).catch(() => undefined);
    await sleep(60);
    page.close();
    page = await openPage();
  }
  stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
});

/** A small generator with a seed, so that what fails can be run again. */
const createDice = (seed: number) => {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
};

const lines = OFFER.split('\r\n');

const spoil = (roll: (sides: number) => number): string => {
  const text = [...lines];
  for (let wounds = 1 + roll(3); wounds > 0; wounds -= 1) {
    const at = roll(text.length);
    const line = text[at] ?? '';
    const ways = [
      () => text.splice(at, 1),
      () => text.splice(at, 0, text[roll(text.length)] ?? ''),
      () => text.splice(at, 1, line.slice(0, roll(line.length + 1))),
      () => text.splice(at, 1, line.replace(/\d+/, String(roll(2 ** 31)))),
      () => text.splice(at, 1, line.replace(/\d+/, '-1')),
      () => text.splice(at, 1, `${line}${String.fromCharCode(roll(256)).repeat(1 + roll(40))}`),
    ];
    ways[roll(ways.length)]?.();
  }
  return text.join('\r\n');
};

const failures = (): string =>
  stage.gateway
    .log()
    .split('\n')
    .filter((line) => /"level":"?(?:error|fatal|50|60)/.test(line))
    .slice(-5)
    .join('\n');

test('whatever an offer says, it is answered or refused, and nothing of it is left', async () => {
  stage.first.onCall((call) => call.respond(486, 'Busy Here'));
  const { OFFERS_MS = '2000', OFFERS_SEED = '42' } = process.env;
  const end = Date.now() + Number(OFFERS_MS);
  const roll = createDice(Number(OFFERS_SEED));
  while (Date.now() < end) {
    const batch = Array.from({ length: 8 }, () => spoil(roll));
    const statuses = await Promise.all(batch.map(statusOf));
    for (const [index, status] of statuses.entries())
      expect([400, 486, 488, 503], `${status} to\n${batch[index]}\n${failures()}`).toContain(status);
  }
  for (const name of LEG_GAUGES)
    await until(
      `${name} is back to nothing`,
      async () => {
        const value = (await stage.gateway.metrics()).value(name);
        return value === 0;
      },
      { timeoutMs: 40_000 },
    );
  expect((await stage.gateway.metrics()).value('dialtrace_encryption_deaths')).toBe(0);
  expect(stage.gateway.log()).not.toMatch(/unhandled|uncaught/i);
}, 120_000);
