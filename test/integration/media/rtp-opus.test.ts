import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from '../../../src/media/rtp/edge.ts';
import { type LegMedia, type SessionEvent, sharedNow } from '../../../src/media/rtp/messages.ts';
import {
  payloadTypeOf,
  sequenceOf,
  ssrcOf,
  timestampOf,
  writeHeader,
} from '../../../src/media/rtp/packet.ts';
import { writeEvent } from '../../../src/media/rtp/telephone-event.ts';
import { readWav } from '../../support/audio.ts';
import { claimPorts, type PortBlock } from '../../support/ports.ts';
import { sleep, until } from '../../support/wait.ts';

/** 20 ms of silence, as browsers write it. */
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const TYPE = { law: 0, opus: 111, wideKey: 110, key: 126 } as const;
const SESSION = 'call';

/** A browser behind mediasoup, as the edge meets it. */
type Peer = {
  readonly leg: string;
  readonly socket: Socket;
  /** What it was sent, in order. */
  readonly got: Buffer[];
  say(type: number, payload: Buffer, step?: number): void;
  configure(opus: LegMedia['opus']): void;
};

let directory: string;
let ports: PortBlock;
let edge: Edge;
let events: SessionEvent[];
let peers: Peer[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dialtrace-opus-'));
  ports = await claimPorts(10);
  events = [];
  peers = [];
  edge = createEdge({ timeoutMs: { first: 10_000, later: 10_000 } }, (_session, event) => events.push(event));
});
afterEach(async () => {
  await edge.closeSession({ session: SESSION, at: sharedNow() });
  for (const { socket } of peers) socket.close();
  await ports.release();
  rmSync(directory, { recursive: true, force: true });
});

const browser = async (leg: string, opus: LegMedia['opus']): Promise<Peer> => {
  const port = ports.from + (ports.from % 2) + peers.length * 2;
  await edge.openLeg({ session: SESSION, leg, label: leg, nat: false, address: '127.0.0.1', port });
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const law = { name: 'PCMU', payloadType: TYPE.law } as const;
  const remote = { address: '127.0.0.1', port: socket.address().port, rtcpPort: 9 };
  const configure: Peer['configure'] = (next) => {
    const agreed = { remote, send: law, receive: [law], opus: next, ptime: 20 };
    const telephoneEvent = { send: TYPE.key, receive: TYPE.key };
    const media = { ...agreed, telephoneEvent, maySend: true, mayReceive: true, held: false };
    edge.configure({ session: SESSION, leg, media });
  };
  configure(opus);
  const got: Buffer[] = [];
  socket.on('message', (packet) => got.push(packet));
  let [sequence, timestamp] = [1000, 0xffff_f000];
  const peer: Peer = {
    leg,
    socket,
    got,
    configure,
    say(type, payload, step = 960) {
      const packet = Buffer.concat([Buffer.alloc(12), payload]);
      sequence += 1;
      timestamp = (timestamp + step) >>> 0;
      writeHeader(packet, 0, false, type, sequence, timestamp, 77);
      socket.send(packet, port, '127.0.0.1');
    },
  };
  peers.push(peer);
  return peer;
};

const both = { payloadType: TYPE.opus, telephoneEvent: TYPE.wideKey, send: true } as const;
const typesOf = ({ got }: Peer): number[] => got.map(payloadTypeOf);

/** `from` talks Opus until `to` has been sent `type`. */
const talkUntil = (from: Peer, to: Peer, type: number): Promise<unknown> =>
  until(`${type} at ${to.leg}`, () => {
    from.say(TYPE.opus, SILENCE);
    return typesOf(to).includes(type);
  });

describe('Opus at the edge', () => {
  it('goes through as it is where it was agreed on, after G.711, in one stream; keys go by its clock', async () => {
    const [near, far] = [await browser('near', both), await browser('far', both)];
    edge.connect({ session: SESSION, hearing: [[far.leg, [near.leg]]] });
    edge.expectOpus({ session: SESSION, leg: near.leg });
    await talkUntil(near, far, TYPE.opus);
    const types = typesOf(far);
    expect(types.indexOf(TYPE.opus)).toBeGreaterThanOrEqual(10);
    expect(new Set(types.slice(0, types.indexOf(TYPE.opus)))).toEqual(new Set([TYPE.law]));
    expect(far.got.find((packet) => payloadTypeOf(packet) === TYPE.law)?.length).toBe(12 + 160);
    expect(far.got.at(-1)?.subarray(12)).toEqual(SILENCE);

    await sleep(50);
    far.got.length = 0;
    for (let i = 0; i < 5; i += 1) near.say(TYPE.opus, SILENCE);
    const key = Buffer.alloc(4);
    writeEvent(key, 0, 5, true, 7680);
    near.say(TYPE.wideKey, key);
    await until('the key', () => typesOf(far).includes(TYPE.wideKey));
    expect(typesOf(far)).toEqual([...Array(5).fill(TYPE.opus), TYPE.wideKey]);
    const steps = far.got.slice(1).map((packet, i) => {
      const before = far.got[i] ?? packet;
      expect((sequenceOf(packet) - sequenceOf(before)) & 0xffff).toBe(1);
      return (timestampOf(packet) - timestampOf(before)) >>> 0;
    });
    expect(steps).toEqual(Array(5).fill(960));
    expect(far.got.at(-1)?.readUInt16BE(14)).toBe(7680);
    expect(new Set(far.got.map(ssrcOf)).size).toBe(1);
    expect(events).toMatchObject([{ type: 'dtmf', leg: 'near', digit: '5', durationMs: 160, way: 'event' }]);
    expect((await edge.closeLeg({ session: SESSION, leg: near.leg })).codec).toBe('opus');
  });

  it('becomes G.711 for whoever has none, for a mixture, and for the recording', async () => {
    const [near, phone, mixed] = [
      await browser('near', both),
      await browser('phone', undefined),
      await browser('mixed', both),
    ];
    const path = join(directory, 'call.wav');
    edge.connect({
      session: SESSION,
      hearing: [
        [phone.leg, [near.leg]],
        [mixed.leg, [near.leg, phone.leg]],
      ],
    });
    void edge.record({ session: SESSION, path, left: near.leg, right: [phone.leg], at: sharedNow() });
    await talkUntil(near, phone, TYPE.law);
    await until('the mixture', () => mixed.got.length > 2);
    for (const peer of [phone, mixed]) {
      expect(new Set(typesOf(peer))).toEqual(new Set([TYPE.law]));
      expect(new Set(peer.got.map((packet) => packet.length))).toEqual(new Set([172]));
    }
    await edge.closeSession({ session: SESSION, at: sharedNow() });
    expect(readWav(path).channels).toHaveLength(2);
  });

  it('that is no Opus is left out, and what follows goes on', async () => {
    const [near, phone] = [await browser('near', both), await browser('phone', undefined)];
    edge.connect({ session: SESSION, hearing: [[phone.leg, [near.leg]]] });
    await talkUntil(near, phone, TYPE.law);
    await sleep(50);
    phone.got.length = 0;
    for (const bytes of [[], [0x7b], [0x7b, 0xff], [0x79, 1], Array(1300).fill(0x78)])
      near.say(TYPE.opus, Buffer.from(bytes));
    near.say(TYPE.opus, SILENCE);
    await until('what follows', () => phone.got.length > 0);
    expect(phone.got).toHaveLength(1);
  });
});
