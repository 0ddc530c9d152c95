import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { randomSecret } from '../base/ids.ts';

const GOOD_FOR_MS = 120_000;
const RANDOM_BYTES = 12;
const NONCE_CHARACTERS = 64;
const CHALLENGE_CHARACTERS = 200;

/** What a browser has to do: find a nonce that makes SHA-256(challenge + ":" + nonce) begin with so many zero bits. */
export type WorkOrder = { readonly challenge: string; readonly bits: number };
export type WorkDone = { readonly challenge: string; readonly nonce: string };

export type Work = {
  /** @param purpose what the work is for: it is good for nothing else */
  order(purpose: string, now: number): WorkOrder;
  /**
   * Whether it was done in time, for this purpose.
   *
   * @returns how it is marked as used, and until when; undefined when it is no good
   */
  check(
    done: WorkDone,
    purpose: string,
    now: number,
  ): { readonly id: string; readonly until: number } | undefined;
};

/** Zero bits that bytes begin with. */
export const leadingZeros = (bytes: Uint8Array): number => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.length * 8 : first * 8 + Math.clz32(bytes[first] ?? 0) - 24;
};

/** Whether a nonce does what a challenge asks. */
export const isDone = ({ challenge, nonce }: WorkDone, bits: number): boolean =>
  leadingZeros(createHash('sha256').update(`${challenge}:${nonce}`).digest()) >= bits;

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/**
 * Proof of work. Nothing is kept of an order: its challenge bears the time, the bits and a keyed digest.
 *
 * @param secret hex
 * @param bits each one more doubles the work
 */
export const createWork = (secret: string, bits: number): Work => {
  const key = Buffer.from(secret, 'hex');
  const digest = (head: string, purpose: string): string =>
    createHmac('sha256', key).update(`${head}\n${purpose}`).digest('base64url');

  return {
    order: (purpose, now) => {
      const head = `${now + GOOD_FOR_MS}.${bits}.${randomSecret(RANDOM_BYTES)}`;
      return { challenge: `${head}.${digest(head, purpose)}`, bits };
    },
    check: (done, purpose, now) => {
      const { challenge, nonce } = done;
      if (challenge.length > CHALLENGE_CHARACTERS || nonce.length > NONCE_CHARACTERS) return undefined;
      const [until = '', asked = '', random = '', mac = '', ...more] = challenge.split('.');
      if (more.length > 0 || !sameText(mac, digest(`${until}.${asked}.${random}`, purpose))) return undefined;
      if (Number(until) < now || !isDone(done, Number(asked))) return undefined;
      return { id: `work ${mac}`, until: Number(until) };
    },
  };
};
