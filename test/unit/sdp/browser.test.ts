import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Direction,
  type LocalBrowserAudio,
  negotiateBrowserAnswer,
  negotiateBrowserOffer,
  parseBrowserSdp,
  SdpError,
  writeBrowserAnswer,
  writeBrowserOffer,
} from '../../../src/sdp/index.ts';
import { BROWSERS, local, ourFingerprint, sample } from './browser-samples.ts';

/** What `read` throws. */
const refusal = (read: () => unknown): SdpError => {
  try {
    read();
  } catch (error) {
    if (error instanceof SdpError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

const without = (sdp: string, line: RegExp): string => {
  expect(sdp).toMatch(line);
  return sdp.replaceAll(line, '');
};

const chromiumOffer = sample('chromium-offer');

describe('what browsers send', () => {
  it.each(BROWSERS)('%s: its offer is understood', (browser) => {
    const offer = parseBrowserSdp(sample(`${browser}-offer`));
    expect(offer).toMatchObject({
      mid: '0',
      bundled: true,
      trickles: true,
      setup: 'actpass',
      fingerprints: [{ algorithm: 'sha-256' }],
      codecs: [
        { name: 'PCMU', payloadType: 0 },
        { name: 'PCMA', payloadType: 8 },
      ],
      telephoneEvent: browser === 'firefox' ? 101 : 126,
      midExtension: browser === 'firefox' ? 3 : 4,
      ptime: 20,
      direction: 'sendrecv',
      media: [{ type: 'audio', protocol: 'UDP/TLS/RTP/SAVPF', mid: '0', used: true }],
    });
    expect(offer.ssrc).toBeGreaterThan(0);
    expect(offer.cname).toBeTruthy();
    expect(offer.ice.password.length).toBeGreaterThanOrEqual(22);
    expect(offer.candidates.length).toBeGreaterThan(1);
    expect(offer.candidates.some(({ protocol, type }) => protocol === 'udp' && type === 'host')).toBe(true);
  });

  it.each(BROWSERS)('%s: its answer to our offer is understood', (browser) => {
    const answer = parseBrowserSdp(sample(`${browser}-answer`));
    expect(negotiateBrowserOffer(local, answer)).toMatchObject({
      mid: '0',
      midExtension: 1,
      peerRole: 'client',
      codec: { name: 'PCMU', payloadType: 0 },
      telephoneEvent: 126,
      ssrc: answer.ssrc,
      direction: 'sendrecv',
    });
  });

  it('keeps hidden addresses and those that STUN told as they are', () => {
    const { candidates } = parseBrowserSdp(sample('safari-answer'));
    expect(candidates[0]).toEqual({
      foundation: '1837467318',
      priority: 2_113_937_151,
      address: '0f4a3b52-93d7-4a35-9f6f-5b0d1b7c6d10.local',
      port: 50_712,
      protocol: 'udp',
      type: 'host',
    });
    expect(parseBrowserSdp(sample('safari-offer')).candidates.map(({ type }) => type)).toEqual([
      'host',
      'srflx',
    ]);
    const tcp = parseBrowserSdp(chromiumOffer).candidates.find(({ protocol }) => protocol === 'tcp');
    expect(tcp).toMatchObject({ port: 9, tcpType: 'active' });
  });

  it('takes no candidate of the RTCP that rtcp-mux does away with', () => {
    const firefox = sample('firefox-offer');
    expect(firefox).toMatch(/^a=candidate:0 2 UDP/m);
    expect(parseBrowserSdp(firefox).candidates).toHaveLength(
      (firefox.match(/^a=candidate:\S+ 1 /gm) ?? []).length,
    );
  });

  it.each(['chromium', 'firefox'])(
    '%s: holds with a=sendonly, and is answered with a=recvonly',
    (browser) => {
      const offer = parseBrowserSdp(sample(`${browser}-offer-on-hold`));
      expect(offer.direction).toBe('sendonly');
      const agreed = negotiateBrowserAnswer(local, offer);
      expect(agreed.direction).toBe('recvonly');
      expect(writeBrowserAnswer(local, offer, agreed)).toMatch(/^a=recvonly\r$/m);
    },
  );
});

describe('our answer', () => {
  it.each(BROWSERS)('to %s goes on under its mid, its payload types and its header extension', (browser) => {
    const offer = parseBrowserSdp(sample(`${browser}-offer`));
    const answer = writeBrowserAnswer(local, offer, negotiateBrowserAnswer(local, offer));
    const event = browser === 'firefox' ? 101 : 126;
    expect(answer.split('\r\n')).toEqual([
      'v=0',
      'o=- 4611686018427387904 1 IN IP4 192.0.2.10',
      's=-',
      'c=IN IP4 192.0.2.10',
      't=0 0',
      'a=ice-lite',
      'a=group:BUNDLE 0',
      'a=msid-semantic:WMS *',
      `m=audio 40000 UDP/TLS/RTP/SAVPF 0 ${event}`,
      'a=rtpmap:0 PCMU/8000',
      `a=rtpmap:${event} telephone-event/8000`,
      `a=fmtp:${event} 0-15`,
      'a=ptime:20',
      'a=sendrecv',
      'a=mid:0',
      `a=extmap:${browser === 'firefox' ? 3 : 4} urn:ietf:params:rtp-hdrext:sdes:mid`,
      'a=rtcp-mux',
      'a=ice-ufrag:ourufrag',
      'a=ice-pwd:ourpasswordourpassword',
      `a=fingerprint:sha-256 ${ourFingerprint.value}`,
      'a=setup:passive',
      'a=candidate:udpcandidate 1 udp 1076558079 192.0.2.10 40000 typ host',
      'a=candidate:tcpcandidate 1 tcp 1076276479 192.0.2.10 40000 typ host tcptype passive',
      'a=end-of-candidates',
      'a=msid:dialtrace audio',
      'a=ssrc:123456789 cname:ours',
      '',
    ]);
  });

  it.each(['chromium', 'firefox'])('to %s refuses the video beside it, outside the bundle', (browser) => {
    const offer = parseBrowserSdp(sample(`${browser}-offer-with-video`));
    const answer = writeBrowserAnswer(local, offer, negotiateBrowserAnswer(local, offer));
    expect(answer).toMatch(/^a=group:BUNDLE 0\r$/m);
    expect(answer).toMatch(/^m=video 0 UDP\/TLS\/RTP\/SAVPF [\d ]+\r\na=mid:1\r\na=inactive\r\n/m);
    expect(answer).not.toMatch(/VP8|H264|rtcp-fb/);
  });

  it('takes the law that we like best, for it needs no conversion', () => {
    const offer = parseBrowserSdp(chromiumOffer);
    const german: LocalBrowserAudio = { ...local, codecs: ['PCMA', 'PCMU'] };
    expect(negotiateBrowserAnswer(german, offer).codec).toEqual({ name: 'PCMA', payloadType: 8 });
    expect(negotiateBrowserAnswer({ ...local, codecs: ['PCMA'] }, offer).codec.name).toBe('PCMA');
  });

  it('keeps who is who in DTLS', () => {
    const offer = parseBrowserSdp(chromiumOffer);
    expect(negotiateBrowserAnswer(local, offer).peerRole).toBe('client');
    const later = negotiateBrowserAnswer(local, offer, 'server');
    expect(writeBrowserAnswer(local, offer, later)).toContain('a=setup:active');
    const passive = parseBrowserSdp(chromiumOffer.replace('a=setup:actpass', 'a=setup:passive'));
    expect(negotiateBrowserAnswer(local, passive).peerRole).toBe('server');
  });

  it('makes no bundle of what is none', () => {
    const offer = parseBrowserSdp(without(chromiumOffer, /^a=group:.*\r\n/gm));
    expect(offer.bundled).toBe(false);
    expect(writeBrowserAnswer(local, offer, negotiateBrowserAnswer(local, offer))).not.toContain('a=group');
  });

  it('is checked against the strongest of several fingerprints', () => {
    const weak = `a=fingerprint:sha-1 ${Array(20).fill('01').join(':')}\r\na=fingerprint:sha-256`;
    const offer = parseBrowserSdp(chromiumOffer.replace('a=fingerprint:sha-256', weak));
    const [strongest, ...others] = negotiateBrowserAnswer(local, offer).fingerprints;
    expect([strongest?.algorithm, others.length]).toEqual(['sha-256', 1]);
  });
});

describe('our offer', () => {
  it('is one bundled stream with one codec', () => {
    const offer = writeBrowserOffer(local);
    expect(offer).toContain('a=setup:actpass');
    expect(offer).toMatch(/^m=audio 40000 UDP\/TLS\/RTP\/SAVPF 0 126\r$/m);
    expect(writeBrowserOffer({ ...local, codecs: ['PCMA', 'PCMU'] })).toMatch(/^m=audio \d+ \S+ 8 126\r$/m);
  });

  it('goes on with the lines, mids and payload types of the session', () => {
    const theirs = parseBrowserSdp(sample('firefox-offer-with-video'));
    const agreed = negotiateBrowserAnswer(local, theirs);
    const offer = parseBrowserSdp(writeBrowserOffer(local, 'sendrecv', { ...agreed, media: theirs.media }));
    expect(offer.media.map(({ type, mid, used }) => ({ type, mid, used }))).toEqual([
      { type: 'audio', mid: '0', used: true },
      { type: 'video', mid: '1', used: false },
    ]);
    expect(offer).toMatchObject({
      telephoneEvent: 101,
      midExtension: 3,
      codecs: [agreed.codec],
      bundled: true,
    });
  });

  it('is not agreed on by an answer without our codec, or one that leaves DTLS open', () => {
    const opus = sample('chromium-answer')
      .replace('SAVPF 0 126', 'SAVPF 111')
      .replaceAll(/^a=rtpmap.*\r\n/gm, '');
    expect(refusal(() => negotiateBrowserOffer(local, parseBrowserSdp(opus))).sipStatus).toBe(488);
    const open = sample('chromium-answer').replace('a=setup:active', 'a=setup:actpass');
    expect(refusal(() => negotiateBrowserOffer(local, parseBrowserSdp(open))).message).toMatch(/actpass/);
  });

  it('has no keys where the answer numbers them otherwise', () => {
    const answer = parseBrowserSdp(sample('chromium-answer').replaceAll('126', '99'));
    expect(answer.telephoneEvent).toBe(99);
    expect(negotiateBrowserOffer(local, answer).telephoneEvent).toBeUndefined();
  });
});

describe('descriptions that are no use', () => {
  const cases: readonly [what: string, sdp: string, status: 400 | 488, words: RegExp][] = [
    ['no text', '', 400, /no m= line/],
    ['no DTLS', 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n', 488, /no audio over DTLS-SRTP/],
    ['video alone', chromiumOffer.replace('m=audio', 'm=video'), 488, /no audio/],
    ['no rtcp-mux', without(chromiumOffer, /^a=rtcp-mux\r\n/gm), 488, /rtcp-mux/],
    ['no fingerprint', without(chromiumOffer, /^a=fingerprint.*\r\n/gm), 488, /fingerprint/],
    ['an unknown hash', chromiumOffer.replace('sha-256', 'md5'), 488, /fingerprint/],
    ['half a hash', chromiumOffer.replace(/(sha-256 ..:..).*\r/, '$1\r'), 488, /fingerprint/],
    ['no ICE', without(chromiumOffer, /^a=ice-ufrag.*\r\n/gm), 488, /ICE/],
    ['a short password', chromiumOffer.replace(/ice-pwd:.*\r/, 'ice-pwd:short\r'), 400, /ICE/],
    ['a refused stream', chromiumOffer.replace(/^m=audio \d+/m, 'm=audio 0'), 488, /refuses/],
    ['a strange setup', chromiumOffer.replace('actpass', 'holdconn'), 488, /holdconn/],
    ['a port of millions', chromiumOffer.replace(/^m=audio \d+/m, 'm=audio 99999'), 400, /port/],
    ['too much text', chromiumOffer + 'x'.repeat(40_000), 400, /longer than/],
    ['too many lines', chromiumOffer + 'a=x\r\n'.repeat(700), 400, /a= lines/],
    ['too many streams', chromiumOffer + 'm=audio 0 RTP/AVP 0\r\n'.repeat(20), 400, /m= lines/],
  ];
  it.each(cases)('%s', (_what, sdp, status, words) => {
    const { sipStatus, message } = refusal(() => parseBrowserSdp(sdp));
    expect({ sipStatus, message }).toEqual({ sipStatus: status, message: expect.stringMatching(words) });
  });
});

describe('transport that stands elsewhere', () => {
  it('is found with the session', () => {
    // Firefox keeps its fingerprint there.
    expect(sample('firefox-offer').indexOf('a=fingerprint')).toBeLessThan(
      sample('firefox-offer').indexOf('m=audio'),
    );
    expect(parseBrowserSdp(sample('firefox-offer')).fingerprints).toHaveLength(1);
  });

  it('is found with the first of the bundle', () => {
    const transport = [...chromiumOffer.matchAll(/^a=(?:ice-|fingerprint|setup|candidate).*\r\n/gm)].join('');
    const audio = without(chromiumOffer, /^a=(?:ice-|fingerprint|setup|candidate).*\r\n/gm)
      .replace(/^m=audio \d+/m, 'm=audio 0')
      .replace('a=mid:0', 'a=mid:sound\r\na=bundle-only')
      .replace('BUNDLE 0', 'BUNDLE sight sound')
      .replace(/^m=/m, `m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:sight\r\n${transport}m=`);
    const plain = parseBrowserSdp(chromiumOffer);
    const { ice, fingerprints, mid, bundled } = parseBrowserSdp(audio);
    expect({ ice, fingerprints, mid, bundled }).toEqual({
      ice: plain.ice,
      fingerprints: plain.fingerprints,
      mid: 'sound',
      bundled: true,
    });
  });
});

const iceText = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'abcXYZ019+/'), minLength, maxLength });

const locals: fc.Arbitrary<LocalBrowserAudio> = fc.record({
  address: fc.constantFrom('192.0.2.10', '2001:db8::10'),
  ice: fc.record({ usernameFragment: iceText(4, 32), password: iceText(22, 64) }),
  candidates: fc.array(
    fc.record({
      foundation: iceText(1, 32),
      priority: fc.nat({ max: 2 ** 31 - 1 }),
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('edge.example.com')),
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constant('udp' as const),
      type: fc.constantFrom('host' as const, 'srflx' as const, 'relay' as const),
    }),
    { maxLength: 5 },
  ),
  fingerprint: fc.constant(ourFingerprint),
  codecs: fc.constantFrom(['PCMU'] as const, ['PCMA'] as const, ['PCMA', 'PCMU'] as const),
  telephoneEvent: fc.integer({ min: 96, max: 127 }),
  ssrc: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  cname: iceText(1, 20),
  ptime: fc.constantFrom(10, 20, 60),
  origin: fc.record({ id: fc.nat().map(String), version: fc.nat() }),
});

