import { describe, expect, it } from 'vitest';
import {
  type LocalBrowserAudio,
  negotiateBrowserAnswer,
  negotiateBrowserOffer,
  parseBrowserSdp,
  writeBrowserAnswer,
  writeBrowserOffer,
} from '../../../src/sdp/index.ts';
import { local, sample } from './browser-samples.ts';

const opus = { payloadType: 111, telephoneEvent: 110 } as const;
const preferring: LocalBrowserAudio = { ...local, opus: { ...opus, preferred: true } };
const second: LocalBrowserAudio = { ...local, opus: { ...opus, preferred: false } };

const formatsOf = (sdp: string): string | undefined => /^m=audio \d+ \S+ (.*)$/m.exec(sdp)?.[1];
const offerOf = (ours: LocalBrowserAudio): string => writeBrowserOffer(ours);
const answerTo = (offer: string, ours: LocalBrowserAudio): string => {
  const theirs = parseBrowserSdp(offer);
  return writeBrowserAnswer(ours, theirs, negotiateBrowserAnswer(ours, theirs));
};

describe('Opus with browsers', () => {
  it('is read as they number it, with the events that go with it', () => {
    expect(parseBrowserSdp(sample('chromium-offer')).opus).toEqual(opus);
    expect(parseBrowserSdp(sample('safari-offer')).opus).toEqual(opus);
    expect(parseBrowserSdp(sample('firefox-offer')).opus).toEqual({
      payloadType: 109,
      telephoneEvent: undefined,
    });
    expect(parseBrowserSdp(sample('chromium-answer')).opus).toBeUndefined();
  });

  it('is neither offered nor agreed on unless we say so', () => {
    expect(formatsOf(answerTo(sample('chromium-offer'), local))).toBe('0 126');
    expect(formatsOf(offerOf(local))).toBe('0 126');
    expect(offerOf(local)).not.toMatch(/opus|maxptime/);
  });

  it('stands before G.711 where it is preferred, else after it', () => {
    expect(formatsOf(answerTo(sample('chromium-offer'), preferring))).toBe('111 0 110 126');
    expect(formatsOf(answerTo(sample('chromium-offer'), second))).toBe('0 111 110 126');
    expect(formatsOf(answerTo(sample('firefox-offer'), preferring))).toBe('109 0 101');
    expect(formatsOf(offerOf(preferring))).toBe('111 0 110 126');
  });

  it('is asked for in mono, with FEC, without silence, and with room for long packets', () => {
    const offer = offerOf(preferring);
    expect(offer).toContain('a=rtpmap:111 opus/48000/2\r\n');
    expect(offer).toMatch(/^a=fmtp:111 .*useinbandfec=1.*usedtx=1.*maxaveragebitrate=32000/m);
    expect(offer).toContain('a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n');
    expect(offer).toContain('a=ptime:20\r\na=maxptime:60\r\n');
  });

  it('is agreed on by an answer under the same number, and its keys apart', () => {
    const take = (answer: string) => negotiateBrowserOffer(preferring, parseBrowserSdp(answer)).opus;
    const answer = answerTo(offerOf(preferring), preferring).replace('setup:actpass', 'setup:active');
    expect(take(answer)).toEqual({ ...opus, preferred: true });
    expect(take(answer.replaceAll('111', '112'))).toBeUndefined();
    expect(take(answer.replaceAll('110', '99'))).toEqual({
      payloadType: 111,
      telephoneEvent: undefined,
      preferred: true,
    });
    expect(take(sample('chromium-answer'))).toBeUndefined();
  });

  it('is no codec to talk with a browser that has no G.711', () => {
    const alone = sample('chromium-offer').replaceAll(/ 0 8 | 8 0 /g, ' ');
    const offer = parseBrowserSdp(alone.replace(/^(m=audio \d+ \S+) .*$/m, '$1 111 110'));
    expect(() => negotiateBrowserAnswer(preferring, offer)).toThrow(/G\.711/);
  });
});
