import type { Socket } from 'node:net';
import type { App, CdrEvent, Core } from '../dialog/types.ts';
import type { AdminOptions } from '../types.ts';
import { type Client, type ClientEvents, createClient, digestOf } from './client.ts';
import { type Connection, type Greeting, onCommand } from './commands.ts';
import { cdrFrame } from './leader.ts';
import { listenForClients } from './listen.ts';
import { createTurns, type Turns } from './turns.ts';

/** How long an application's connection may stay without a good `authenticate`, in milliseconds. */
const AUTHENTICATE_WITHIN = 10_000;
/** How long output may wait for an application unless told otherwise, in milliseconds. */
const DRAIN_WITHIN = 30_000;
/** Connections that have come and not authenticated; further ones take the place of the oldest. */
const MAX_UNKNOWN = 100;

export type Clients = {
  readonly address: string;
  readonly port: number;
  readonly tlsPort: number | undefined;
  /** Connections that have authenticated. */
  readonly count: number;
  /** The next application in turn that takes requests of this method, in lower case. */
  pick(verb: string): App | undefined;
  /** The next in turn that has authenticated with this tag. */
  pickTagged(tag: string): App | undefined;
  /** Tells the next application in turn that wants to know. */
  cdr(event: CdrEvent): void;
  /** Takes a connection that was opened to an application, also one that is still connecting. */
  adopt(socket: Socket, events: AdoptedEvents): Client;
  /** Commands are carried out from now on. */
  serve(core: Core, greeting: Greeting): void;
  close(): Promise<void>;
};

export type AdoptedEvents = { authenticated(client: Client): void; gone(client: Client): void };

const NO_EVENTS: AdoptedEvents = { authenticated: () => {}, gone: () => {} };

const connectionOf = (client: Client, verbs: Turns): Connection => ({
  app: client.app,
  write: client.write,
  get authenticated() {
    return client.authenticated;
  },
  authenticate: client.authenticate,
  route(verb) {
    client.verbs.add(verb);
    verbs.add(verb, client);
  },
  unroute(verb) {
    client.verbs.delete(verb);
    verbs.remove(verb, client);
  },
  hangUp: client.hangUp,
});

/**
 * Listens for applications (drachtio-srf), in the clear and over TLS.
 *
 * @param onGone called when an authenticated application's connection has ended
 * @param keepAlive milliseconds between TCP's own keep-alives; 0 for none
 * @throws the system's error when an address can't be bound; OpenSSL's when the certificate can't be used
 */
export const createClients = async (
  admin: AdminOptions,
  onGone: (app: App) => void,
  keepAlive: number,
): Promise<Clients> => {
  const limits = {
    secret: digestOf(admin.secret),
    drainWithin: admin.drainWithin ?? DRAIN_WITHIN,
    authenticateWithin: AUTHENTICATE_WITHIN,
    keepAlive,
  };
  const all = new Set<Client>();
  const known = new Map<Client, readonly string[]>();
  /** Those that came by themselves and have not authenticated, oldest first. */
  const unknown = new Set<Client>();
  const verbs = createTurns();
  const tags = createTurns();
  const connections = new Map<Client, Connection>();
  let serving: { readonly core: Core; readonly greeting: Greeting } | undefined;

  const leaveTags = (client: Client): void => {
    for (const tag of known.get(client) ?? []) tags.remove(tag, client);
  };

  const eventsFor = (more: AdoptedEvents): ClientEvents => ({
    command(client, payload) {
      const connection = connections.get(client);
      if (connection === undefined || serving === undefined) client.destroy();
      else onCommand(serving.core, serving.greeting, connection, payload);
    },
    authenticated(client) {
      leaveTags(client);
      unknown.delete(client);
      known.set(client, client.tags);
      for (const tag of client.tags) tags.add(tag, client);
      more.authenticated(client);
    },
    gone(client) {
      leaveTags(client);
      for (const verb of client.verbs) verbs.remove(verb, client);
      all.delete(client);
      unknown.delete(client);
      connections.delete(client);
      if (known.delete(client)) onGone(client.app);
      more.gone(client);
    },
  });

  const enter = (socket: Socket, events: AdoptedEvents): Client => {
    const client = createClient(socket, limits, eventsFor(events));
    all.add(client);
    connections.set(client, connectionOf(client, verbs));
    return client;
  };

  const listening = await listenForClients(admin, (socket) => {
    const [oldest] = unknown;
    // Not the newcomer is refused: an application authenticates at once, whoever only waits is none.
    if (oldest !== undefined && unknown.size >= MAX_UNKNOWN) {
      unknown.delete(oldest);
      oldest.destroy();
    }
    unknown.add(enter(socket, NO_EVENTS));
  });

  return {
    address: admin.address,
    port: listening.port,
    tlsPort: listening.tlsPort,
    get count() {
      return known.size;
    },
    pick: (verb) => verbs.next(verb)?.app,
    pickTagged: (tag) => tags.next(tag)?.app,
    cdr(event) {
      const client = verbs.next(`cdr:${event.type}`);
      client?.write(cdrFrame(event));
    },
    adopt: enter,
    serve(core, greeting) {
      serving = { core, greeting };
    },
    async close() {
      for (const client of all) client.destroy();
      await listening.close();
    },
  };
};
