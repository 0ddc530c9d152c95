import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

/** SRTP by RFC 3711 and RFC 7714, written from them and independent of the gateway's. */
export type Suite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

type SuiteSizes = {
  readonly key: number;
  readonly salt: number;
  readonly tag: number;
  readonly gcm: boolean;
};

export const SUITES: Readonly<Record<Suite, SuiteSizes>> = {
  AES_CM_128_HMAC_SHA1_80: { key: 16, salt: 14, tag: 10, gcm: false },
  AES_CM_128_HMAC_SHA1_32: { key: 16, salt: 14, tag: 4, gcm: false },
  AEAD_AES_128_GCM: { key: 16, salt: 12, tag: 16, gcm: true },
  AEAD_AES_256_GCM: { key: 32, salt: 12, tag: 16, gcm: true },
};

const AUTH_KEY = 20;
const GCM_TAG = 16;
const LABELS = { encryption: 0, authentication: 1, salt: 2 };
/** SRTCP's labels come after SRTP's three (RFC 3711 4.3.2). */
const RTCP_LABELS = 3;
/** Of SRTCP always, whatever SRTP's is (RFC 4568 6.2.2). */
const RTCP_TAG = 10;
const RTCP_HEADER = 8;
const ENCRYPTED = 0x8000_0000;

/** AES in counter mode (RFC 3711 4.1.1); the IV's last two bytes count blocks. */
export const aesCm = (key: Buffer, iv: Buffer, data: Buffer): Buffer =>
  createCipheriv(`aes-${key.length * 8}-ctr`, key, iv).update(data);

/** RFC 3711 4.3.1 with a key derivation rate of 0; RFC 7714 11 pads its shorter salt with zeroes. */
export const deriveKey = (key: Buffer, salt: Buffer, label: number, length: number): Buffer => {
  const iv = Buffer.alloc(16);
  salt.copy(iv);
  iv[7] = (iv[7] ?? 0) ^ label;
  return aesCm(key, iv, Buffer.alloc(length));
};

/** RFC 3711 4.1.1: salt, SSRC and packet index. */
export const cmIv = (salt: Buffer, ssrc: number, roc: number, sequence: number): Buffer => {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(ssrc, 4);
  iv.writeUInt32BE(roc, 8);
  iv.writeUInt16BE(sequence, 12);
  for (let i = 0; i < 14; i += 1) iv[i] = (iv[i] ?? 0) ^ (salt[i] ?? 0);
  return iv;
};

/** RFC 7714 8.1. */
export const gcmIv = (salt: Buffer, ssrc: number, roc: number, sequence: number): Buffer => {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(ssrc, 2);
  iv.writeUInt32BE(roc, 6);
  iv.writeUInt16BE(sequence, 10);
  for (let i = 0; i < 12; i += 1) iv[i] = (iv[i] ?? 0) ^ (salt[i] ?? 0);
  return iv;
};

const headerLength = (packet: Buffer): number => {
  const first = packet[0] ?? 0;
  const base = 12 + (first & 0x0f) * 4;
  return (first & 0x10) === 0 ? base : base + 4 + packet.readUInt16BE(base + 2) * 4;
};

export const gcmSeal = (key: Buffer, iv: Buffer, packet: Buffer): Buffer => {
  const at = headerLength(packet);
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
  cipher.setAAD(packet.subarray(0, at));
  const sealed = cipher.update(packet.subarray(at));
  cipher.final();
  return Buffer.concat([packet.subarray(0, at), sealed, cipher.getAuthTag()]);
};

