import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { createFramer } from './framing.ts';

/** What an open stream tells the connection above it. */
export type LinkEvents = {
  message(bytes: Buffer): void;
  /** No messages can be cut from what follows: one is larger than the limit, or its length unreadable. */
  broken(bytes: Buffer, tooLarge: boolean): void;
  /** Bytes of any kind have come, and have been told. */
  heard(): void;
  closed(error: Error | undefined): void;
};

/** An open stream that carries whole messages, whatever the protocol. Answers keep-alives of the peer by itself. */
export type Link = {
  /** Of the page that opened a WebSocket (RFC 6455 4.2.2), as its browser says. */
  readonly origin?: string | undefined;
  readonly localAddress: string | undefined;
  /** Bytes that wait for the peer to read. */
  readonly backlog: number;
  /** Whether a message of the peer has begun that is not whole yet. */
  readonly begun: boolean;
  send(bytes: Buffer, done: (error?: Error | null) => void): void;
  /** Asks the peer for a sign of life: CRLFCRLF (RFC 5626 3.5.1), or WebSocket's own ping. */
  ping(): void;
  /** Closes behind what was sent. */
  end(): void;
  destroy(error?: Error): void;
};

/** Makes a link of an open stream; its events begin with the call. */
export type LinkMaker = (events: LinkEvents) => Link;

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');

const ignore = (): void => {};

/** TCP or TLS; `most` is the size of a message in bytes. */
export const byteLink =
  (socket: Socket, most: number): LinkMaker =>
  (events) => {
    let asked = false;
    let failure: Error | undefined;
    const framer = createFramer(most, () => asked);
    socket.on('data', (chunk: Buffer) => {
      framer.push(chunk);
      let pings = 0;
      for (let frame = framer.next(); frame && !socket.destroyed; frame = framer.next()) {
        if (frame.kind === 'message') events.message(frame.bytes);
        else if (frame.kind === 'ping') pings += 1;
        else events.broken(frame.bytes, frame.tooLarge);
      }
      asked = false;
      if (socket.destroyed) return;
      // Together, so that a storm of pings does not cost a write each.
      if (pings > 0) socket.write(pings === 1 ? PONG : Buffer.alloc(pings * PONG.length, PONG));
      events.heard();
    });
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => events.closed(failure));
    return {
      localAddress: socket.localAddress,
      get backlog() {
        return socket.writableLength;
      },
      get begun() {
        return framer.begun;
      },
      send: (bytes, done) => {
        socket.write(bytes, done);
      },
      ping: () => {
        asked = true;
        socket.write(PING);
      },
      end: () => socket.end(),
      destroy: (error) => socket.destroy(error),
    };
  };

const wholeOf = (data: RawData): Buffer => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
};

/** The close code for a frame above the limit (RFC 6455 7.4.1), and what `ws` says of it. */
const isTooLarge = (error: Error): boolean =>
  'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

/**
 * Bounds of `ws` on the parts that a message comes in: each costs far more memory than its bytes. Browsers send one frame, which
 * the network cuts into a few dozen pieces.
 */
export const WEB_SOCKET_PARTS = { maxFragments: 256, maxBufferedChunks: 4096 } as const;

/**
 * WebSocket over an upgraded stream (RFC 7118): a message a frame, text or binary.
 *
 * @param origin of the page that asked for it
 */
export const webSocketLink =
  (webSocket: WebSocket, socket: Socket, origin?: string): LinkMaker =>
  (events) => {
    let failure: Error | undefined;
    let begun = false;
    // In front of the reader of frames, so that a whole one within the same bytes counts as such.
    socket.prependListener('data', () => {
      begun = true;
    });
    socket.on('data', () => {
      if (!socket.destroyed) events.heard();
    });
    const whole = (): void => {
      begun = false;
    };
    webSocket.on('message', (data, isBinary) => {
      whole();
      const bytes = wholeOf(data);
      if (bytes.equals(PING)) webSocket.send(isBinary ? PONG : PONG.toString(), ignore);
      else if (!bytes.equals(PONG)) events.message(bytes);
    });
    webSocket.on('ping', whole);
    webSocket.on('pong', whole);
    webSocket.on('error', (error) => {
      failure = error;
      if (isTooLarge(error)) events.broken(Buffer.alloc(0), true);
    });
    webSocket.on('close', () => events.closed(failure));
    return {
      origin,
      localAddress: socket.localAddress,
      get backlog() {
        return webSocket.bufferedAmount;
      },
      get begun() {
        return begun;
      },
      // Browsers expect text; a body that is none has to go as bytes.
      send: (bytes, done) => webSocket.send(bytes, { binary: !isUtf8(bytes) }, done),
      ping: () => webSocket.ping(ignore),
      end: () => webSocket.close(1002),
      destroy: (error) => {
        failure ??= error;
        webSocket.terminate();
      },
    };
  };
