import type { Binding, RegisterRequest, RegistrarLimits } from '../../../../src/sip/registrar/types.ts';

export const LIMITS: RegistrarLimits = {
  minExpires: 60,
  maxExpires: 3600,
  defaultExpires: 600,
  maxContacts: 3,
};
export const NOW = 1_800_000_000_000;

export const register = (fields: Partial<RegisterRequest> = {}): RegisterRequest => ({
  callId: 'call-1',
  cseq: 1,
  contact: '<sip:alice@192.0.2.1:5060>',
  expires: undefined,
  path: undefined,
  supported: new Set(),
  hops: 1,
  userAgent: 'Phone/1',
  peer: { protocol: 'udp', address: '192.0.2.1', port: 5060 },
  ...fields,
});

export const binding = (fields: Partial<Binding> = {}): Binding => ({
  key: 'sip:alice@192.0.2.1:5060;;;;;',
  uri: 'sip:alice@192.0.2.1:5060',
  parameters: '',
  q: 1,
  expiresAt: NOW + 600_000,
  callId: 'call-1',
  cseq: 1,
  instance: undefined,
  regId: undefined,
  path: [],
  userAgent: 'Phone/1',
  peer: { protocol: 'udp', address: '192.0.2.1', port: 5060 },
  since: NOW,
  refreshedAt: NOW,
  flowLost: false,
  ...fields,
});
