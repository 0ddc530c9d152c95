/** Where a browser works before it gets a call: looks for a number whose hash begins with so many zero bits. */

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** FIPS 180-4: the first 32 bits of the fractional parts of the roots of the first primes. */
const fillConstants = (): void => {
  const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32);
  let count = 0;
  for (let candidate = 2; count < 64; candidate += 1) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= candidate; factor += 1)
      if (candidate % factor === 0) isPrime = false;
    if (!isPrime) continue;
    if (count < 8) START[count] = fraction(candidate ** (1 / 2));
    K[count] = fraction(candidate ** (1 / 3));
    count += 1;
  }
};
fillConstants();

const W = new Int32Array(64);

const at = (array: Int32Array | Uint32Array | Uint8Array, index: number): number => array[index] as number;

/** Takes 64 bytes at `offset` into `state`. */
const compress = (state: Int32Array, bytes: Uint8Array, offset: number): void => {
  for (let i = 0; i < 16; i += 1) {
    const from = offset + 4 * i;
    W[i] =
      (at(bytes, from) << 24) |
      (at(bytes, from + 1) << 16) |
      (at(bytes, from + 2) << 8) |
      at(bytes, from + 3);
  }
  for (let i = 16; i < 64; i += 1) {
    const x = at(W, i - 15);
    const y = at(W, i - 2);
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (at(W, i - 16) + s0 + at(W, i - 7) + s1) | 0;
  }
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(W, i)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = at(state, 0) + a;
  state[1] = at(state, 1) + b;
  state[2] = at(state, 2) + c;
  state[3] = at(state, 3) + d;
  state[4] = at(state, 4) + e;
  state[5] = at(state, 5) + f;
  state[6] = at(state, 6) + g;
  state[7] = at(state, 7) + h;
};

const BLOCK = 64;
const LENGTH_BYTES = 8;

/** The message's end, padded to whole blocks; `total` is the length of the whole message in bytes. */
const padded = (rest: Uint8Array, total: number): Uint8Array => {
  const blocks = Math.ceil((rest.length + 1 + LENGTH_BYTES) / BLOCK);
  const bytes = new Uint8Array(blocks * BLOCK);
  bytes.set(rest);
  bytes[rest.length] = 0x80;
  new DataView(bytes.buffer).setUint32(bytes.length - 4, total * 8);
  return bytes;
};

const finish = (state: Int32Array, rest: Uint8Array, total: number): void => {
  const bytes = padded(rest, total);
  for (let offset = 0; offset < bytes.length; offset += BLOCK) compress(state, bytes, offset);
};

/** SHA-256 of messages shorter than 512 MB. */
export const sha256 = (message: Uint8Array): Uint8Array => {
  const state = new Int32Array(START);
  const whole = message.length - (message.length % BLOCK);
  for (let offset = 0; offset < whole; offset += BLOCK) compress(state, message, offset);
  finish(state, message.subarray(whole), message.length);
  const view = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => {
    view.setInt32(4 * index, word);
  });
  return new Uint8Array(view.buffer);
};

const zeroBits = (state: Int32Array): number => {
  let zeros = 0;
  for (const word of state) {
    zeros += Math.clz32(word);
    if (word !== 0) break;
  }
  return zeros;
};

/** The page gets the processor back after so long, for a moment; well below what a person feels. */
const SLICE_MS = 16;
/** The clock is looked at after so many hashes. */
const ROUND = 200;

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    // A timer would wait for 4 ms each time.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/**
 * Finds a nonce so that SHA-256(challenge + ":" + nonce) begins with `bits` zero bits; 2^bits hashes on average. Never holds
 * the page up for more than some 20 ms.
 *
 * @param isWanted looked at between slices
 * @returns undefined when it is no longer wanted
 */
export const solveWork = async (
  challenge: string,
  bits: number,
  isWanted: () => boolean = () => true,
): Promise<string | undefined> => {
  const encoder = new TextEncoder();
  const head = encoder.encode(`${challenge}:`);
  const whole = head.length - (head.length % BLOCK);
  const middle = new Int32Array(START);
  for (let offset = 0; offset < whole; offset += BLOCK) compress(middle, head, offset);
  const start = head.subarray(whole);
  const state = new Int32Array(8);
  const rest = new Uint8Array(start.length + 20);
  rest.set(start);
  let begun = performance.now();
  for (let number = 0; ; number += 1) {
    const nonce = String(number);
    for (let i = 0; i < nonce.length; i += 1) rest[start.length + i] = nonce.charCodeAt(i);
    state.set(middle);
    finish(state, rest.subarray(0, start.length + nonce.length), head.length + nonce.length);
    if (zeroBits(state) >= bits) return nonce;
    if (number % ROUND !== 0 || performance.now() - begun < SLICE_MS) continue;
    await pause();
    if (!isWanted()) return undefined;
    begun = performance.now();
  }
};
