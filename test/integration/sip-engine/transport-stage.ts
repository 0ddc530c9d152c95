import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { vi } from 'vitest';
import {
  createTransports,
  type Endpoint,
  type Flow,
  newTransportCounters,
  type Received,
  type TransportOptions,
  type TransportProtocol,
  type Transports,
} from '../../../src/sip-engine/transport/index.ts';

/** What `closeAll` closes, the last first. */
export const open: { close(): unknown }[] = [];

export const closeAll = async (): Promise<void> => {
  for (const each of open.splice(0).reverse()) await each.close();
};

export type Running = {
  readonly transports: Transports;
  readonly received: Received[];
  readonly closed: Flow[];
  readonly counters: ReturnType<typeof newTransportCounters>;
};

/** Transports that write down what they receive; UDP and TCP on 127.0.0.1 where the options name no points. */
export const start = async (options: Partial<TransportOptions> = {}): Promise<Running> => {
  const received: Received[] = [];
  const closed: Flow[] = [];
  const counters = newTransportCounters();
  const listen = options.listen ?? [
    { protocol: 'udp', address: '127.0.0.1', port: 0 },
    { protocol: 'tcp', address: '127.0.0.1', port: 0 },
  ];
  const transports = await createTransports(
    { ...options, listen, counters },
    { received: (one) => received.push(one), flowClosed: (flow) => closed.push(flow) },
  );
  open.push(transports);
  return { transports, received, closed, counters };
};

/** One point of this protocol on loopback. */
export const at = (protocol: TransportProtocol, address = '127.0.0.1') => ({
  listen: [{ protocol, address, port: 0 }],
});

export const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 });

export const portOf = ({ transports }: Running, protocol: TransportProtocol): number =>
  transports.listenPoints.find((point) => point.protocol === protocol)?.port ?? 0;

export const tcpPeer = async (
  port: number,
  host = '127.0.0.1',
): Promise<{ socket: Socket; text: () => string }> => {
  const socket = connect(port, host);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return { socket, text: () => text };
};

export const tcpListener = async (): Promise<{ port: number; sockets: Socket[]; text: () => string }> => {
  const sockets: Socket[] = [];
  let text = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return { port: typeof address === 'object' && address ? address.port : 0, sockets, text: () => text };
};

/** Waits for the end of a socket, whether or not an error comes with it. */
export const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });

/** Sends to a peer from the point that serves it, and gives what failed. */
export const sendTo = (from: Running, remote: Endpoint, text: string): { readonly errors: Error[] } => {
  const local = from.transports.select(remote);
  if (!local) throw new Error(`no listening point for ${remote.protocol}`);
  const errors: Error[] = [];
  from.transports.send(Buffer.from(text), { local, remote }, (error) => errors.push(error));
  return { errors };
};

type Parts = {
  method?: string;
  callId?: string;
  toTag?: string;
  uri?: string;
  from?: string;
  body?: string;
  more?: string;
};

export const request = ({
  method = 'OPTIONS',
  callId = 'call-1',
  toTag = '',
  uri = 'sip:bob@127.0.0.1',
  from = 'example.org',
  body = '',
  more = '',
}: Parts = {}): string =>
  `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP client.invalid:5060;branch=z9hG4bK1\r\nFrom: <sip:alice@${from}>;tag=a\r\n` +
  `To: <sip:bob@127.0.0.1>${toTag === '' ? '' : `;tag=${toTag}`}\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n${more}` +
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const callIds = (received: readonly Received[]): string[] =>
  received.map(({ result }) => (result.ok ? result.message.core.callId : `refused ${result.status}`));

/** An admission that knows no one. */
export const nobody = { sources: [], realms: [] };

export const ignore = (): void => {};
