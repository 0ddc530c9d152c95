import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { App } from '../dialog/types.ts';
import { createDeframer, createFrameBuffer } from './framing.ts';
import { requestFrame, responseFrame, unsolicitedFrame } from './leader.ts';

/** Bytes that may wait for an application that does not read; then its connection is closed. */
const MAX_BACKLOG = 16 * 1024 * 1024;
/** Milliseconds that output may wait before new requests go to other applications. */
const CLOGGED_AFTER = 1000;
/** Wrong secrets that one connection may try, and how long it may take for the next try, in milliseconds. */
const TRIES = 3;
const RETRY_WITHIN = 1000;
/** Tags of one application, as many as drachtio-srf allows. */
const MAX_TAGS = 20;
const TAG = /^[A-Za-z0-9\-_+@:]{1,32}$/;

/** A connection to an application (drachtio-srf), whoever opened it. */
export type Client = {
  readonly app: App;
  /** What it is routed: methods and `cdr:…`, in lower case. */
  readonly verbs: Set<string>;
  readonly tags: readonly string[];
  readonly authenticated: boolean;
  /** It can't keep up, or is gone: nothing new for it. */
  readonly clogged: boolean;
  /** Sends one frame; with all others of the same turn of the event loop in one write. */
  write(payload: string): void;
  /** Takes secret and tags (a comma list). What is wrong with them comes back. */
  authenticate(secret: string, tags: string): string | undefined;
  /** Writes what is to be written and ends the connection. */
  hangUp(): void;
  /** Ends it at once. */
  destroy(): void;
};

export type ClientEvents = {
  command(client: Client, payload: string): void;
  /** Its secret was right; also when it says so again, with other tags. */
  authenticated(client: Client): void;
  gone(client: Client): void;
};

export type ClientLimits = {
  /** SHA-256 of the secret. */
  readonly secret: Buffer;
  /** Milliseconds that output may wait for an application; then its connection is closed. */
  readonly drainWithin: number;
  /** Milliseconds between TCP's own keep-alives; 0 for none. */
  readonly keepAlive: number;
  /** Milliseconds that a connection may stay without a good `authenticate`. */
  readonly authenticateWithin: number;
};

export const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The tags of an `authenticate`, or undefined when there are too many or one has other characters than drachtio-srf allows. */
export const parseTags = (list: string): readonly string[] | undefined => {
  if (list === '') return [];
  const tags = list.split(',');
  return tags.length <= MAX_TAGS && tags.every((tag) => TAG.test(tag)) ? tags : undefined;
};

type Writer = {
  write(payload: string): void;
  /** Milliseconds since the epoch. */
  readonly waitingSince: number | undefined;
  stop(): void;
};

/** Frames to a socket: those of one turn of the event loop go out in one write. */
const createWriter = (socket: Socket, drainWithin: number): Writer => {
  const frames = createFrameBuffer();
  let written = 0;
  /** What had been written when waiting began, and when that was. */
  let mark = 0;
  let since = 0;
  let limit: NodeJS.Timeout | undefined;

  const isWaiting = (): boolean => written - socket.writableLength < mark;
  const wait = (): void => {
    mark = written;
    since = Date.now();
    clearTimeout(limit);
    limit = setTimeout(look, drainWithin).unref();
  };
  const look = (): void => {
    if (isWaiting()) socket.destroy();
    else if (socket.writableLength > 0) wait();
  };
  const flush = (): void => {
    const bytes = frames.take();
    if (socket.destroyed || !socket.writable) return;
    socket.write(bytes);
    written += bytes.length;
    const { writableLength } = socket;
    if (writableLength === 0) frames.reuse();
    else if (writableLength > MAX_BACKLOG) socket.destroy();
    else if (!isWaiting()) wait();
  };
  return {
    write(payload) {
      if (frames.isEmpty) setImmediate(flush);
      frames.add(payload);
    },
    get waitingSince() {
      return isWaiting() ? since : undefined;
    },
    stop: () => clearTimeout(limit),
  };
};

const createApp = (write: (payload: string) => void): App & { open: boolean } => ({
  open: true,
  request(request, received, txn, dialogId) {
    write(requestFrame(request, received, txn, dialogId));
  },
  response(response, from, size, txn, dialogId) {
    write(responseFrame(response, from, size, txn, dialogId));
  },
  unsolicited(sent, dialogId) {
    write(unsolicitedFrame(sent, dialogId));
  },
});

/** Speaks drachtio's protocol on a socket, which may still be connecting: the application speaks first. */
export const createClient = (socket: Socket, limits: ClientLimits, events: ClientEvents): Client => {
  socket.setNoDelay(true);
  socket.setKeepAlive(limits.keepAlive > 0, limits.keepAlive);
  const writer = createWriter(socket, limits.drainWithin);
  const app = createApp(writer.write);
  const deframer = createDeframer();
  let authenticated = false;
  let tags: readonly string[] = [];
  let failures = 0;
  let ending = false;

  const closeUnlessKnown = (): void => {
    if (!authenticated) socket.destroy();
  };
  let limit = setTimeout(closeUnlessKnown, limits.authenticateWithin);
  limit.unref();

  const failed = (reason: string): string => {
    failures += 1;
    clearTimeout(limit);
    if (failures >= TRIES) {
      ending = true;
      setImmediate(client.hangUp); // its reply comes first
    } else limit = setTimeout(closeUnlessKnown, RETRY_WITHIN).unref();
    return reason;
  };

  const client: Client = {
    app,
    verbs: new Set(),
    get tags() {
      return tags;
    },
    get authenticated() {
      return authenticated;
    },
    get clogged() {
      const since = writer.waitingSince;
      return !app.open || (since !== undefined && Date.now() - since > CLOGGED_AFTER);
    },
    write: writer.write,
    authenticate(secret, list) {
      if (!timingSafeEqual(digestOf(secret), limits.secret)) return failed('incorrect secret');
      const given = parseTags(list);
      if (given === undefined) return failed('invalid tags');
      clearTimeout(limit);
      authenticated = true;
      tags = given;
      events.authenticated(client);
      return undefined;
    },
    hangUp() {
      ending = true;
      setImmediate(() => socket.destroySoon());
    },
    destroy: () => socket.destroy(),
  };

  socket.on('data', (chunk) => {
    for (const payload of deframer.push(chunk) ?? []) {
      if (ending || socket.destroyed) return;
      events.command(client, payload);
    }
    if (deframer.broken) client.hangUp();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(limit);
    writer.stop();
    app.open = false;
    events.gone(client);
  });
  return client;
};
