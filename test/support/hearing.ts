import { expect } from 'vitest';
import { findTone, goertzel } from './audio.ts';
import { RATE } from './g711.ts';
import type { RtpPeer } from './rtp-peer.ts';
import type { Answered } from './stage.ts';
import { sleep } from './wait.ts';

/** Seconds of `tone` that `phone` hears in the next `ms`. */
export const hears = async (phone: RtpPeer, tone: number, ms = 800): Promise<number> => {
  phone.forget();
  await sleep(ms);
  return findTone(phone.audio(), tone).seconds;
};

/** Both sides hear the other's tone, now. */
export const bothHear = async ({ near, far }: Answered): Promise<void> => {
  const [atLine, atCaller] = await Promise.all([hears(far, 400), hears(near, 700)]);
  expect(atLine).toBeGreaterThan(0.6);
  expect(atCaller).toBeGreaterThan(0.6);
};

/** All that `phone` heard was one RTP stream. */
export const oneStream = (phone: RtpPeer): void => {
  expect(new Set(phone.packets.map((packet) => packet.ssrc)).size).toBeLessThanOrEqual(1);
};

/** 100 ms: multiples of 10 Hz fill each window with whole waves, so that tones of a mixture don't disturb each other. */
const WINDOW = RATE / 10;
const AUDIBLE = 32_767 * 10 ** (-40 / 20);

/** Those of `tones` that are in most of `samples`, alone or among others. */
export const tonesIn = (samples: Int16Array, tones: readonly number[]): number[] => {
  const windows = Math.floor(samples.length / WINDOW);
  return tones.filter((tone) => {
    let heard = 0;
    for (let at = 0; at < windows; at += 1)
      if (goertzel(samples, tone, at * WINDOW, WINDOW) > AUDIBLE) heard += 1;
    return heard > windows * 0.6;
  });
};

/** What keeps the audio that comes. */
export type Listener = Pick<RtpPeer, 'forget' | 'audio'>;

/** Those of `tones` that `phone` hears in most of the next `ms`. */
export const hearsOf = async (phone: Listener, tones: readonly number[], ms = 800): Promise<number[]> => {
  phone.forget();
  await sleep(ms);
  return tonesIn(phone.audio(), tones);
};
