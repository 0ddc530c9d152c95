import { z } from 'zod';
import type { RegistrationTable, UserContacts } from '../store/index.ts';

const time = z.string().meta({ description: 'ISO 8601, UTC' });

const contactViewSchema = z.object({
  uri: z.string(),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).or(z.string()),
  address: z.string().meta({ description: 'Where its REGISTER came from' }),
  port: z.int(),
  userAgent: z.string().nullable(),
  q: z.number().meta({ description: 'Preference, 0 to 1' }),
  since: time,
  refreshedAt: time,
  expiresAt: time,
  flowLost: z.boolean().meta({
    description: "Its connection ended with the gateway's last run: out of reach until it registers again",
  }),
});

export const userViewSchema = z.object({
  name: z.string(),
  display: z.string().nullable(),
  realm: z.string().meta({ description: 'Realm that the password was set for' }),
  disabled: z.boolean(),
  role: z.enum(['agent', 'supervisor']),
  ready: z.boolean().meta({ description: 'Takes calls now' }),
  createdAt: time,
  available: z.boolean().meta({ description: 'Whether a phone can be called' }),
  contacts: z.array(contactViewSchema).meta({ description: 'Registered phones, the preferred first' }),
});

export type UserView = z.output<typeof userViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();

const contactView = (row: RegistrationTable): UserView['contacts'][number] => ({
  uri: row.uri,
  transport: row.protocol,
  address: row.address,
  port: row.port,
  userAgent: row.user_agent,
  q: row.q,
  since: iso(row.since),
  refreshedAt: iso(row.refreshed_at),
  expiresAt: iso(row.expires_at),
  flowLost: row.flow_lost === 1,
});

/** A user as `--json` and the API show it: never its hashes. */
export const userView = ({ user, contacts }: UserContacts): UserView => ({
  name: user.name,
  display: user.display,
  realm: user.realm,
  disabled: user.disabled === 1,
  role: user.role,
  ready: user.ready === 1,
  createdAt: iso(user.created_at),
  available: user.disabled === 0 && contacts.some((contact) => contact.flow_lost === 0),
  contacts: contacts.map(contactView),
});
