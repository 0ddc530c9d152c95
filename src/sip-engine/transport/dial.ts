import { connect as openSocket, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openSecured } from 'node:tls';
import { WebSocket } from 'ws';
import { hostForWire } from '../message/index.ts';
import { isWildcard } from './addresses.ts';
import { explainTls } from './identity.ts';
import { byteLink, type LinkMaker, WEB_SOCKET_PARTS, webSocketLink } from './links.ts';
import type { Endpoint, ListenPoint, StreamLimits } from './types.ts';
import { SUBPROTOCOL } from './upgrade.ts';

/** How an attempt to connect went; one of the two is called, once. */
export type DialReport = {
  opened(link: LinkMaker): void;
  failed(error: Error): void;
};

type Plan = {
  readonly local: ListenPoint;
  readonly remote: Endpoint;
  readonly limits: StreamLimits;
  /** Size of a message in bytes. */
  readonly most: number;
  /** Milliseconds between TCP's own probes, 0 for none. */
  readonly probes: number;
  /** For tls and wss. */
  readonly security: ConnectionOptions | undefined;
};

const isSecure = ({ protocol }: Endpoint): boolean => protocol === 'tls' || protocol === 'wss';
const isWeb = ({ protocol }: Endpoint): boolean => protocol === 'ws' || protocol === 'wss';

const open = ({ local, remote, probes, security }: Plan): Socket => {
  const where = {
    host: remote.address,
    port: remote.port,
    ...(isWildcard(local.address) ? {} : { localAddress: local.address }),
  };
  const socket = isSecure(remote) ? openSecured({ ...where, ...security }) : openSocket(where);
  // As options TLS sockets would not heed them, and an ACK would hold back the BYE behind it for 40 ms.
  socket.setNoDelay(true);
  socket.setKeepAlive(probes > 0, probes);
  return socket;
};

/** Asks for the upgrade over an open stream. */
const upgrade = (socket: Socket, { remote, most, limits }: Plan, report: DialReport): void => {
  const { protocol, host, address, port } = remote;
  const webSocket = new WebSocket(`${protocol}://${hostForWire(host ?? address)}:${port}/`, [SUBPROTOCOL], {
    createConnection: () => socket,
    perMessageDeflate: false,
    ...WEB_SOCKET_PARTS,
    maxPayload: most,
    followRedirects: false,
    handshakeTimeout: limits.handshake,
  });
  webSocket.once('error', report.failed);
  webSocket.once('open', () => {
    webSocket.off('error', report.failed);
    report.opened(webSocketLink(webSocket, socket));
  });
};

/**
 * Connects to a peer, through TLS and WebSocket's upgrade where its protocol asks for them. The function given back gives
 * the attempt up.
 *
 * @throws the system's error when the port is none
 */
export const dial = (plan: Plan, report: DialReport): ((error: Error) => void) => {
  const { remote, limits, most } = plan;
  const socket = open(plan);
  const name = remote.host ?? remote.address;
  let failure: Error | undefined;
  let settled = false;
  let timer: NodeJS.Timeout | undefined;

  const giveUp = (error: Error): void => {
    failure ??= error;
    socket.destroy();
  };
  const within = (ms: number, words: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(new Error(words)), ms);
  };
  const onError = (error: Error): void => {
    failure ??= isSecure(remote) ? explainTls(error, name) : error;
  };
  const onClose = (): void => {
    clearTimeout(timer);
    if (settled) return;
    settled = true;
    report.failed(failure ?? new Error('connection closed before it was open'));
  };
  const opened = (link: LinkMaker): void => {
    if (settled || socket.destroyed) return;
    settled = true;
    clearTimeout(timer);
    socket.off('close', onClose);
    socket.off('error', onError);
    report.opened(link);
  };
  const onStream = (): void => {
    if (!isWeb(remote)) {
      opened(byteLink(socket, most));
      return;
    }
    within(limits.handshake, 'WebSocket upgrade timed out');
    upgrade(socket, plan, { opened, failed: giveUp });
  };

  socket.on('error', onError);
  socket.on('close', onClose);
  within(limits.connect, 'connect timed out');
  socket.once('connect', () => {
    if (isSecure(remote)) within(limits.handshake, 'TLS handshake timed out');
    else onStream();
  });
  if (isSecure(remote)) socket.once('secureConnect', onStream);
  return giveUp;
};
