import { expect } from 'vitest';
import { findTone } from './audio.ts';
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
