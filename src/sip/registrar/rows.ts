import type { RegistrationTable } from '../../store/index.ts';
import type { Binding } from './types.ts';

/** A row without the user's id, which the store fills in. */
export type BindingRow = Omit<RegistrationTable, 'user_id'>;

export const bindingRow = (binding: Binding): BindingRow => ({
  key: binding.key,
  uri: binding.uri,
  parameters: binding.parameters,
  q: binding.q,
  expires_at: Math.round(binding.expiresAt),
  call_id: binding.callId,
  cseq: binding.cseq,
  instance: binding.instance ?? null,
  reg_id: binding.regId ?? null,
  path: JSON.stringify(binding.path),
  user_agent: binding.userAgent ?? null,
  protocol: binding.peer.protocol,
  address: binding.peer.address,
  port: binding.peer.port,
  since: Math.round(binding.since),
  refreshed_at: Math.round(binding.refreshedAt),
  flow_lost: binding.flowLost ? 1 : 0,
});

const pathOf = (json: string): readonly string[] => {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
};

export const bindingOf = (row: BindingRow): Binding => ({
  key: row.key,
  uri: row.uri,
  parameters: row.parameters,
  q: row.q,
  expiresAt: row.expires_at,
  callId: row.call_id,
  cseq: row.cseq,
  instance: row.instance ?? undefined,
  regId: row.reg_id ?? undefined,
  path: pathOf(row.path),
  userAgent: row.user_agent ?? undefined,
  peer: { protocol: row.protocol, address: row.address, port: row.port },
  since: row.since,
  refreshedAt: row.refreshed_at,
  flowLost: row.flow_lost === 1,
});
