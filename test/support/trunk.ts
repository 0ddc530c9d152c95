import type { Trunk } from '../../src/sip/index.ts';

/** A trunk with nothing set but `fields`. */
export const makeTrunk = (fields: Partial<Trunk> = {}): Trunk => ({
  id: 'carrier',
  sources: [],
  digest: undefined,
  gateways: [],
  health: { optionsSeconds: 60, downAfter: 3, upAfter: 2 },
  headers: { add: {}, remove: [] },
  region: 'DE',
  didFrom: ['request-uri'],
  nat: false,
  srtp: 'off',
  srtpSuites: ['AES_CM_128_HMAC_SHA1_80'],
  codecs: ['PCMA'],
  callerId: 'caller',
  diversion: true,
  isTest: false,
  ...fields,
});

/** A gateway with the share and the priority that it has by default. */
export const makeGateway = (uri: string, fields: Partial<Trunk['gateways'][number]> = {}) => ({
  uri,
  weight: 1,
  priority: 1,
  ...fields,
});
