import { errorMessage } from './base/errors.ts';
import { ulid } from './base/ids.ts';
import type { Logger } from './base/logger.ts';
import type { Agents, CallServices, Calls, UserRules } from './calls/index.ts';
import type { GatewayConfig } from './config/index.ts';
import type { PhoneParts } from './http/index.ts';
import type { Registrar, Trunk } from './sip/index.ts';
import type { Store } from './store/index.ts';

/** Through which trunk users call telephone numbers, which, and how many at once. */
export const userRules = ({ phone }: GatewayConfig, trunks: readonly Trunk[]): UserRules => {
  const { trunk: id, regions, premium, maxCalls } = phone.outbound;
  const trunk = trunks.find((each) => (id === undefined ? each.gateways.length > 0 : each.id === id));
  const own = trunk?.region === undefined ? [] : [trunk.region];
  return { trunk, regions: regions.length > 0 ? regions : own, premium, maxCalls };
};

/** Notes who did what. A database that fails is told of; what was done stays done. */
export const createAudit =
  ({ audit }: Pick<Store, 'audit'>, logger: Logger, now: () => number): CallServices['audit'] =>
  ({ user, action, callId, detail }) => {
    const at = now();
    const entry = { id: ulid(at), at, user, action, call_id: callId ?? null, detail: JSON.stringify(detail) };
    audit.append(entry).catch((error: unknown) => {
      logger.error({ user, action, call: callId, error: errorMessage(error) }, 'not noted in the audit');
    });
  };

/** What the softphone's pages stand on; undefined when it is switched off, or has no users. */
export const phoneParts = (
  { phone, registrar: domains }: GatewayConfig,
  parts: {
    readonly registrar: Registrar | undefined;
    readonly calls: Calls;
    readonly agents: Agents;
    readonly listeners: readonly string[];
    readonly rules: UserRules;
  },
): PhoneParts | undefined => {
  const { registrar, calls, agents, listeners, rules } = parts;
  const domain = domains?.domains[0];
  if (!phone.enabled || registrar === undefined || domain === undefined) return undefined;
  return {
    settings: phone,
    domain,
    registrar,
    calls,
    agents,
    listeners,
    canDialOut: rules.trunk !== undefined,
  };
};