const gcmOpen = (key: Buffer, iv: Buffer, data: Buffer): Buffer | undefined => {
  const at = headerLength(data);
  const end = data.length - GCM_TAG;
  if (end < at) return undefined;
  const decipher = createDecipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
  decipher.setAAD(data.subarray(0, at));
  decipher.setAuthTag(data.subarray(end));
  const opened = decipher.update(data.subarray(at, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return Buffer.concat([data.subarray(0, at), opened]);
};

/** One direction of a session: packets under one master key. */
export type SrtpContext = {
  protect(packet: Buffer): Buffer;
  /** Undefined when it does not authenticate. */
  unprotect(data: Buffer): Buffer | undefined;
};

/** @param master key and salt together */
export const createSrtpContext = (suite: Suite, master: Buffer): SrtpContext => {
  const { key: keyLength, salt: saltLength, tag: tagLength, gcm } = SUITES[suite];
  if (master.length !== keyLength + saltLength)
    throw new Error(`a key of ${master.length} bytes for ${suite}`);
  const masterKey = master.subarray(0, keyLength);
  const masterSalt = master.subarray(keyLength);
  const key = deriveKey(masterKey, masterSalt, LABELS.encryption, keyLength);
  const auth = deriveKey(masterKey, masterSalt, LABELS.authentication, AUTH_KEY);
  const salt = deriveKey(masterKey, masterSalt, LABELS.salt, saltLength);
  /** Rollover counter and highest sequence number, by SSRC (RFC 3711 3.3.1). */
  const streams = new Map<number, { roc: number; sequence: number }>();

  const rocOf = (ssrc: number, sequence: number): number => {
    const stream = streams.get(ssrc);
    if (stream === undefined) return 0;
    const { roc, sequence: highest } = stream;
    if (highest < 32_768) return sequence - highest > 32_768 ? Math.max(0, roc - 1) : roc;
    return highest - 32_768 > sequence ? roc + 1 : roc;
  };

  const keep = (ssrc: number, roc: number, sequence: number): void => {
    const stream = streams.get(ssrc);
    if (stream === undefined || roc > stream.roc || (roc === stream.roc && sequence > stream.sequence)) {
      streams.set(ssrc, { roc, sequence });
    }
  };

  const tagOf = (data: Buffer, roc: number): Buffer => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(roc);
    return createHmac('sha1', auth).update(data).update(counter).digest().subarray(0, tagLength);
  };

  const crypt = (packet: Buffer, iv: Buffer): Buffer => {
    const at = headerLength(packet);
    return Buffer.concat([packet.subarray(0, at), aesCm(key, iv, packet.subarray(at))]);
  };

  const cmOpen = (data: Buffer, ssrc: number, roc: number, sequence: number): Buffer | undefined => {
    const end = data.length - tagLength;
    if (end < headerLength(data)) return undefined;
    const sealed = data.subarray(0, end);
    if (!timingSafeEqual(tagOf(sealed, roc), data.subarray(end))) return undefined;
    return crypt(sealed, cmIv(salt, ssrc, roc, sequence));
  };

  return {
    protect(packet) {
      const [sequence, ssrc] = [packet.readUInt16BE(2), packet.readUInt32BE(8)];
      const roc = rocOf(ssrc, sequence);
      keep(ssrc, roc, sequence);
      if (gcm) return gcmSeal(key, gcmIv(salt, ssrc, roc, sequence), packet);
      const sealed = crypt(packet, cmIv(salt, ssrc, roc, sequence));
      return Buffer.concat([sealed, tagOf(sealed, roc)]);
    },
    unprotect(data) {
      if (data.length < 12) return undefined;
      const [sequence, ssrc] = [data.readUInt16BE(2), data.readUInt32BE(8)];
      const roc = rocOf(ssrc, sequence);
      const packet = gcm
        ? gcmOpen(key, gcmIv(salt, ssrc, roc, sequence), data)
        : cmOpen(data, ssrc, roc, sequence);
      if (packet !== undefined) keep(ssrc, roc, sequence);
      return packet;
    },
  };
};

/** SRTCP under an AES_CM suite (RFC 3711 3.4), one direction. @param master key and salt together */
export const createSrtcpContext = (master: Buffer): SrtpContext => {
  const [masterKey, masterSalt] = [master.subarray(0, 16), master.subarray(16)];
  const derive = (label: number, length: number): Buffer =>
    deriveKey(masterKey, masterSalt, RTCP_LABELS + label, length);
  const key = derive(LABELS.encryption, 16);
  const auth = derive(LABELS.authentication, AUTH_KEY);
  const salt = derive(LABELS.salt, 14);
  let sent = 0;

  const tagOf = (data: Buffer): Buffer =>
    createHmac('sha1', auth).update(data).digest().subarray(0, RTCP_TAG);

  const crypt = (packet: Buffer, index: number): Buffer => {
    const iv = cmIv(salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
    return Buffer.concat([packet.subarray(0, RTCP_HEADER), aesCm(key, iv, packet.subarray(RTCP_HEADER))]);
  };

  return {
    protect(packet) {
      sent += 1;
      const index = Buffer.alloc(4);
      index.writeUInt32BE((ENCRYPTED | sent) >>> 0);
      const sealed = Buffer.concat([crypt(packet, sent), index]);
      return Buffer.concat([sealed, tagOf(sealed)]);
    },
    unprotect(data) {
      const end = data.length - RTCP_TAG;
      if (end < RTCP_HEADER + 4 || !timingSafeEqual(tagOf(data.subarray(0, end)), data.subarray(end)))
        return undefined;
      const index = data.readUInt32BE(end - 4);
      const packet = data.subarray(0, end - 4);
      return index >= ENCRYPTED ? crypt(packet, index - ENCRYPTED) : packet;
    },
  };
};
