import { expect, test } from 'vitest';
import { soakBrowsers } from '../soak/browsers/soak.ts';

/** The soak of `npm run soak -- --browsers` with few calls. */

test('calls with browsers leave nothing behind, however they end', async () => {
  const { faults, samples } = await soakBrowsers({ calls: 24, rounds: 1, atOnce: 6, patient: false });
  expect(faults).toEqual([]);
  expect(samples.at(-1)?.calls).toBe(24);
}, 60_000);
