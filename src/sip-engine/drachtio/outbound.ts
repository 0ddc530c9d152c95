import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { App, Core } from '../dialog/types.ts';
import type { TlsOptions } from '../types.ts';
import type { Client } from './client.ts';
import type { Clients } from './clients.ts';
import type { Place } from './instruction.ts';

/** How long an application may take to accept a connection and to authenticate, in milliseconds. */
const READY_WITHIN = 3000;
/** How long a connection without anything to do is kept, and how often that is looked at, in milliseconds. */
const IDLE = 30_000;
const LOOK_EVERY = 5000;
/** Connections being made; further ones fail at once. */
const MAX_CONNECTING = 1000;

/** Connections that the engine opens to applications (`srf.listen`). */
export type Outbound = {
  /** The application at a place, on a connection of its own, once it has authenticated; undefined when it can't be had. Never rejects. */
  connect(place: Place): Promise<App | undefined>;
  /** What the places' certificates are checked with from now on. */
  setTls(tls: TlsOptions | undefined): void;
  close(): void;
};

const openTls = ({ host, port }: Place, tls: TlsOptions | undefined): Socket => {
  const peer = tls?.peers?.find((each) => each.host.toLowerCase() === host.toLowerCase());
  const ca = peer?.ca ?? tls?.ca;
  return connectTls({
    host,
    port,
    rejectUnauthorized: peer?.verify ?? true,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(peer?.cert !== undefined && { cert: peer.cert }),
    ...(peer?.key !== undefined && { key: peer.key }),
    ...(tls?.minVersion !== undefined && { minVersion: tls.minVersion }),
    ...(tls?.ciphers !== undefined && { ciphers: tls.ciphers }),
  });
};

/** Applications that have something to do: a request on its way in or out, or a dialog. */
const busyApps = (core: Core): ReadonlySet<App | undefined> => {
  const busy = new Set<App | undefined>();
  for (const { app } of core.incoming.values()) busy.add(app);
  for (const { app } of core.outgoing.values()) busy.add(app);
  for (const { app } of core.dialogs.all()) busy.add(app);
  return busy;
};

/**
 * @param idle milliseconds after which a connection with nothing to do is closed
 */
export const createOutbound = (
  core: Core,
  clients: Pick<Clients, 'adopt'>,
  idle: number = IDLE,
): Outbound => {
  let tls: TlsOptions | undefined;
  /** Since when each has had nothing to do, in milliseconds since the epoch; undefined while it has. */
  const open = new Map<Client, number | undefined>();
  let connecting = 0;
  let looking: NodeJS.Timeout | undefined;

  const closeIdle = (): void => {
    const busy = busyApps(core);
    const now = Date.now();
    for (const [client, since] of open) {
      if (busy.has(client.app) || client.verbs.size > 0) open.set(client, undefined);
      else if (since === undefined) open.set(client, now);
      else if (now - since >= idle) client.hangUp();
    }
  };
  const leave = (client: Client): void => {
    open.delete(client);
    if (open.size > 0) return;
    clearInterval(looking);
    looking = undefined;
  };
  const enter = (client: Client): void => {
    open.set(client, Date.now());
    looking ??= setInterval(closeIdle, Math.min(LOOK_EVERY, idle)).unref();
  };
  const dial = (place: Place): Socket | undefined => {
    try {
      return place.secure ? openTls(place, tls) : connectTcp({ host: place.host, port: place.port });
    } catch {
      return undefined; // certificates that OpenSSL can't use
    }
  };

  return {
    connect: (place) =>
      new Promise((resolve) => {
        const socket = connecting < MAX_CONNECTING ? dial(place) : undefined;
        if (socket === undefined) {
          resolve(undefined);
          return;
        }
        connecting += 1;
        let waiting = true;
        const settle = (app: App | undefined): void => {
          if (!waiting) return;
          waiting = false;
          connecting -= 1;
          clearTimeout(limit);
          resolve(app);
        };
        const limit = setTimeout(() => socket.destroy(), READY_WITHIN);
        clients.adopt(socket, {
          authenticated(client) {
            enter(client);
            settle(client.app);
          },
          gone(client) {
            leave(client);
            settle(undefined);
          },
        });
      }),
    setTls(changed) {
      tls = changed;
    },
    close: () => clearInterval(looking),
  };
};
