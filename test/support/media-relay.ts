import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { HostPort } from './sip-message.ts';

/** A datagram that went through, towards the gateway (`in`) or the browser (`out`). */
export type Datagram = { readonly way: 'in' | 'out'; readonly at: number; readonly data: Buffer };

/** Stands between browsers and the gateway's media port, so that a test can see and cut what passes. */
export type MediaRelay = {
  readonly place: HostPort;
  /** While `capturing`, all that passed. */
  readonly datagrams: readonly Datagram[];
  capture(on: boolean): void;
  /** Nothing passes from now on, or all does again. */
  cut(on: boolean): void;
  /** Loses this share of all datagrams from now on, 0 to 1, evenly: of audio and of all else. */
  lose(share: number): void;
  /** Sends to the gateway from where it knows the latest browser to be. */
  inject(data: Buffer): Promise<void>;
  close(): Promise<void>;
};

const bind = async (address: string, port: number): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
};

/** Listens at `at` and passes on to `gateway`, each browser from a port of its own. */
export const openMediaRelay = async (at: HostPort, gateway: HostPort): Promise<MediaRelay> => {
  const front = await bind(at.address, at.port);
  /** By the browser's address and port. */
  const backs = new Map<string, Promise<Socket>>();
  let datagrams: Datagram[] = [];
  let capturing = false;
  let severed = false;
  let lossy = 0;
  /** How much of a datagram is due to be lost; the two ways have one each, so that neither loses in step with the other. */
  const due = { in: 0, out: 0.5 };

  const isLost = (way: 'in' | 'out'): boolean => {
    due[way] += lossy;
    if (due[way] < 1) return false;
    due[way] -= 1;
    return true;
  };

  const passes = (way: 'in' | 'out', data: Buffer): boolean => {
    if (severed || isLost(way)) return false;
    if (capturing) datagrams.push({ way, at: performance.now(), data });
    return true;
  };

  const openBack = async (port: number, address: string): Promise<Socket> => {
    const back = await bind(at.address, 0);
    back.on('message', (data) => {
      if (passes('out', data)) front.send(data, port, address, () => {});
    });
    return back;
  };

  front.on('message', (data, { port, address }) => {
    if (!passes('in', data)) return;
    const key = `${address}:${port}`;
    const back = backs.get(key) ?? openBack(port, address);
    backs.set(key, back);
    back.then((socket) => socket.send(data, gateway.port, gateway.address, () => {})).catch(() => {});
  });

  return {
    place: at,
    get datagrams() {
      return datagrams;
    },
    capture: (on) => {
      if (on) datagrams = [];
      capturing = on;
    },
    cut: (on) => {
      severed = on;
    },
    lose: (share) => {
      lossy = share;
    },
    inject: async (data) => {
      const latest = await [...backs.values()].at(-1);
      latest?.send(data, gateway.port, gateway.address, () => {});
    },
    close: async () => {
      const sockets = [front, ...(await Promise.all(backs.values()))];
      await Promise.all(
        sockets.map(async (socket) => {
          socket.close();
          await once(socket, 'close');
        }),
      );
    },
  };
};
