import { createSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { type HostPort, hostPort } from './sip-message.ts';

export type Arrival = {
  readonly text: string;
  readonly from: HostPort;
  /** Milliseconds, monotonic within the process. */
  readonly at: number;
  /** Answers on the same path. */
  reply(text: string): void;
};

export type TransportKind = 'udp' | 'tcp' | 'tls';

/** What it shows, and whom it believes; PEM. */
export type Certificates = { readonly key: string; readonly cert: string; readonly ca: string };

/** Carries whole SIP messages; knows nothing of what they say. */
export type SipTransport = {
  readonly kind: TransportKind;
  readonly address: string;
  readonly port: number;
  send(text: string | Buffer, to: HostPort): void;
  close(): Promise<void>;
};

type Listener = (arrival: Arrival) => void;

/** Media for whoever had the port before, in another test that runs beside this one: a SIP message begins with a word. */
const isStray = (data: Buffer): boolean => !/^[\x20-\x7e]/.test(data.toString('latin1', 0, 1));

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
      if (isStray(data)) return;
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

/** Over TCP, or TLS where there are certificates. */
const openStream = (
  address: string,
  port: number,
  listener: Listener,
  certificates: Certificates | undefined,
): Promise<SipTransport> =>
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
      const place = { host: to.address, port: to.port, localAddress: address };
      const socket = certificates ? connectSecurely({ ...place, ...certificates }) : connect(place);
      outgoing.set(hostPort(to), socket);
      adopt(socket, to);
      return socket;
    };
    const onConnection = (socket: Socket): void =>
      adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    const server: Server = certificates
      ? createSecureServer(certificates, onConnection)
      : createServer(onConnection);
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = server.address();
      resolve({
        kind: certificates ? 'tls' : 'tcp',
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

/** Opens a transport on `address` (IPv4 or IPv6 literal); port 0 lets the system pick. TLS needs certificates. */
export const openTransport = (
  kind: TransportKind,
  address: string,
  port: number,
  listener: Listener,
  certificates?: Certificates,
): Promise<SipTransport> => {
  if (kind === 'udp') return openUdp(address, port, listener);
  if (kind === 'tls' && !certificates) throw new Error('TLS needs certificates');
  return openStream(address, port, listener, kind === 'tls' ? certificates : undefined);
};
