import type { Logger } from './base/logger.ts';
import {
  type Buttons,
  type ButtonsOptions,
  type CallBackOptions,
  type CallBacks,
  createButtons,
  createCallBacks,
} from './buttons/index.ts';
import type { Calls, UserRules } from './calls/index.ts';
import type { GatewayConfig } from './config/index.ts';
import type { GatewayTracking } from './gateway-tracking.ts';
import type { ButtonParts } from './http/index.ts';
import type { TrunkTable } from './sip/index.ts';
import type { Store } from './store/index.ts';
import { createTurns } from './tracking/index.ts';

type Parts = {
  readonly store: Store;
  readonly tracking: Pick<GatewayTracking, 'plan' | 'dni'>;
  /** Countries that may be called. */
  readonly regions: ButtonsOptions['regions'];
  /** Browsers can be talked to, and new calls are taken. */
  readonly takesCalls: () => boolean;
  readonly callBacks: ButtonsOptions['callBacks'];
  readonly canCallBack: ButtonsOptions['canCallBack'];
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Starts call buttons; undefined when they are switched off. */
export const startButtons = (
  { buttons: settings, sip }: GatewayConfig,
  { tracking, ...parts }: Parts,
): Buttons | undefined => {
  if (!settings.enabled) return undefined;
  return createButtons({
    ...parts,
    settings,
    plan: tracking.plan,
    dni: tracking.dni,
    // A drachtio-server keeps a WebSocket's Origin to itself.
    originUnknown: sip.engine === 'drachtio' ? 'accepted' : 'refused',
  });
};

/** What the pages of buttons stand on. */
export const buttonParts = (
  { buttons: settings, phone }: GatewayConfig,
  buttons: Buttons | undefined,
  listeners: readonly string[],
): ButtonParts | undefined => buttons && { pages: buttons.pages, settings, phone, listeners };

/** Whether visitors of a button can be called: through its own trunk, or the one that users call through. */
export const canDialVisitors =
  (trunks: Pick<TrunkTable, 'get'>, rules: Pick<UserRules, 'trunk'>): CallBackOptions['canDial'] =>
  ({ callback }) => {
    const trunk = callback.trunk === undefined ? rules.trunk : trunks.get(callback.trunk);
    return (trunk?.gateways.length ?? 0) > 0;
  };

/** Calls visitors back who ask for it; undefined when buttons are switched off. It has to be started. */
export const gatewayCallBacks = (
  { buttons: { enabled, limits } }: GatewayConfig,
  {
    store,
    tracking,
    calls,
    ...parts
  }: Pick<Parts, 'store' | 'regions' | 'logger' | 'now'> & {
    readonly tracking: Pick<GatewayTracking, 'plan'>;
    readonly canDial: CallBackOptions['canDial'];
    readonly calls: Pick<Calls, 'callBack' | 'draining'>;
  },
): CallBacks | undefined => {
  if (!enabled) return undefined;
  return createCallBacks({
    ...parts,
    store,
    limits,
    turns: createTurns(store),
    plan: tracking.plan,
    place: calls.callBack,
    isDraining: () => calls.draining,
  });
};
