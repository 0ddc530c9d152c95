import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type LinkMaker, WEB_SOCKET_PARTS, webSocketLink } from './links.ts';

/** Bytes of an upgrade request's head. */
const HEAD = 8192;

/** RFC 7118 4: without this subprotocol it isn't SIP. */
export const SUBPROTOCOL = 'sip';

const refuse = (socket: Duplex, status: string, text: string): void => {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
};

const speaksSip = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .some((protocol) => protocol.trim().toLowerCase() === SUBPROTOCOL);

/** Takes connections, plain or secured, through WebSocket's upgrade (RFC 6455 4.2). */
export type Upgrader = {
  /** `ready` when the peer has been answered 101; a connection that isn't upgraded ends. */
  accept(socket: Socket, ready: (link: LinkMaker) => void): void;
};

/** @param most size of a message in bytes */
export const createUpgrader = (most: number): Upgrader => {
  const waiting = new WeakMap<
    Duplex,
    { readonly socket: Socket; readonly ready: (link: LinkMaker) => void }
  >();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: most,
    perMessageDeflate: false,
    ...WEB_SOCKET_PARTS,
    handleProtocols: () => SUBPROTOCOL,
  });
  // Never listens: it is handed connections, whose time for the request is counted by who hands them over.
  const server = createServer({ maxHeaderSize: HEAD }, (_request, response) => {
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end();
  });
  server.on('upgrade', (request, duplex, head) => {
    const found = waiting.get(duplex);
    if (found === undefined) {
      duplex.destroy();
      return;
    }
    if (!speaksSip(request)) {
      refuse(duplex, '400 Bad Request', 'The WebSocket subprotocol sip is required.');
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (webSocket) =>
      found.ready(webSocketLink(webSocket, found.socket, request.headers.origin)),
    );
  });
  return {
    accept: (socket, ready) => {
      waiting.set(socket, { socket, ready });
      server.emit('connection', socket);
    },
  };
};
