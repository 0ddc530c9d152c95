import type { Random } from './random.ts';

const texts = [
  '\r\n',
  '\r',
  '\n',
  '\r\n\r\n',
  '\r\n ',
  '\r\n\t',
  '\0',
  ' ',
  '\t',
  '\v',
  ',',
  ';',
  ':',
  ':::',
  '"',
  '\\',
  '\\"',
  '<',
  '>',
  '<>',
  '@',
  '%',
  '%00',
  '%0d%0a',
  '|',
  '=',
  '?',
  '[',
  ']',
  '*',
  '/',
  '#',
  '{',
  ';tag=',
  ';tag=1',
  ';tag="x"',
  ';branch=',
  ';branch=z9hG4bK',
  ';rport',
  ';received=[::1]',
  ';lr',
  '"a,b" <sip:a@b>,',
  '[::1]',
  '[1:::192.0.2.1]',
  'sip:',
  'SIPS:',
  'tel:',
  'urn:x',
  'SIP/2.0',
  'sip/2.0/udp x',
  'SIP/3.0',
  'Via: ',
  'v:',
  'Contact: ',
  'Route: ',
  'From: ',
  'To: ',
  'Call-ID: ',
  'CSeq: ',
  'Content-Length: ',
  'l:0',
  'Date: x',
  '%43all-ID: x',
  '__proto__: x',
  'constructor: x',
  '4294967296',
  '99999999999999999999',
  '-1',
  'ACK ',
  'CANCEL ',
  'é',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '𝄞',
];
const PIECES = texts.map((text) => Buffer.from(text)) as [Buffer, ...Buffer[]];
const RAW = ['ff', 'c0', 'c3', 'ed a0 80', 'f4 90 80 80', '80', '7f', '01'].map((hex) =>
  Buffer.from(hex.replaceAll(' ', ''), 'hex'),
) as [Buffer, ...Buffer[]];

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const span = (bytes: Buffer, random: Random, most = 40): readonly [number, number] => {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(most))];
};

const insert = (bytes: Buffer, at: number, piece: Buffer, to = at): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(to)]);

const flip: Mutation = (bytes, _other, random) => {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
};

/** Lines change places, or one comes twice. */
const shuffle: Mutation = (bytes, _other, random) => {
  const lines = bytes.toString('latin1').split('\r\n');
  const [line = ''] = lines.splice(random.below(lines.length), random.below(2));
  lines.splice(1 + random.below(lines.length), 0, line);
  return Buffer.from(lines.join('\r\n'), 'latin1');
};

const repeat: Mutation = (bytes, _other, random) => {
  const [from, to] = span(bytes, random, 80);
  const times = 1 + random.below(random.pick([3, 3, 300]));
  return insert(bytes, to, Buffer.concat(new Array<Buffer>(times).fill(bytes.subarray(from, to))));
};

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  flip,
  shuffle,
  repeat,
  (bytes, _other, random) => insert(bytes, random.below(bytes.length + 1), random.pick(PIECES)),
  (bytes, _other, random) => insert(bytes, random.below(bytes.length + 1), random.pick(RAW)),
  (bytes, _other, random) => {
    const [from, to] = span(bytes, random);
    return insert(bytes, from, random.pick(PIECES), to);
  },
  (bytes, _other, random) => {
    const [from, to] = span(bytes, random);
    return insert(bytes, from, Buffer.alloc(0), to);
  },
  (bytes, other, random) => {
    const [from, to] = span(other, random, 200);
    return insert(bytes, random.below(bytes.length + 1), other.subarray(from, to));
  },
  (bytes, other, random) =>
    Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
  (bytes, _other, random) => bytes.subarray(0, random.below(bytes.length + 1)),
];

const MOST = 70_000;

/** One of the seeds, changed in one to six ways. */
export const mutant = (seeds: readonly Buffer[], random: Random): Buffer => {
  const seed = (): Buffer => seeds[random.below(seeds.length)] ?? Buffer.alloc(0);
  let bytes = seed();
  for (let count = random.pick([1, 1, 2, 2, 4, 6]); count > 0 && bytes.length < MOST; count -= 1)
    bytes = random.pick(MUTATIONS)(bytes, seed(), random);
  return bytes;
};
