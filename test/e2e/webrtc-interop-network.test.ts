import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, type ToneBrowser } from '../support/browser.ts';
import { type Issued, makeAuthority } from '../support/certificates.ts';
import { commandOf } from '../support/command.ts';
import { hearsOf } from '../support/hearing.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { hostPort } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, openStage, SOURCE, type Stage, type StageOptions } from '../support/stage.ts';
import { until } from '../support/wait.ts';
import { openStackPhone, type PageOptions, type StackPhone } from '../support/web-stack.ts';

/** Where browsers and gateway meet: addresses behind NAT, IPv6, TCP alone, secure pages, sessions that are refreshed. */

const ALICE = { user: 'alice', domain: 'phones.example', password: 'staple' };
const TO_ALICE = '+493023125031';
const [TONE, CALLER] = [1000, 400];
const TONES = [CALLER, TONE];

const folder = mkdtempSync(join(tmpdir(), 'dialtrace-network-'));
let browser: ToneBrowser;
let pair: Issued;
let ports: PortBlock;
let stage: Stage | undefined;
let phone: StackPhone | undefined;

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(async () => {
  browser = await openBrowser(TONE);
  ports = await claimPorts(20);
  pair = await (await makeAuthority()).issue({ addresses: ['127.0.0.1'] });
});
afterEach(async () => {
  await phone?.close();
  await stage?.close();
  phone = stage = undefined;
});
afterAll(async () => {
  await browser?.close();
  await ports?.release();
  rmSync(folder, { recursive: true, force: true });
});

type Way = Pick<PageOptions, 'address' | 'before' | 'library'> & {
  readonly webrtc: NonNullable<NonNullable<StageOptions['media']>['webrtc']>;
  readonly secure?: boolean;
  readonly sip?: StageOptions['sip'];
};

/** A gateway, and a page that is registered with it. */
const openAt = async ({
  webrtc,
  secure = false,
  address = '127.0.0.1',
  sip,
  ...page
}: Way): Promise<void> => {
  const place = { address, port: ports.take() };
  const [transport, keyFile, certFile] = [
    secure ? ('wss' as const) : ('ws' as const),
    write('key.pem', pair.key),
    write('cert.pem', pair.cert),
  ];
  stage = await openStage({
    registrar: { domains: [ALICE.domain] },
    listen: [{ transport, ...place }],
    sip: { ...sip, tls: { keyFile, certFile } },
    media: { webrtc: { workers: 1, port: ports.take(), ...webrtc } },
    extend: () => ({
      lines: [{ id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 8 }],
      numbers: [{ number: TO_ALICE, source: SOURCE.id, lines: ['alice'] }],
    }),
  });
  const words = ['user', 'add', 'alice', '--password-file', write('password', ALICE.password)];
  const { code, stderr } = await commandOf(stage.gateway)(...words);
  if (code !== 0) throw new Error(stderr);
  phone = await openStackPhone(browser, {
    ...page,
    account: ALICE,
    server: `${transport}://${hostPort(place)}`,
    address,
    ...(secure && { certificate: pair }),
  });
};

const opened = (): { stage: Stage; phone: StackPhone } => {
  if (!stage || !phone) throw new Error('nothing is open');
  return { stage, phone };
};

const answered = async (): Promise<{ call: PeerCall; near: RtpPeer }> => {
  const { stage: at, phone: page } = opened();
  const near = await at.phone(CARRIER, { frequency: CALLER, telephoneEvent: 101 });
  const call = at.dial({ did: TO_ALICE, media: near });
  await page.when('rings', ({ ringing }) => ringing);
  await page.answer();
  expect((await call.final()).status).toBe(200);
  near.start();
  await page.when('talks', ({ connection, established }) => established && connection === 'connected');
  return { call, near };
};

const talk = async (near: RtpPeer): Promise<void> => {
  const { phone: page } = opened();
  await until('both hear each other', async () => {
    const [mine, theirs] = await Promise.all([page.hears(TONES), hearsOf(near, TONES)]);
    return mine.join() === `${CALLER}` && theirs.join() === `${TONE}`;
  });
};

const hangUp = async ({ call, near }: { call: PeerCall; near: RtpPeer }) => {
  await call.bye();
  near.stop();
  return opened().stage.record(call);
};

const candidates = (sdp: string | null): string[] =>
  [...(sdp ?? '').matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+)/gm)].map(
    ([, protocol, address]) => `${protocol} ${address}`,
  );

/** Takes ways to the gateway from the page: candidates whose lines match are never known to it. */
const without = (lines: string): string => `{
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const kept = sdp.split('\\r\\n').filter((line) => !/^a=candidate:.*${lines}/.test(line));
    return setRemoteDescription.call(this, { type, sdp: kept.join('\\r\\n') });
  };
}`;

test('a secure page with a certificate of nobody, over TCP alone, at a gateway on every address behind NAT', async () => {
  await openAt({
    library: 'JsSIP',
    secure: true,
    before: without(' udp '),
    webrtc: { address: '0.0.0.0', publicAddress: '203.0.113.7' },
  });
  const call = await answered();
  await talk(call.near);
  const { phone: page } = opened();
  const told = candidates((await page.state()).remote);
  expect(told).toContain('tcp 127.0.0.1');
  expect(told.join()).not.toContain('0.0.0.0');
  expect((await page.pair()).remote).toMatchObject({ address: '127.0.0.1', protocol: 'tcp' });
  await page.hold(true);
  await page.hold(false);
  await page.restart();
  await talk(call.near);
  const row = await hangUp(call);
  expect(row.legs[1]).toMatchObject({ media_security: 'dtls', transport: 'tcp' });
});

test('IPv6 at a gateway on every address of both families', async () => {
  await openAt({ library: 'SIP.js', address: '::1', before: without(' \\d+\\.'), webrtc: { address: '::' } });
  const call = await answered();
  await talk(call.near);
  const { phone: page } = opened();
  const told = candidates((await page.state()).remote);
  expect(told).toContain('udp ::1');
  expect(told.join()).not.toMatch(/ ::(,|$)/);
  expect((await page.pair()).remote).toMatchObject({ address: '::1', protocol: 'udp' });
  await page.restart();
  await talk(call.near);
  const row = await hangUp(call);
  expect(row.legs[1]).toMatchObject({ media_security: 'dtls', transport: 'udp' });
});
