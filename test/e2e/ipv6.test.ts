import { isIPv6 } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import { bothHear } from '../support/hearing.ts';
import { readSdp } from '../support/rtp-peer.ts';
import { type HostPort, hostPort, need } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, openStage, SOURCE, type Stage } from '../support/stage.ts';

/** Calls between IPv4 and IPv6, signalling and audio, both ways round. */

const SIX = '::1';
const TO_SIX = '+493023125041';

let stage: Stage;
let caller: SipPeer;
let line: SipPeer;
beforeAll(async () => {
  [caller, line] = await Promise.all([
    openSipPeer({ address: SIX, user: 'carrier' }),
    openSipPeer({ address: SIX, user: 'line' }),
  ]);
  stage = await openStage({
    ipv6: true,
    trunks: [
      { id: 'carrier', sources: [CARRIER], region: 'DE' },
      { id: 'six', sources: [hostPort(caller)], region: 'DE' },
    ],
    extend: () => ({
      lines: [{ id: 'six', type: 'sip', uri: line.uri('line'), ringTimeoutSeconds: 10 }],
      numbers: [{ number: TO_SIX, source: SOURCE.id, lines: ['six'] }],
    }),
  });
});
afterEach(() => line?.onCall((call) => call.respond(480, 'Temporarily Unavailable')));
afterAll(async () => {
  await Promise.all([caller?.close(), line?.close()]);
  await stage?.close();
});

const sixOf = ({ gateway }: Stage): HostPort => {
  if (!gateway.sip6) throw new Error('the gateway has no IPv6 address');
  return gateway.sip6;
};

test.each([
  ['an IPv6 caller to an IPv4 line', SIX, LINE],
  ['an IPv4 caller to an IPv6 line', CARRIER, SIX],
  ['an IPv6 caller to an IPv6 line', SIX, SIX],
])('%s: both are heard and recorded, each sees its own family', async (_, from, to) => {
  const answered = await stage.answered({
    ...(isIPv6(from) && { through: caller, to: sixOf(stage) }),
    by: isIPv6(to) ? line : stage.first,
    did: isIPv6(to) ? TO_SIX : DID.first,
    nearPhone: { address: from },
    farPhone: { address: to, law: 'PCMA' },
  });
  const toLine = readSdp(answered.line.invite.body);
  const toCaller = readSdp((await answered.call.final()).body);
  expect([isIPv6(toCaller.address), isIPv6(toLine.address)]).toEqual([isIPv6(from), isIPv6(to)]);
  expect(need(answered.line.invite, 'via')).toContain(isIPv6(to) ? '[::1]' : '127.0.0.1');

  await bothHear(answered);
  // Sockets of both families stay what they are when a side moves.
  const moved = await stage.phone(to, { frequency: 1000, telephoneEvent: 101 });
  answered.far.stop();
  answered.line.media = moved;
  moved.follow((await answered.line.reinvite({ sdp: moved.sdp() })).body);
  moved.start();
  answered.near.forget();
  const row = await stage.finish({ ...answered, far: moved }, { talkMs: 800 });
  expect(findTone(answered.near.audio(), 1000).seconds).toBeGreaterThan(0.5);
  expect(findTone(moved.audio(), 400).seconds).toBeGreaterThan(0.5);

  expect(row.call).toMatchObject({ status: 'answered', trunk_id: isIPv6(from) ? 'six' : 'carrier' });
  expect(row.legs.map((leg) => leg.peer)).toEqual([
    `udp/${hostPort({ address: from, port: isIPv6(from) ? caller.port : stage.carrier.port })}`,
    `udp/${hostPort({ address: to, port: isIPv6(to) ? line.port : stage.first.port })}`,
  ]);
  for (const leg of row.legs) {
    expect(leg).toMatchObject({ packets_lost: 0, stranger_packets: 0 });
    expect(leg.packets_received).toBeGreaterThan(60);
  }
  const [left, right] = stage.recording(row).channels;
  expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(1.2);
  expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(0.6);
});

test('a stranger on IPv6 is neither heard nor answered', async () => {
  const stranger = await openSipPeer({ address: SIX });
  try {
    const sip6 = sixOf(stage);
    const call = stranger.invite({ to: sip6, did: DID.first, media: await stage.phone(SIX) });
    const answered = await stage.answered({ through: caller, to: sip6, nearPhone: { address: SIX } });
    await answered.near.intrude(1900, 20, { address: SIX });
    const row = await stage.finish(answered, { talkMs: 500 });
    expect(findTone(answered.far.audio(), 1900).seconds).toBe(0);
    expect(row.legs[0]?.stranger_packets).toBe(20);
    expect(call.responses).toEqual([]);
  } finally {
    await stranger.close();
  }
});
