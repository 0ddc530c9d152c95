import { errorMessage } from '../base/errors.ts';
import type { NumberRoute } from '../store/index.ts';
import type { CallServices } from './types.ts';

/** What the tracking plan says of numbers and callers. */
export type Routes = {
  /** @param e164 the dialled number */
  of(e164: string | undefined): Promise<NumberRoute | undefined>;
  /** @param hmac of the caller's number; null when it is not known */
  isBlocked(hmac: string | null): Promise<boolean>;
};

/**
 * Looks in the database; while that fails, routes are as they were last seen (at the latest at the start) and nobody is
 * blocked: calls go on.
 */
export const createRoutes = ({ store, logger }: Pick<CallServices, 'store' | 'logger'>): Routes => {
  const lastSeen = new Map<string, NumberRoute>();
  store.numbers.list().then(
    (routes) => {
      for (const route of routes) lastSeen.set(route.number.number, route);
    },
    (error) => logger.error({ error: errorMessage(error) }, 'routes not remembered'),
  );

  return {
    of: async (e164) => {
      if (e164 === undefined) return undefined;
      try {
        const route = await store.numbers.route(e164);
        if (route) lastSeen.set(e164, route);
        else lastSeen.delete(e164);
        return route;
      } catch (error) {
        logger.error({ error: errorMessage(error) }, 'database failed, the number is routed as last seen');
        return lastSeen.get(e164);
      }
    },
    isBlocked: async (hmac) => {
      if (hmac === null) return false;
      return store.blockedCallers.isBlocked(hmac).catch(() => false);
    },
  };
};
