import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { sine } from './audio.ts';
import { decode, encode, type Law, RATE } from './g711.ts';
import type { HostPort } from './sip-message.ts';

export type RtpPacket = {
  /** Arrival, milliseconds of performance.now(). */
  readonly at: number;
  readonly from: HostPort;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
};

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type RtpPeerOptions = {
  readonly address: string;
  /** 0 or left out: the system picks. */
  readonly port?: number;
  /** What it sends and names first in its SDP. */
  readonly law?: Law;
  /** All that its SDP names; default: `law` alone. */
  readonly laws?: readonly Law[];
  /** Payload type of telephone-event in its SDP; undefined: none. */
  readonly telephoneEvent?: number | undefined;
  /** The tone it sends, Hz; multiples of 100 are found exactly. */
  readonly frequency?: number;
  /** Its first sequence number; default: random. */
  readonly sequence?: number;
  /** What becomes of its packets on the wire; default: nothing. */
  readonly protection?: PacketProtection;
};

export type PacketProtection = {
  /** RTP or RTCP as it goes out. */
  out(packet: Buffer): Buffer;
  /** What came in, as RTP; undefined when it is not to be heard. */
  in(data: Buffer): Buffer | undefined;
};

/** One end of an audio stream: says a tone, keeps what it hears. */
export type RtpPeer = {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  /** Everything that came, in order of arrival. */
  readonly packets: readonly RtpPacket[];
  /** Packets of audio sent so far. */
  readonly sentCount: () => number;
  /** Milliseconds of performance.now() of the first packet sent. */
  readonly firstSentAt: () => number | undefined;
  /** Its SDP, o= version raised at each call; `hold` writes c=0.0.0.0 as old phones do. */
  sdp(options?: { readonly direction?: Direction; readonly hold?: boolean }): string;
  /** Where to send, from the other side's SDP; also takes its telephone-event payload type. */
  follow(sdp: string): void;
  readonly remote: () => HostPort | undefined;
  /** Sends its tone, a packet every 20 ms, from now to `stop`. */
  start(): void;
  stop(): void;
  say(frequency: number): void;
  /** Sends these samples, 20 ms at a time, before it goes on with its tone. */
  utter(samples: Int16Array): void;
  /** Sends RFC 4733 events in place of audio: 100 ms each, the end packet three times. */
  press(digits: string): Promise<void>;
  /** Digits heard, each counted once by its timestamp. */
  digitsHeard(payloadType: number): string;
  /** Sends one audio packet of a tone from another socket of this machine to this peer's remote. */
  intrude(frequency: number, packets: number, from?: { readonly address: string }): Promise<HostPort>;
  /** Audio heard, laid out by RTP timestamp from the first packet; gaps are silence. */
  audio(payloadTypes?: readonly number[]): Int16Array;
  /** Forgets what it heard. */
  forget(): void;
  close(): Promise<void>;
};

const FRAME = RATE / 50;
const PAYLOAD_TYPE: Readonly<Record<Law, number>> = { PCMU: 0, PCMA: 8 };
const KEYS = '0123456789*#ABCD';

const bind = (address: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    socket.once('error', reject);
    socket.bind(port, address, () => resolve(socket));
  });

/** RFC 3550 5.1, no CSRC, no extension. */
export const writeRtp = (
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
  payload: Buffer,
): Buffer => {
  const head = Buffer.alloc(12);
  head[0] = 0x80;
  head[1] = (marker ? 0x80 : 0) | payloadType;
  head.writeUInt16BE(sequence & 0xffff, 2);
  head.writeUInt32BE(timestamp >>> 0, 4);
  head.writeUInt32BE(ssrc >>> 0, 8);
  return Buffer.concat([head, payload]);
};

