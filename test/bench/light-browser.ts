import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '../support/certificates.ts';
import { readRtp } from '../support/rtp-peer.ts';
import type { HostPort } from '../support/sip-message.ts';
import { createSrtpContext, type SrtpContext, SUITES } from '../support/srtp.ts';
import { until } from '../support/wait.ts';
import { bindingRequest } from './ice.ts';

/**
 * The least that a gateway takes for a browser: ICE checks, a DTLS handshake (openssl's, which hands its keys over), SRTP.
 * A hundred of them fit where ten pages of Chromium do.
 */
export type LightBrowser = {
  /** Answers the gateway's offer. */
  readonly answer: string;
  /** Resolves when audio can flow. */
  connect(): Promise<void>;
  /** Encrypts and sends an RTP packet. */
  send(packet: Buffer): void;
  /** Called with each packet of audio that came, decrypted. */
  onAudio(listener: (payload: Buffer) => void): void;
  readonly ssrc: number;
  close(): void;
};

/** A certificate in files, as openssl wants it. */
export type Identity = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly fingerprint: string;
  remove(): void;
};

export const makeIdentity = async (): Promise<Identity> => {
  const { key, cert } = await (await makeAuthority()).issue({ names: ['browser.invalid'] });
  const folder = mkdtempSync(join(tmpdir(), 'dialtrace-dtls-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const fingerprint = new X509Certificate(cert).fingerprint256;
  return {
    certFile,
    keyFile,
    fingerprint,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const SUITE = 'AEAD_AES_256_GCM';
const { key: KEY_BYTES, salt: SALT_BYTES } = SUITES[SUITE];
const MATERIAL_BYTES = 2 * (KEY_BYTES + SALT_BYTES);
/** How often consent is asked for (RFC 7675 4.1 says every 5 s or so). */
const CHECK_MS = 2500;

const bind = (address: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 18 });
    socket.once('error', reject);
    socket.bind(0, address, () => resolve(socket));
  });

const field = (sdp: string, pattern: RegExp): string => {
  const found = pattern.exec(sdp)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in the offer:\n${sdp}`);
  return found;
};

type Offer = {
  readonly ufrag: string;
  readonly password: string;
  readonly mid: string;
  readonly place: HostPort;
  readonly keyType: string;
};

const readOffer = (sdp: string): Offer => {
  const candidate = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/im.exec(sdp);
  if (!candidate?.[1]) throw new Error(`no UDP candidate in the offer:\n${sdp}`);
  return {
    ufrag: field(sdp, /^a=ice-ufrag:(\S+)/m),
    password: field(sdp, /^a=ice-pwd:(\S+)/m),
    mid: field(sdp, /^a=mid:(\S+)/m),
    place: { address: candidate[1], port: Number(candidate[2]) },
    keyType: /^m=audio \d+ \S+ (?:\d+ )*?(0)\b/m.exec(sdp)?.[1] ?? '8',
  };
};

/** Runs the handshake over `socket`; the keys (RFC 5764 4.2) as client. */
const handshake = async (socket: Socket, gateway: HostPort, identity: Identity): Promise<Buffer> => {
  const between = await bind('127.0.0.1');
  let client: HostPort | undefined;
  between.on('message', (data, { address, port }) => {
    client = { address, port };
    socket.send(data, gateway.port, gateway.address);
  });
  const back = (data: Buffer): void => {
    const first = data[0] ?? 0;
    // RFC 7983 7: DTLS.
    if (first >= 20 && first <= 63 && client) between.send(data, client.port, client.address);
  };
  socket.on('message', back);
  const words = [
    ...['s_client', '-dtls1_2', '-connect', `127.0.0.1:${between.address().port}`],
    ...['-use_srtp', `SRTP_${SUITE}`, '-cert', identity.certFile, '-key', identity.keyFile],
    ...['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', String(MATERIAL_BYTES)],
  ];
  const child: ChildProcess = spawn('openssl', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  try {
    const hex = await until('the DTLS handshake', () => /Keying material: ([0-9A-F]+)/.exec(output)?.[1], {
      timeoutMs: 10_000,
      everyMs: 10,
    });
    return Buffer.from(hex, 'hex');
  } catch (error) {
    throw new Error(`${String(error)}\n${output.slice(-1000)}`);
  } finally {
    // Without a word: a closing alert would end the association.
    child.kill('SIGKILL');
    socket.off('message', back);
    between.close();
  }
};

/** Client's keys for what it sends, the server's for what it receives. */
const contextsOf = (material: Buffer): { readonly out: SrtpContext; readonly into: SrtpContext } => {
  const salts = 2 * KEY_BYTES;
  const [out, into] = [0, 1].map((side) => {
    const key = material.subarray(side * KEY_BYTES, (side + 1) * KEY_BYTES);
    const salt = material.subarray(salts + side * SALT_BYTES, salts + (side + 1) * SALT_BYTES);
    return createSrtpContext(SUITE, Buffer.concat([key, salt]));
  });
  if (!out || !into) throw new Error('unreachable');
  return { out, into };
};

export const openLightBrowser = async (offer: string, identity: Identity): Promise<LightBrowser> => {
  const { ufrag, password, mid, place, keyType } = readOffer(offer);
  const socket = await bind('127.0.0.1');
  const { port } = socket.address();
  const ssrc = randomBytes(4).readUInt32BE();
  const own = { ufrag: randomBytes(4).toString('hex'), password: randomBytes(16).toString('hex') };
  const toGateway = (data: Buffer): void => socket.send(data, place.port, place.address, () => {});
  let contexts: ReturnType<typeof contextsOf> | undefined;
  let checking: NodeJS.Timeout | undefined;
  let hear: (payload: Buffer) => void = () => undefined;

  const check = (): void => toGateway(bindingRequest({ username: `${ufrag}:${own.ufrag}`, password }));

  const onPacket = (data: Buffer): void => {
    const [first = 0, second = 0] = data;
    const rtp = first >= 128 && first <= 191 && !(second >= 192 && second <= 223);
    const packet = rtp ? contexts?.into.unprotect(data) : undefined;
    const read = packet && readRtp(packet, place, 0);
    if (read) hear(read.payload);
  };

  const answer = [
    'v=0',
    `o=- ${ssrc} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `m=audio ${port} UDP/TLS/RTP/SAVPF ${keyType}`,
    'c=IN IP4 127.0.0.1',
    `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`,
    'a=end-of-candidates',
    `a=ice-ufrag:${own.ufrag}`,
    `a=ice-pwd:${own.password}`,
    `a=fingerprint:sha-256 ${identity.fingerprint}`,
    'a=setup:active',
    `a=mid:${mid}`,
    'a=sendrecv',
    'a=rtcp-mux',
    keyType === '0' ? 'a=rtpmap:0 PCMU/8000' : 'a=rtpmap:8 PCMA/8000',
    `a=ssrc:${ssrc} cname:light`,
    '',
  ].join('\r\n');

  return {
    answer,
    ssrc,
    connect: async () => {
      const selected = new Promise((resolve) => socket.once('message', resolve));
      const trying = setInterval(check, 100);
      check();
      await selected;
      clearInterval(trying);
      checking = setInterval(check, CHECK_MS);
      contexts = contextsOf(await handshake(socket, place, identity));
      socket.on('message', onPacket);
    },
    send: (packet) => {
      if (contexts) toGateway(contexts.out.protect(packet));
    },
    onAudio: (listener) => {
      hear = listener;
    },
    close: () => {
      clearInterval(checking);
      socket.close();
    },
  };
};
