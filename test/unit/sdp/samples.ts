import type { LocalAudio } from '../../../src/sdp/index.ts';

export const local: LocalAudio = {
  address: '192.0.2.10',
  port: 20_000,
  codecs: ['PCMU', 'PCMA'],
  telephoneEvent: 101,
  ptime: 20,
  origin: { id: '4611686018427387904', version: 1 },
};

/** An SDP with the given media-level lines after its session lines. */
export const sdp = (media: readonly string[], session: readonly string[] = []): string =>
  `${[
    'v=0',
    'o=carrier 12345678901234567890 7 IN IP4 198.51.100.7',
    's=call',
    'c=IN IP4 198.51.100.7',
    ...session,
    't=0 0',
    ...media,
  ].join('\r\n')}\r\n`;

/** What a carrier's SBC sends: more codecs than we speak, its own event type, odd ptime. */
export const carrierOffer = sdp([
  'm=audio 40000 RTP/AVP 9 8 18 0 96',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:18 G729/8000',
  'a=fmtp:18 annexb=no',
  'a=rtpmap:96 telephone-event/8000',
  'a=fmtp:96 0-16',
  'a=ptime:30',
  'a=x-secret:leak',
  'a=candidate:1 1 UDP 2130706431 10.0.0.1 40000 typ host',
]);
