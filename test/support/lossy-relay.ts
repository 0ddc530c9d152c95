import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

type Place = { readonly address: string; readonly port: number };

export type LossyRelayOptions = {
  /** Own address, other than those of the two sides, so that they keep talking through it. */
  readonly address: string;
  readonly left: Place;
  readonly right: Place;
  /** Shares of all datagrams, 0 to 1. */
  readonly dropped: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** The same seed gives the same sequence of fates. */
  readonly seed: number;
};

export type Fate = 'passed' | 'dropped' | 'duplicated' | 'reordered';

/** A datagram that the relay has seen. */
export type Passage = { readonly from: 'left' | 'right'; readonly fate: Fate; readonly text: string };

/** Passes datagrams between two places over a bad line. */
export type LossyRelay = {
  /** Where the left side sends to, and the right side. */
  readonly forLeft: Place;
  readonly forRight: Place;
  readonly log: readonly Passage[];
  close(): Promise<void>;
};

/** How long a datagram is held so that later ones overtake it, and the second of two, in milliseconds. */
const HELD = { least: 10, most: 60 } as const;

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
const randomNumbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const open = async (address: string): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
};

export const createLossyRelay = async (options: LossyRelayOptions): Promise<LossyRelay> => {
  const { address, left, right, dropped, duplicated, reordered, seed } = options;
  const random = randomNumbers(seed);
  const log: Passage[] = [];
  const held = new Set<NodeJS.Timeout>();
  const [facingLeft, facingRight] = [await open(address), await open(address)];

  const fateOf = (): Fate => {
    const drawn = random();
    if (drawn < dropped) return 'dropped';
    if (drawn < dropped + duplicated) return 'duplicated';
    return drawn < dropped + duplicated + reordered ? 'reordered' : 'passed';
  };

  const later = (send: () => void): void => {
    const timer = setTimeout(
      () => {
        held.delete(timer);
        send();
      },
      HELD.least + random() * (HELD.most - HELD.least),
    );
    held.add(timer);
  };

  const join = (from: 'left' | 'right', inward: Socket, outward: Socket, to: Place): void => {
    inward.on('message', (bytes) => {
      const fate = fateOf();
      log.push({ from, fate, text: bytes.toString() });
      const send = (): void => outward.send(bytes, to.port, to.address);
      if (fate === 'passed' || fate === 'duplicated') send();
      if (fate === 'duplicated' || fate === 'reordered') later(send);
    });
  };
  join('left', facingLeft, facingRight, right);
  join('right', facingRight, facingLeft, left);

  return {
    forLeft: { address, port: facingLeft.address().port },
    forRight: { address, port: facingRight.address().port },
    log,
    async close() {
      for (const timer of held) clearTimeout(timer);
      await Promise.all(
        [facingLeft, facingRight].map(async (socket) => {
          socket.close();
          await once(socket, 'close');
        }),
      );
    },
  };
};