/** Undefined for RTCP and anything shorter than an RTP header. */
export const readRtp = (data: Buffer, from: HostPort, at: number): RtpPacket | undefined => {
  if (data.length < 12 || (data[0] ?? 0) >> 6 !== 2) return undefined;
  const second = data[1] ?? 0;
  if (second >= 192 && second <= 223) return undefined; // RTCP (RFC 5761 4)
  const csrcs = (data[0] ?? 0) & 0x0f;
  const extended = ((data[0] ?? 0) & 0x10) !== 0;
  const base = 12 + csrcs * 4;
  const start = extended ? base + 4 + data.readUInt16BE(base + 2) * 4 : base;
  return {
    at,
    from,
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(start),
  };
};

/** Address and port of the first audio stream, and its telephone-event payload type. */
export const readSdp = (sdp: string): HostPort & { readonly telephoneEvent: number | undefined } => {
  const [session = '', audio = ''] = sdp.split(/^(?=m=audio )/m);
  const connection = /^c=IN IP[46] ([^\s/]+)/m;
  const address = audio.match(connection)?.[1] ?? session.match(connection)?.[1];
  const port = audio.match(/^m=audio (\d+)/)?.[1];
  if (!address || !port) throw new Error(`no audio in ${JSON.stringify(sdp)}`);
  const event = audio.match(/^a=rtpmap:(\d+) telephone-event\/8000/m)?.[1];
  return { address, port: Number(port), telephoneEvent: event ? Number(event) : undefined };
};