const directions = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');

describe('whatever is said', () => {
  it('is understood as it was written', () => {
    fc.assert(
      fc.property(locals, directions, (ours, direction) => {
        const read = parseBrowserSdp(writeBrowserOffer(ours, direction));
        expect(read).toMatchObject({
          ice: ours.ice,
          candidates: ours.candidates,
          fingerprints: [ours.fingerprint],
          setup: 'actpass',
          trickles: false,
          codecs: [{ name: ours.codecs[0] }],
          telephoneEvent: ours.telephoneEvent,
          ssrc: ours.ssrc,
          cname: ours.cname,
          ptime: ours.ptime,
          direction,
        });
        expect(read.origin).toEqual({ id: ours.origin.id, version: String(ours.origin.version) });
      }),
    );
  });

  it('is answered line by line, mid by mid', () => {
    const line = fc.record({
      type: fc.constantFrom('audio', 'video', 'application'),
      port: fc.constantFrom(0, 9, 50_000),
      mid: fc.option(fc.constantFrom('a', 'b', 'video-1', '17'), { nil: undefined }),
    });
    const text = ({ type, port, mid }: { type: string; port: number; mid: string | undefined }): string =>
      [`m=${type} ${port} UDP/TLS/RTP/SAVPF 96 97`, ...(mid === undefined ? [] : [`a=mid:${mid}`]), ''].join(
        '\r\n',
      );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.array(line, { maxLength: 4 }), (before, after) => {
        const [session = '', audio = ''] = chromiumOffer.split(/^(?=m=)/m);
        const offered = session + before.map(text).join('') + audio + after.map(text).join('');
        const offer = parseBrowserSdp(offered);
        const answer = parseBrowserSdp(
          writeBrowserAnswer(local, offer, negotiateBrowserAnswer(local, offer)),
        );
        const shape = (of: typeof offer) => of.media.map(({ type, mid, used }) => ({ type, mid, used }));
        expect(shape(answer)).toEqual(shape(offer));
        expect(offer.media[before.length]?.used).toBe(true);
      }),
    );
  });

  it('never makes anything but an SdpError, however it is broken', () => {
    const samples = BROWSERS.flatMap((browser) => [sample(`${browser}-offer`), sample(`${browser}-answer`)]);
    const spoil = fc.record({
      at: fc.nat({ max: 2_200 }),
      cut: fc.nat({ max: 40 }),
      insert: fc.string({ maxLength: 12 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(spoil, { minLength: 1, maxLength: 4 }),
        (whole, wounds) => {
          const text = wounds.reduce(
            (rest, { at, cut, insert }) => rest.slice(0, at) + insert + rest.slice(at + cut),
            whole,
          );
          try {
            const offer = parseBrowserSdp(text);
            writeBrowserAnswer(local, offer, negotiateBrowserAnswer(local, offer));
            negotiateBrowserOffer(local, offer);
          } catch (error) {
            expect(error).toBeInstanceOf(SdpError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
