import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { token } from '../support/sip-message.ts';
import { framer } from '../support/sip-transport.ts';

export const PROTOCOLS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Carries a phone's messages over one socket. */
export type Wire = {
  readonly protocol: Protocol;
  /** Of Via and Contact: `host:port`. */
  readonly sentBy: string;
  send(text: string): void;
  /** Ends it without a word. */
  drop(): void;
};

const overUdp = async (port: number, take: (text: string) => void): Promise<Wire> => {
  const socket = createSocket('udp4');
  socket.on('message', (data) => take(data.toString()));
  socket.on('error', () => {});
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let open = true;
  return {
    protocol: 'udp',
    sentBy: `127.0.0.1:${socket.address().port}`,
    send: (text) => open && socket.send(text, port, '127.0.0.1', () => {}),
    drop: () => {
      if (open) socket.close();
      open = false;
    },
  };
};

const overStream = async (
  protocol: 'tcp' | 'tls',
  port: number,
  ca: string,
  take: (text: string) => void,
): Promise<Wire> => {
  const tls = { host: '127.0.0.1', port, ca };
  const socket: Socket = protocol === 'tcp' ? connect(port, '127.0.0.1') : connectTls(tls);
  socket.on('data', framer(take));
  socket.on('error', () => {});
  await once(socket, protocol === 'tcp' ? 'connect' : 'secureConnect');
  return {
    protocol,
    sentBy: `127.0.0.1:${socket.localPort}`,
    send: (text) => socket.writable && socket.write(text),
    drop: () => socket.destroy(),
  };
};

const overWebSocket = async (
  protocol: 'ws' | 'wss',
  port: number,
  ca: string,
  take: (text: string) => void,
): Promise<Wire> => {
  const socket = new WebSocket(`${protocol}://127.0.0.1:${port}`, ['sip'], { ca });
  socket.on('message', (data) => String(data).trim() !== '' && take(String(data)));
  socket.on('error', () => {});
  await once(socket, 'open');
  return {
    protocol,
    sentBy: `${token()}.invalid`,
    send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
    drop: () => socket.terminate(),
  };
};

/** Opens a wire to the engine; rejects when it can't be opened. */
export const openWire = (
  protocol: Protocol,
  port: number,
  ca: string,
  take: (text: string) => void,
): Promise<Wire> => {
  if (protocol === 'udp') return overUdp(port, take);
  if (protocol === 'tcp' || protocol === 'tls') return overStream(protocol, port, ca, take);
  return overWebSocket(protocol, port, ca, take);
};