export const openRtpPeer = async (options: RtpPeerOptions): Promise<RtpPeer> => {
  const { address, law = 'PCMU', laws = [law], telephoneEvent } = options;
  const socket = await bind(address, options.port ?? 0);
  const port = socket.address().port;
  const random = randomBytes(10);
  const ssrc = random.readUInt32BE(0);
  let sequence = options.sequence ?? random.readUInt16BE(4);
  let timestamp = random.readUInt32BE(6);
  let frequency = options.frequency ?? 400;
  let remote: HostPort | undefined;
  let eventType = telephoneEvent ?? 101;
  let version = 0;
  let sent = 0;
  let firstSent: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pressing = false;
  let packets: RtpPacket[] = [];

  socket.on('message', (data: Buffer, from: RemoteInfo) => {
    const plain = options.protection ? options.protection.in(data) : data;
    const packet = plain && readRtp(plain, { address: from.address, port: from.port }, performance.now());
    if (packet) packets.push(packet);
  });

  const transmit = (packet: Buffer): void => {
    if (!remote || remote.port === 0) return;
    const data = options.protection ? options.protection.out(packet) : packet;
    socket.send(data, remote.port, remote.address, () => {});
  };

  const uttered: Int16Array[] = [];

  const sendAudio = (): void => {
    const samples = uttered.shift() ?? sine(frequency, FRAME, -12, (sent * FRAME) % RATE);
    transmit(writeRtp(PAYLOAD_TYPE[law], sent === 0, sequence, timestamp, ssrc, encode(law, samples)));
    firstSent ??= performance.now();
    sent += 1;
  };

  const advance = (): void => {
    sequence = (sequence + 1) & 0xffff;
    timestamp = (timestamp + FRAME) >>> 0;
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  const start = (): void => {
    stop();
    let due = performance.now();
    // Catches up after a late tick, so that the stream keeps its 50 packets a second.
    timer = setInterval(() => {
      for (; due <= performance.now(); due += 20) {
        if (!pressing) sendAudio();
        advance();
      }
    }, 10);
  };

  const sendKey = async (key: string): Promise<void> => {
    const code = KEYS.indexOf(key);
    if (code < 0) throw new Error(`no such key: ${key}`);
    const begun = timestamp;
    const event = (step: number, end: boolean): void => {
      const payload = Buffer.from([code, (end ? 0x80 : 0) | 10, 0, 0]);
      payload.writeUInt16BE(step * FRAME, 2);
      sequence = (sequence + 1) & 0xffff;
      transmit(writeRtp(eventType, step === 1, sequence, begun, ssrc, payload));
    };
    for (let step = 1; step <= 5; step += 1) {
      event(step, false);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (let copy = 0; copy < 3; copy += 1) event(5, true);
    // A pause, so that the next key has a timestamp of its own.
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (!timer) timestamp = (timestamp + 8 * FRAME) >>> 0;
  };

  let closing: Promise<void> | undefined;
  return {
    address,
    port,
    ssrc,
    get packets() {
      return packets;
    },
    sentCount: () => sent,
    firstSentAt: () => firstSent,
    sdp: ({ direction = 'sendrecv', hold = false } = {}) => {
      version += 1;
      const family = address.includes(':') ? 'IP6' : 'IP4';
      const types = laws.map((each) => PAYLOAD_TYPE[each]);
      const formats = telephoneEvent === undefined ? types : [...types, telephoneEvent];
      return [
        'v=0',
        `o=peer ${ssrc} ${version} IN ${family} ${address}`,
        's=-',
        `c=IN ${family} ${hold ? (family === 'IP6' ? '::' : '0.0.0.0') : address}`,
        't=0 0',
        `m=audio ${port} RTP/AVP ${formats.join(' ')}`,
        ...laws.map((each) => `a=rtpmap:${PAYLOAD_TYPE[each]} ${each}/8000`),
        ...(telephoneEvent === undefined
          ? []
          : [`a=rtpmap:${telephoneEvent} telephone-event/8000`, `a=fmtp:${telephoneEvent} 0-16`]),
        'a=ptime:20',
        `a=${direction}`,
        '',
      ].join('\r\n');
    },
    follow: (sdp) => {
      const described = readSdp(sdp);
      remote = { address: described.address, port: described.port };
      eventType = described.telephoneEvent ?? eventType;
    },
    remote: () => remote,
    start,
    stop,
    say: (next) => {
      frequency = next;
    },
    utter: (samples) => {
      for (let from = 0; from + FRAME <= samples.length; from += FRAME)
        uttered.push(samples.subarray(from, from + FRAME));
    },
    press: async (digits) => {
      pressing = true;
      for (const digit of digits) await sendKey(digit);
      pressing = false;
    },
    digitsHeard: (payloadType) => {
      const seen = new Set<number>();
      return packets
        .filter(
          (packet) =>
            packet.payloadType === payloadType && !seen.has(packet.timestamp) && seen.add(packet.timestamp),
        )
        .map((packet) => KEYS[packet.payload[0] ?? -1] ?? '?')
        .join('');
    },
    intrude: async (tone, count, from = { address }) => {
      if (!remote) throw new Error('the peer has no remote to intrude on');
      const target = remote;
      const stranger = await bind(from.address, 0);
      const place = { address: from.address, port: stranger.address().port };
      for (let i = 0; i < count; i += 1) {
        const payload = encode(law, sine(tone, FRAME, -6, i * FRAME));
        const packet = writeRtp(PAYLOAD_TYPE[law], i === 0, i, i * FRAME, 0x5742_4c4c, payload);
        await new Promise((resolve) => stranger.send(packet, target.port, target.address, resolve));
        await new Promise((resolve) => setTimeout(resolve, 18));
      }
      await new Promise<void>((resolve) => stranger.close(() => resolve()));
      return place;
    },
    audio: (payloadTypes = [0, 8]) =>
      layOut(packets.filter((packet) => payloadTypes.includes(packet.payloadType))),
    forget: () => {
      packets = [];
    },
    close: () => {
      stop();
      closing ??= new Promise((resolve) => socket.close(() => resolve()));
      return closing;
    },
  };
};

const layOut = (packets: readonly RtpPacket[]): Int16Array => {
  const first = packets[0];
  if (!first) return new Int16Array(0);
  const placed = packets.map((packet) => ({ at: (packet.timestamp - first.timestamp) | 0, packet }));
  const from = Math.min(...placed.map(({ at }) => at));
  const end = Math.max(...placed.map(({ at, packet }) => at + packet.payload.length));
  // A jump of minutes is a fault of the sender, not silence to lay out.
  if (end - from > 600 * RATE) throw new Error(`timestamps span ${(end - from) / RATE} s`);
  const samples = new Int16Array(end - from);
  for (const { at, packet } of placed) {
    samples.set(decode(packet.payloadType === 8 ? 'PCMA' : 'PCMU', packet.payload), at - from);
  }
  return samples;
};
