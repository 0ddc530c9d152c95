import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createRoutes } from '../../../src/calls/routes.ts';
import type { NumberRoute, Store } from '../../../src/store/index.ts';

const route = { number: { number: '+4930999999', enabled: 1 }, lines: [] } as unknown as NumberRoute;

/** A store whose single reads fail while `broken` says so: a database can't be made to fail on demand. */
const storeOf = (broken: () => boolean): Store =>
  ({
    numbers: {
      list: async () => [route],
      route: async (e164: string) => {
        if (broken()) throw new Error('disk I/O error');
        return e164 === route.number.number ? route : undefined;
      },
    },
    blockedCallers: {
      isBlocked: async () => {
        if (broken()) throw new Error('disk I/O error');
        return true;
      },
    },
  }) as unknown as Store;

describe('routes', () => {
  it('come from the database', async () => {
    const routes = createRoutes({ store: storeOf(() => false), logger: silentLogger });
    expect(await routes.of('+4930999999')).toBe(route);
    expect(await routes.of('+4930111111')).toBeUndefined();
    expect(await routes.of(undefined)).toBeUndefined();
    expect(await routes.isBlocked('abc')).toBe(true);
    expect(await routes.isBlocked(null)).toBe(false);
  });

  it('are as they were at the start while the database fails, and nobody is blocked', async () => {
    const routes = createRoutes({ store: storeOf(() => true), logger: silentLogger });
    await Promise.resolve();
    expect(await routes.of('+4930999999')).toBe(route);
    expect(await routes.of('+4930111111')).toBeUndefined();
    expect(await routes.isBlocked('abc')).toBe(false);
  });
});
