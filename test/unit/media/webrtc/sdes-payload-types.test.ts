import { describe, expect, it } from 'vitest';
import {
  OFFERED,
  payloadTypesOf,
  sameTypes,
  withinPayloadTypes,
} from '../../../../src/media/webrtc/sdes-payload-types.ts';
import { negotiateAnswer, negotiateOffer, parseSdp } from '../../../../src/sdp/index.ts';
import { local, sdp } from '../../sdp/samples.ts';

const offered = (...media: string[]) => negotiateAnswer(local, parseSdp(sdp(media)));
const answered = (...media: string[]) => negotiateOffer(local, parseSdp(sdp(media)));
const map = (type: number, name: string): string => `a=rtpmap:${type} ${name}/8000`;

describe('payloadTypesOf', () => {
  it.each([
    ['the usual ones', ['m=audio 4000 RTP/AVP 0 8 101', map(101, 'telephone-event')], OFFERED],
    [
      'another event',
      ['m=audio 4000 RTP/AVP 8 96', map(96, 'telephone-event')],
      { PCMU: 0, PCMA: 8, telephoneEvent: 96 },
    ],
    [
      'another codec',
      ['m=audio 4000 RTP/AVP 97', map(97, 'PCMA')],
      { PCMU: 0, PCMA: 97, telephoneEvent: 101 },
    ],
    [
      'the best of several',
      ['m=audio 4000 RTP/AVP 98 0', map(98, 'PCMU')],
      { PCMU: 98, PCMA: 8, telephoneEvent: 101 },
    ],
    [
      'a codec where events usually are',
      ['m=audio 4000 RTP/AVP 101', map(101, 'PCMU')],
      { PCMU: 101, PCMA: 8, telephoneEvent: 100 },
    ],
  ])("takes %s from the peer's offer", (_, media, types) => {
    expect(payloadTypesOf(offered(...media))).toEqual(types);
    expect(sameTypes(payloadTypesOf(offered(...media)), types)).toBe(true);
    expect(new Set(Object.values(types)).size).toBe(3);
  });
});

describe('withinPayloadTypes', () => {
  it('keeps an answer under what was offered', () => {
    const next = answered('m=audio 4000 RTP/AVP 8 101', map(101, 'telephone-event'));
    expect(withinPayloadTypes(next, OFFERED)).toBe(next);
  });

  it('sends no events to a peer that answers them under another payload type', () => {
    const next = answered('m=audio 4000 RTP/AVP 0 96', map(96, 'telephone-event'));
    expect(withinPayloadTypes(next, OFFERED)).toEqual({ ...next, telephoneEvent: undefined });
  });

  it('refuses a codec under another payload type', () => {
    const next = answered('m=audio 4000 RTP/AVP 97', map(97, 'PCMU'));
    expect(() => withinPayloadTypes(next, OFFERED)).toThrow(expect.objectContaining({ sipStatus: 488 }));
  });
});
