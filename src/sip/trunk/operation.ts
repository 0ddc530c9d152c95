import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/logger.ts';
import type { SipServer } from '../types.ts';
import {
  type GatewayHealth,
  type HealthEvent,
  isDown,
  newHealth,
  nextHealth,
  orderGateways,
} from './health.ts';
import { type Admittance, createTrunkLoad, type Direction, type TrunkLoad } from './load.ts';
import { createRegistrationClient, type RegistrationClient } from './registration-client.ts';
import type { Trunk, TrunkGateway, TrunkTable } from './table.ts';

const PING_PATIENCE_MS = 4000;

/** A trunk as it stands now; times are milliseconds since the epoch. */
export type TrunkStatus = {
  readonly id: string;
  readonly gateways: readonly (TrunkGateway & Omit<GatewayHealth, 'streak'>)[];
  readonly calls: {
    readonly in: number;
    readonly out: number;
    /** At once. */
    readonly max: number | undefined;
    /** Since the start. */
    readonly admitted: { readonly in: number; readonly out: number };
    readonly refused: number;
  };
  readonly registration: ReturnType<RegistrationClient['view']> | undefined;
};

/** The order of a call's gateways. */
export type TrunkRoute = {
  readonly gateways: readonly TrunkGateway[];
  /** Every gateway is down: the one given is a quick try. */
  readonly allDown: boolean;
};

/** Trunks at work: their gateways watched, their registrations kept up, their calls counted. */
export type TrunkOperation = {
  start(): void;
  route(id: string): TrunkRoute;
  /** What a call has shown of a gateway. */
  report(id: string, uri: string, event: HealthEvent): void;
  /** Asks for room for one call more; trunks without limits always have it. */
  enter(id: string, direction: Direction): Admittance;
  status(): readonly TrunkStatus[];
  /** Stops watching, and unregisters within 2 s. */
  close(): Promise<void>;
};

type Dependencies = {
  readonly trunks: readonly Trunk[];
  readonly table: Pick<TrunkTable, 'learn'>;
  readonly sip: Pick<SipServer, 'ping' | 'register'>;
  /** Whom to let in has changed. */
  readonly onAdmission: () => void;
  readonly logger: Logger;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
};

type Watched = { readonly gateway: TrunkGateway; health: GatewayHealth; timer: NodeJS.Timeout | undefined };

type Running = {
  readonly trunk: Trunk;
  readonly load: TrunkLoad;
  readonly gateways: readonly Watched[];
  readonly client: RegistrationClient | undefined;
};

const NOT_LIMITED: Admittance = { type: 'admitted', leave: () => undefined };

export const createTrunkOperation = (deps: Dependencies): TrunkOperation => {
  const { sip, table, logger, now, random = Math.random } = deps;
  let closed = false;

  const run = (trunk: Trunk): Running => ({
    trunk,
    load: createTrunkLoad(trunk, now),
    gateways: trunk.gateways.map((gateway) => ({ gateway, health: newHealth(now()), timer: undefined })),
    client:
      trunk.register &&
      createRegistrationClient({
        trunk: trunk.id,
        settings: trunk.register,
        register: sip.register,
        onRegistrar: (address) => {
          if (table.learn(trunk.id, address)) deps.onAdmission();
        },
        logger,
        now,
        random,
        callId: randomUUID(),
      }),
  });
  const running = new Map(deps.trunks.map((trunk) => [trunk.id, run(trunk)] as const));

  const note = ({ trunk }: Running, watched: Watched, event: HealthEvent): void => {
    const before = watched.health;
    watched.health = nextHealth(before, event, trunk.health, now());
    if (watched.health.state === before.state) return;
    const fields = { trunk: trunk.id, gateway: watched.gateway.uri };
    if (event.type === 'failed') logger.warn({ ...fields, reason: event.reason }, 'a gateway is down');
    else if (before.state === 'down') logger.info(fields, 'a gateway is up again');
  };

  const watch = (one: Running, watched: Watched, delayMs: number): void => {
    const everyMs = one.trunk.health.optionsSeconds * 1000;
    if (everyMs === 0 || closed) return;
    watched.timer = setTimeout(async () => {
      const result = await sip.ping(watched.gateway.uri, Math.min(PING_PATIENCE_MS, everyMs));
      if (closed) return;
      note(
        one,
        watched,
        result.reachable
          ? { type: 'answered', rttMs: result.milliseconds }
          : { type: 'failed', reason: `OPTIONS: ${result.reason}` },
      );
      watch(one, watched, everyMs * (0.9 + 0.2 * random()));
    }, delayMs);
  };

  return {
    start: () => {
      for (const one of running.values()) {
        one.client?.start();
        // Not all at once, and soon.
        for (const watched of one.gateways) watch(one, watched, random() * 500);
      }
    },
    route: (id) => {
      const one = running.get(id);
      if (!one) return { gateways: [], allDown: false };
      const down = new Set(
        one.gateways
          .filter(({ health }) => isDown(health, one.trunk.health, now()))
          .map(({ gateway }) => gateway),
      );
      const ordered = orderGateways(one.trunk.gateways, (gateway) => down.has(gateway), random);
      const allDown = ordered.length > 0 && down.size === ordered.length;
      return { gateways: allDown ? ordered.slice(0, 1) : ordered, allDown };
    },
    report: (id, uri, event) => {
      const one = running.get(id);
      const watched = one?.gateways.find(({ gateway }) => gateway.uri === uri);
      if (one && watched && !closed) note(one, watched, event);
    },
    enter: (id, direction) => running.get(id)?.load.enter(direction) ?? NOT_LIMITED,
    status: () =>
      [...running.values()].map(({ trunk, load, gateways, client }) => ({
        id: trunk.id,
        gateways: gateways.map(({ gateway, health: { streak: _, ...health } }) => ({
          ...gateway,
          ...health,
        })),
        calls: { ...load.up, max: trunk.maxCalls, admitted: load.admitted, refused: load.refused },
        registration: client?.view(),
      })),
    close: async () => {
      closed = true;
      for (const { gateways } of running.values()) for (const { timer } of gateways) clearTimeout(timer);
      await Promise.all([...running.values()].map(({ client }) => client?.close()));
    },
  };
};
