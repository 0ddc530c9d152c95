import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSdp, SdpError, writeOffer } from '../../../src/sdp/index.ts';
import { carrierOffer, local, sdp } from './samples.ts';

const statusOf = (text: string): number | undefined => {
  try {
    parseSdp(text);
    return undefined;
  } catch (error) {
    if (error instanceof SdpError) return error.sipStatus;
    throw error;
  }
};

describe('parseSdp', () => {
  it('reads a carrier offer down to its G.711 audio', () => {
    expect(parseSdp(carrierOffer)).toEqual({
      address: '198.51.100.7',
      port: 40_000,
      rtcpPort: 40_001,
      codecs: [
        { name: 'PCMA', payloadType: 8 },
        { name: 'PCMU', payloadType: 0 },
      ],
      telephoneEvent: 96,
      ptime: 30,
      direction: 'sendrecv',
      origin: { id: '12345678901234567890', version: '7' },
      protocol: 'RTP/AVP',
      crypto: [],
      media: [{ type: 'audio', protocol: 'RTP/AVP', formats: '9 8 18 0 96', used: true }],
    });
  });

  it('needs no rtpmap for static types and ignores stale ones', () => {
    const read = parseSdp(sdp(['m=audio 4000 RTP/AVP 0 8', 'a=rtpmap:97 PCMU/8000']));
    expect(read.codecs.map(({ payloadType }) => payloadType)).toEqual([0, 8]);
  });

  it('takes G.711 under dynamic types and event types of 8 kHz only', () => {
    const read = parseSdp(
      sdp([
        'm=audio 4000 RTP/AVP 107 99 100 101',
        'a=rtpmap:107 opus/48000/2',
        'a=rtpmap:99 pcma/8000/1',
        'a=rtpmap:100 telephone-event/48000',
        'a=rtpmap:101 telephone-event/8000',
      ]),
    );
    expect(read.codecs).toEqual([{ name: 'PCMA', payloadType: 99 }]);
    expect(read.telephoneEvent).toBe(101);
  });

  it.each([
    ['bare LF', carrierOffer.replaceAll('\r\n', '\n')],
    ['bare CR', carrierOffer.replaceAll('\r\n', '\r')],
    ['blank lines', `\r\n${carrierOffer.replaceAll('\r\n', '\r\n\r\n')}`],
    ['no line end at the end', carrierOffer.trimEnd()],
    ['trailing spaces', carrierOffer.replaceAll('\r\n', ' \r\n')],
  ])('tolerates %s', (_name, text) => {
    expect(parseSdp(text)).toEqual(parseSdp(carrierOffer));
  });

  it('prefers media-level lines and falls back to the session', () => {
    const session = ['a=sendonly'];
    const media = ['m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::1', 'a=rtcp:5001 IN IP6 2001:db8::1'];
    expect(parseSdp(sdp(media, session))).toMatchObject({
      address: '2001:db8::1',
      rtcpPort: 5001,
      direction: 'sendonly',
    });
    expect(parseSdp(sdp([...media, 'a=recvonly'], session)).direction).toBe('recvonly');
  });

  it.each([
    ['a=ptime:5', 10],
    ['a=ptime:20', 20],
    ['a=ptime:45', 40],
    ['a=ptime:200', 60],
    ['a=ptime:0', 20],
    ['a=ptime:abc', 20],
    ['a=maxptime:10', 10],
  ])('reads %s as %i ms', (line, ptime) => {
    expect(parseSdp(sdp(['m=audio 4000 RTP/AVP 0', line])).ptime).toBe(ptime);
  });

  it('uses the first audio stream that has G.711 and is open', () => {
    const read = parseSdp(
      sdp([
        'm=video 3000 RTP/AVP 34',
        'm=audio 0 RTP/AVP 0',
        'm=audio 4000 UDP/TLS/RTP/SAVPF 0',
        'm=audio 4002 RTP/AVP 18',
        'm=audio 4004/1 RTP/AVPF 8',
        'm=audio 4006 RTP/AVP 0',
      ]),
    );
    expect(read.port).toBe(4004);
    expect(read.media.map(({ used }) => used)).toEqual([false, false, false, false, true, false]);
  });

  it('reads a refused stream, even without an address', () => {
    expect(parseSdp('v=0\r\nm=audio 0 RTP/AVP 0\r\n').port).toBe(0);
  });

  it.each([
    ['nothing', '', 400],
    ['no m= line', sdp([]), 400],
    ['a malformed m= line', sdp(['m=audio RTP/AVP 0']), 400],
    ['a port above 65535', sdp(['m=audio 70000 RTP/AVP 0']), 400],
    ['no address', 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n', 400],
    ['a host name', sdp(['m=audio 4000 RTP/AVP 0', 'c=IN IP4 media.example']), 488],
    ['multicast', sdp(['m=audio 4000 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127']), 488],
    ['SRTP only', sdp(['m=audio 4000 RTP/SAVP 0']), 488],
    ['video only', sdp(['m=video 4000 RTP/AVP 31']), 488],
    ['11 m= lines', sdp(Array.from({ length: 11 }, () => 'm=audio 4000 RTP/AVP 0')), 400],
    ['201 a= lines', sdp(['m=audio 4000 RTP/AVP 0', ...Array.from({ length: 201 }, () => 'a=x')]), 400],
    ['over 16 KB', sdp(['m=audio 4000 RTP/AVP 0', `i=${'x'.repeat(16_384)}`]), 400],
  ])('refuses %s', (_name, text, status) => {
    expect(statusOf(text)).toBe(status);
  });

  it('takes 10 m= lines and 200 a= lines', () => {
    const media = Array.from({ length: 10 }, () => 'm=audio 4000 RTP/AVP 0');
    expect(statusOf(sdp([...media, ...Array.from({ length: 200 }, () => 'a=x')]))).toBeUndefined();
  });

  it('refuses 60,000 lines without looking at them', () => {
    const text = sdp([
      'm=audio 4000 RTP/AVP 0',
      ...Array.from({ length: 60_000 }, () => 'a=rtpmap:0 PCMU/8000'),
    ]);
    const before = performance.now();
    for (let i = 0; i < 100; i += 1) expect(statusOf(text)).toBe(400);
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('throws nothing but SdpError on arbitrary text', () => {
    const line = fc.oneof(
      fc.constantFrom(...carrierOffer.split('\r\n'), ...writeOffer(local).split('\r\n')),
      fc.string(),
      fc
        .tuple(fc.constantFrom('m=', 'a=', 'c=', 'o=', 'a=rtpmap:', 'a=ptime:', 'm=audio '), fc.string())
        .map((parts) => parts.join('')),
    );
    const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\r\n'));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (input) => {
        statusOf(input);
      }),
      { numRuns: 2000 },
    );
  });
});
