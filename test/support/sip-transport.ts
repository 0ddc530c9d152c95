import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { type HostPort, hostPort } from './sip-message.ts';

export type Arrival = {
  readonly text: string;
  readonly from: HostPort;
  /** Milliseconds, monotonic within the process. */
  readonly at: number;
  /** Answers on the same path. */
  reply(text: string): void;
};

/** Carries whole SIP messages; knows nothing of what they say. */
export type SipTransport = {
  readonly kind: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  send(text: string | Buffer, to: HostPort): void;
  close(): Promise<void>;
};

type Listener = (arrival: Arrival) => void;

const openUdp = (address: string, port: number, listener: Listener): Promise<SipTransport> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({
      type: address.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: 1 << 20,
    });
    const send = (text: string | Buffer, to: HostPort): void => {
      if (!closed) socket.send(text, to.port, to.address, () => {});
    };
    let closed = false;
    socket.once('error', reject);
    socket.on('message', (data, from) => {
      const text = data.toString('utf8');
      if (text.trim() === '') return; // keep-alive
      listener({ text, from, at: performance.now(), reply: (answer) => send(answer, from) });
    });
    socket.bind(port, address, () => {
      resolve({
        kind: 'udp',
        address,
        port: socket.address().port,
        send,
        close: () =>
          new Promise((done) => {
            if (closed) return done();
            closed = true;
            socket.close(() => done());
          }),
      });
    });
  });

/** Cuts a byte stream into messages by Content-Length (RFC 3261 18.3). */
export const framer = (onMessage: (text: string) => void): ((chunk: Buffer) => void) => {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      while (pending[0] === 13 || pending[0] === 10) pending = pending.subarray(1);
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(
        pending.toString('latin1', 0, end).match(/^(?:content-length|l)\s*:\s*(\d+)/im)?.[1] ?? 0,
      );
      if (pending.length < end + 4 + length) return;
      onMessage(pending.toString('utf8', 0, end + 4 + length));
      pending = pending.subarray(end + 4 + length);
    }
  };
};

const openTcp = (address: string, port: number, listener: Listener): Promise<SipTransport> =>
  new Promise((resolve, reject) => {
    const outgoing = new Map<string, Socket>();
    const sockets = new Set<Socket>();
    const adopt = (socket: Socket, from: HostPort): void => {
      sockets.add(socket);
      const reply = (text: string): void => void (socket.writable && socket.write(text));
      socket.on(
        'data',
        framer((text) => listener({ text, from, at: performance.now(), reply })),
      );
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    };
    const connection = (to: HostPort): Socket => {
      const known = outgoing.get(hostPort(to));
      if (known && !known.destroyed) return known;
      const socket = connect({ host: to.address, port: to.port, localAddress: address });
      outgoing.set(hostPort(to), socket);
      adopt(socket, to);
      return socket;
    };
    const server = createServer((socket) => {
      adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    });
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = server.address();
      resolve({
        kind: 'tcp',
        address,
        port: typeof bound === 'object' && bound ? bound.port : port,
        send: (text, to) => void connection(to).write(text),
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });

/** Opens a transport on `address` (IPv4 or IPv6 literal); port 0 lets the system pick. */
export const openTransport = (
  kind: 'udp' | 'tcp',
  address: string,
  port: number,
  listener: Listener,
): Promise<SipTransport> => (kind === 'udp' ? openUdp : openTcp)(address, port, listener);
