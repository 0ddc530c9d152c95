import type { Trunk, TrunkGateway } from './table.ts';

/** What is known of a gateway. */
export type GatewayHealth = {
  /** `unknown` until something was heard of it, or failed often enough. */
  readonly state: 'unknown' | 'up' | 'down';
  /** When it came to this state, milliseconds since the epoch. */
  readonly since: number;
  /** Answers in a row, or failures in a row when negative. */
  readonly streak: number;
  /** Round-trip time of the last OPTIONS that was answered, in milliseconds. */
  readonly rttMs: number | undefined;
  /** When it was last heard of or missed. */
  readonly checkedAt: number | undefined;
  /** Of the last failure; kept while the gateway is not heard of again. */
  readonly lastError: string | undefined;
};

/** What OPTIONS or a call has shown. */
export type HealthEvent =
  | { readonly type: 'answered'; readonly rttMs?: number }
  | { readonly type: 'failed'; readonly reason: string };

export const newHealth = (now: number): GatewayHealth => ({
  state: 'unknown',
  since: now,
  streak: 0,
  rttMs: undefined,
  checkedAt: undefined,
  lastError: undefined,
});

const stateAfter = (
  { state, streak }: GatewayHealth,
  { downAfter, upAfter }: Pick<Trunk['health'], 'downAfter' | 'upAfter'>,
): GatewayHealth['state'] => {
  if (streak <= -downAfter) return 'down';
  if (state === 'unknown' && streak > 0) return 'up';
  return streak >= upAfter ? 'up' : state;
};

/**
 * The state after an event, with hysteresis: a gateway is down after so many failures in a row, and up again after so many
 * answers in a row. The first answer of all suffices.
 *
 * @param now milliseconds since the epoch
 */
export const nextHealth = (
  health: GatewayHealth,
  event: HealthEvent,
  settings: Pick<Trunk['health'], 'downAfter' | 'upAfter'>,
  now: number,
): GatewayHealth => {
  const answered = event.type === 'answered';
  const streak = answered ? Math.max(0, health.streak) + 1 : Math.min(0, health.streak) - 1;
  const state = stateAfter({ ...health, streak }, settings);
  return {
    state,
    since: state === health.state ? health.since : now,
    streak,
    rttMs: answered ? (event.rttMs ?? health.rttMs) : health.rttMs,
    checkedAt: now,
    lastError: answered ? undefined : event.reason,
  };
};

/** Without OPTIONS nothing but calls can show that a gateway is back: it gets one after so long. */
const FORGIVEN_AFTER_MS = 60_000;

/** Whether calls should go elsewhere first. */
export const isDown = (health: GatewayHealth, { optionsSeconds }: Trunk['health'], now: number): boolean =>
  health.state === 'down' &&
  (optionsSeconds > 0 || now - (health.checkedAt ?? health.since) < FORGIVEN_AFTER_MS);

/**
 * Gateways in the order in which a call tries them: by priority, lower first; within one priority at random, each first as
 * often as its weight says; those that are down after all others.
 *
 * @param random uniform in [0, 1)
 */
export const orderGateways = (
  gateways: readonly TrunkGateway[],
  down: (gateway: TrunkGateway) => boolean,
  random: () => number,
): readonly TrunkGateway[] =>
  gateways
    .map((gateway) => ({
      gateway,
      down: down(gateway) ? 1 : 0,
      // Exponential clocks: the first to ring is each one with a probability in proportion to its rate.
      clock: -Math.log(1 - random()) / gateway.weight,
    }))
    .sort((a, b) => a.down - b.down || a.gateway.priority - b.gateway.priority || a.clock - b.clock)
    .map(({ gateway }) => gateway);
