import type { Trunk } from '../sip/index.ts';
import type { CallerVault } from '../store/index.ts';

export const SELF_TEST_TRUNK = 'self-test';

/**
 * The trunk of the gateway's own test calls. Its realm and password derive from the key file, so that only who may read
 * that file can place one, and so that a scanner that knows Dialtrace still meets silence.
 */
export const selfTestTrunk = (vault: Pick<CallerVault, 'derive'>): Trunk => ({
  id: SELF_TEST_TRUNK,
  name: 'Test calls',
  sources: [],
  digest: selfTestCredentials(vault),
  region: undefined,
  didFrom: ['request-uri'],
  nat: false,
  srtp: 'off',
  srtpSuites: [],
  codecs: ['PCMU', 'PCMA'],
  callerId: 'caller',
  diversion: true,
  gateways: [],
  health: { optionsSeconds: 0, downAfter: 1, upAfter: 1 },
  headers: { add: {}, remove: [] },
  isTest: true,
});

/** What `placeTestCall` proves itself with. */
export const selfTestCredentials = (
  vault: Pick<CallerVault, 'derive'>,
): { readonly realm: string; readonly username: string; readonly password: string } => ({
  realm: `${vault.derive('self-test realm').slice(0, 24)}.invalid`,
  username: SELF_TEST_TRUNK,
  password: vault.derive('self-test password'),
});
