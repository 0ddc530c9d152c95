import { defineConfig } from 'vitest/config';

/**
 * A second try for what real sockets, browsers and timers spoil on a loaded machine, and for a property whose rare
 * counterexample is to be looked at apart; `.ci/run` names those that took it.
 */
const retry = Number(process.env['TEST_RETRIES'] ?? 0);

/** Tests on real parts that take a while. */
const slow = { testTimeout: 120_000, hookTimeout: 120_000, retry };

/**
 * Unit tests are pure; integration tests use real sockets and files; e2e tests run the built gateway and SIPp, two files at
 * a time; load tests want the machine to themselves.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          setupFiles: ['test/support/property-runs.ts'],
          testTimeout: 20_000 * Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? 100) / 100),
          // Pure as they are, files can share what they import; loading it anew for each takes longer than the tests.
          isolate: false,
          retry,
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          // They wait for timers more than they work, on two cores too.
          maxWorkers: 4,
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
          include: ['test/e2e/**/*.test.ts'],
          ...slow,
        },
      },
      {
        test: {
          name: 'load',
          sequence: { groupOrder: 3 },
          fileParallelism: false,
          include: ['test/load/**/*.test.ts'],
          ...slow,
        },
      },
    ],
  },
});
