import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { App, Core } from '../dialog/types.ts';
import { type Connection, type Greeting, onCommand } from './commands.ts';
import { createDeframer, createFrameBuffer } from './framing.ts';
import { requestFrame, responseFrame, unsolicitedFrame } from './leader.ts';

/** Bytes that may wait for an application that does not read; then its connection is closed. */
const MAX_BACKLOG = 16 * 1024 * 1024;
/** How long a connection may stay without a good `authenticate`, in milliseconds. */
const AUTHENTICATE_WITHIN = 10_000;

export type Clients = {
  readonly address: string;
  readonly port: number;
  /** The next application in turn that takes requests of this method, in lower case. */
  pick(verb: string): App | undefined;
  /** Commands are carried out from now on. */
  serve(core: Core, greeting: Greeting): void;
  close(): Promise<void>;
};

type Client = {
  readonly app: App & { open: boolean };
  readonly socket: Socket;
  readonly verbs: Set<string>;
  known: boolean;
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Frames to a socket: those of one turn of the event loop go out in one write. */
const createWriter = (socket: Socket): ((payload: string) => void) => {
  const frames = createFrameBuffer();
  const flush = (): void => {
    const bytes = frames.take();
    if (socket.destroyed || !socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength === 0) frames.reuse();
    else if (socket.writableLength > MAX_BACKLOG) socket.destroy();
  };
  return (payload) => {
    if (frames.isEmpty) setImmediate(flush);
    frames.add(payload);
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

/**
 * Listens for applications (drachtio-srf).
 *
 * @param onGone called when an authenticated application's connection has ended
 * @throws the system's error when the address can't be bound
 */
export const createClients = async (
  admin: { readonly address: string; readonly port: number; readonly secret: string },
  onGone: (app: App) => void,
): Promise<Clients> => {
  const secret = digest(admin.secret);
  const clients = new Set<Client>();
  const turns = new Map<string, Client[]>();
  let serving: { readonly core: Core; readonly greeting: Greeting } | undefined;

  const leave = (client: Client, verb: string): void => {
    const rest = turns.get(verb)?.filter((other) => other !== client) ?? [];
    if (rest.length > 0) turns.set(verb, rest);
    else turns.delete(verb);
    client.verbs.delete(verb);
  };

  const gone = (client: Client): void => {
    if (!clients.delete(client)) return;
    client.app.open = false;
    for (const verb of [...client.verbs]) leave(client, verb);
    if (client.known) onGone(client.app);
  };

  const connectionOf = (client: Client, write: (payload: string) => void): Connection => ({
    app: client.app,
    write,
    get authenticated() {
      return client.known;
    },
    authenticate(given) {
      client.known = client.known || timingSafeEqual(digest(given), secret);
      return client.known;
    },
    route(verb) {
      if (client.verbs.has(verb)) return;
      client.verbs.add(verb);
      turns.set(verb, [...(turns.get(verb) ?? []), client]);
    },
    unroute: (verb) => leave(client, verb),
    hangUp: () => setImmediate(() => client.socket.destroySoon()),
  });

  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 45_000);
    const write = createWriter(socket);
    const client: Client = { app: createApp(write), socket, verbs: new Set(), known: false };
    clients.add(client);
    const connection = connectionOf(client, write);
    const deframer = createDeframer();
    const limit = setTimeout(() => {
      if (!client.known) socket.destroy();
    }, AUTHENTICATE_WITHIN);
    limit.unref();
    socket.on('data', (chunk) => {
      const payloads = deframer.push(chunk);
      if (payloads === undefined || serving === undefined) {
        socket.destroy();
        return;
      }
      for (const payload of payloads) {
        if (socket.destroyed || socket.writableEnded) return;
        onCommand(serving.core, serving.greeting, connection, payload);
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(limit);
      gone(client);
    });
  };

  const server = createServer(accept);
  server.listen(admin.port, admin.address);
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : admin.port;

  return {
    address: admin.address,
    port,
    pick(verb) {
      const list = turns.get(verb);
      const [first, ...others] = list ?? [];
      if (first === undefined) return undefined;
      if (others.length > 0) turns.set(verb, [...others, first]);
      return first.app;
    },
    serve(core, greeting) {
      serving = { core, greeting };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const { socket } of clients) socket.destroy();
      await closed;
    },
  };
};
