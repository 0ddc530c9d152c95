import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A connectivity check of the controlling side (RFC 8445 7.1, RFC 8489), which nominates at once. */
export const bindingRequest = (credentials: {
  /** `theirs:ours` */
  readonly username: string;
  /** Theirs. */
  readonly password: string;
}): Buffer => {
  const attribute = (type: number, value: Buffer): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
  };
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(0x6eff_ffff);
  const attributes = Buffer.concat([
    attribute(0x0006, Buffer.from(credentials.username)),
    attribute(0x0024, priority),
    attribute(0x802a, randomBytes(8)), // ICE-CONTROLLING
    attribute(0x0025, Buffer.alloc(0)), // USE-CANDIDATE
  ]);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(0x0001, 0);
  head.writeUInt32BE(0x2112_a442, 4);
  randomBytes(12).copy(head, 8);
  /** The length as if the next attribute were there already. */
  const upTo = (body: Buffer, next: number): Buffer => {
    head.writeUInt16BE(body.length + next, 2);
    return Buffer.concat([head, body]);
  };
  const integrity = createHmac('sha1', credentials.password).update(upTo(attributes, 24)).digest();
  const signed = Buffer.concat([attributes, attribute(0x0008, integrity)]);
  const print = Buffer.alloc(4);
  print.writeUInt32BE((crc32(upTo(signed, 8)) ^ 0x5354_554e) >>> 0);
  return upTo(Buffer.concat([signed, attribute(0x8028, print)]), 0);
};
