import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Direction,
  holds,
  type LocalAudio,
  negotiateAnswer,
  negotiateOffer,
  parseSdp,
  SdpError,
  writeAnswer,
  writeOffer,
} from '../../../src/sdp/index.ts';
import { carrierOffer, local, sdp } from './samples.ts';

const DIRECTIONS: Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

const localAudio: fc.Arbitrary<LocalAudio> = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_534 }),
  codecs: fc.constantFrom(
    ['PCMU'] as const,
    ['PCMA'] as const,
    ['PCMU', 'PCMA'] as const,
    ['PCMA', 'PCMU'] as const,
  ),
  telephoneEvent: fc.integer({ min: 96, max: 127 }),
  ptime: fc.constantFrom(10, 20, 30, 40, 60),
  origin: fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String), version: fc.nat() }),
});

const format = fc.integer({ min: 0, max: 127 }).map(String);
const mediaLines = fc
  .record({
    type: fc.constantFrom('audio', 'video', 'image'),
    port: fc.integer({ min: 0, max: 65_535 }),
    protocol: fc.constantFrom('RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'udptl'),
    formats: fc.array(fc.oneof(fc.constantFrom('0', '8', '101'), format), { minLength: 1, maxLength: 6 }),
    attributes: fc.array(
      fc.constantFrom(
        'a=rtpmap:101 telephone-event/8000',
        'a=rtpmap:97 PCMA/8000',
        'a=mid:0',
        'a=ptime:30',
        'a=inactive',
      ),
    ),
  })
  .map(({ type, port, protocol, formats, attributes }) => [
    `m=${type} ${port} ${protocol} ${formats.join(' ')}`,
    ...attributes,
  ]);
const offers = fc.array(mediaLines, { minLength: 1, maxLength: 5 }).map((lines) => sdp(lines.flat()));

const unlessRefused = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    if (error instanceof SdpError && error.sipStatus === 488) return undefined;
    throw error;
  }
};

describe('writeOffer', () => {
  it('comes back from the parser as it went in', () => {
    fc.assert(
      fc.property(localAudio, fc.constantFrom(...DIRECTIONS), (mine, direction) => {
        const read = parseSdp(writeOffer(mine, direction));
        expect(read).toMatchObject({
          address: mine.address,
          port: mine.port,
          rtcpPort: mine.port + 1,
          telephoneEvent: mine.telephoneEvent,
          ptime: mine.ptime,
          direction,
          origin: { id: mine.origin.id, version: String(mine.origin.version) },
        });
        expect(read.codecs.map(({ name }) => name)).toEqual(mine.codecs);
      }),
    );
  });
});

