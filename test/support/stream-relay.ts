import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { HostPort } from './sip-message.ts';

/** Passes TCP connections on, until a test cuts them. */
export type StreamRelay = {
  readonly place: HostPort;
  /** Connections that go through now. */
  readonly open: () => number;
  /** Breaks every connection and refuses new ones, or lets them through again. */
  cut(on: boolean): void;
  close(): Promise<void>;
};

/**
 * Listens at a port of `address` and passes on to where `target` says at that time.
 *
 * @param wanted the port; 0: the system picks
 */
export const openStreamRelay = async (
  address: string,
  target: () => HostPort,
  wanted = 0,
): Promise<StreamRelay> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let severed = false;

  const server = createServer((near) => {
    if (severed) {
      near.resetAndDestroy();
      return;
    }
    const { address: host, port } = target();
    const far = connect({ host, port, localAddress: address });
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(wanted, address);
  await once(server, 'listening');
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('no port');

  const drop = (): void => {
    for (const [near] of pairs) near.resetAndDestroy();
  };

  return {
    place: { address, port: bound.port },
    open: () => pairs.size,
    cut: (on) => {
      severed = on;
      if (on) drop();
    },
    close: async () => {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
};