describe('negotiateAnswer', () => {
  it("keeps the offer's order and payload types", () => {
    expect(negotiateAnswer(local, parseSdp(carrierOffer))).toEqual({
      remote: { address: '198.51.100.7', port: 40_000, rtcpPort: 40_001 },
      send: { name: 'PCMA', payloadType: 8 },
      receive: [
        { name: 'PCMA', payloadType: 8 },
        { name: 'PCMU', payloadType: 0 },
      ],
      telephoneEvent: { send: 96, receive: 96 },
      ptime: 30,
      direction: 'sendrecv',
    });
  });

  it.each<[Direction, Direction, Direction]>([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'inactive', 'inactive'],
  ])('answers %s, wishing %s, with %s (RFC 3264 6.1)', (offered, wish, expected) => {
    const offer = parseSdp(sdp(['m=audio 4000 RTP/AVP 0', `a=${offered}`]));
    expect(negotiateAnswer(local, offer, wish).direction).toBe(expected);
  });

  it.each(['IN IP4 0.0.0.0', 'IN IP6 ::'])('takes c=%s as hold', (connection) => {
    const offer = parseSdp(sdp(['m=audio 4000 RTP/AVP 0', `c=${connection}`]));
    expect(holds(offer)).toBe(true);
    expect(negotiateAnswer(local, offer).direction).toBe('recvonly');
  });

  it.each([
    ['no codec in common', ['m=audio 4000 RTP/AVP 18']],
    ['a refused stream', ['m=audio 0 RTP/AVP 0']],
  ])('refuses %s with 488', (_name, media) => {
    const attempt = () => negotiateAnswer(local, parseSdp(sdp(media)));
    expect(attempt).toThrow(SdpError);
    expect(attempt).toThrow(expect.objectContaining({ sipStatus: 488 }));
  });

  it('refuses a law that this leg does not speak', () => {
    expect(() =>
      negotiateAnswer({ ...local, codecs: ['PCMU'] }, parseSdp(sdp(['m=audio 4000 RTP/AVP 8']))),
    ).toThrow(SdpError);
  });

  it('sends only what the peer offered, and answers each of its m= lines', () => {
    let agreed = 0;
    fc.assert(
      fc.property(offers, localAudio, (text, mine) => {
        const offer = unlessRefused(() => parseSdp(text));
        const negotiated = offer && unlessRefused(() => negotiateAnswer(mine, offer));
        if (!offer || !negotiated) return;
        agreed += 1;
        const used = offer.media.find((line) => line.used);
        expect(used?.formats.split(' ')).toContain(String(negotiated.send.payloadType));
        expect(mine.codecs).toContain(negotiated.send.name);

        const answer = writeAnswer(mine, offer, negotiated);
        const linesOf = (whole: string) => whole.split('\r\n').filter((line) => line.startsWith('m='));
        const kinds = (lines: string[]) => lines.map((line) => line.replace(/^m=(\S+) \d+ (\S+).*/, '$1 $2'));
        expect(kinds(linesOf(answer))).toEqual(kinds(linesOf(text)));
        expect(linesOf(answer).filter((line) => !/^m=\S+ 0 /.test(line))).toHaveLength(1);
        expect(parseSdp(answer)).toMatchObject({
          port: mine.port,
          address: mine.address,
          direction: negotiated.direction,
        });
      }),
      { numRuns: 500 },
    );
    expect(agreed).toBeGreaterThan(20);
  });
});

describe('writeAnswer', () => {
  it('copies no attribute of the offer', () => {
    const offer = parseSdp(`${carrierOffer}m=video 5000 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n`);
    expect(writeAnswer(local, offer, negotiateAnswer(local, offer)).split('\r\n')).toEqual([
      'v=0',
      'o=- 4611686018427387904 1 IN IP4 192.0.2.10',
      's=-',
      'c=IN IP4 192.0.2.10',
      't=0 0',
      'm=audio 20000 RTP/AVP 8 0 96',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:96 telephone-event/8000',
      'a=fmtp:96 0-15',
      'a=ptime:30',
      'a=sendrecv',
      'm=video 0 RTP/AVPF 96',
      '',
    ]);
  });

  it('writes no telephone-event that was not offered', () => {
    const offer = parseSdp(sdp(['m=audio 4000 RTP/AVP 0']));
    expect(writeAnswer(local, offer, negotiateAnswer(local, offer))).not.toContain('telephone-event');
  });
});

describe('negotiateOffer', () => {
  it("sends under the answer's payload types and receives under ours", () => {
    const answer = parseSdp(
      sdp(['m=audio 4000 RTP/AVP 8 110', 'a=rtpmap:110 telephone-event/8000', 'a=sendonly']),
    );
    expect(negotiateOffer(local, answer)).toMatchObject({
      send: { name: 'PCMA', payloadType: 8 },
      receive: [
        { name: 'PCMA', payloadType: 8 },
        { name: 'PCMU', payloadType: 0 },
      ],
      telephoneEvent: { send: 110, receive: 101 },
      direction: 'recvonly',
    });
  });

  it('agrees with what the other side negotiated from the same offer', () => {
    fc.assert(
      fc.property(localAudio, localAudio, (a, b) => {
        const offer = parseSdp(writeOffer(a));
        const answered = unlessRefused(() => negotiateAnswer(b, offer));
        if (!answered) {
          expect(a.codecs.some((name) => b.codecs.includes(name))).toBe(false);
          return;
        }
        const offered = negotiateOffer(a, parseSdp(writeAnswer(b, offer, answered)));
        expect(offered.send).toEqual(answered.send);
        expect(offered.telephoneEvent).toEqual({ send: a.telephoneEvent, receive: a.telephoneEvent });
        expect(offered.remote.port).toBe(b.port);
      }),
    );
  });

  it('refuses an answer without audio', () => {
    expect(() => negotiateOffer(local, parseSdp(sdp(['m=audio 0 RTP/AVP 0'])))).toThrow(SdpError);
  });
});
