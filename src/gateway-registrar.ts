import type { Logger } from './base/logger.ts';
import type { GatewayConfig } from './config/index.ts';
import { createRegistrar, type Registrar } from './sip/index.ts';
import type { Store } from './store/index.ts';

/** Domains whose users may come from anywhere; none when the registrar is off. */
export const registrarDomains = ({ registrar }: GatewayConfig): readonly string[] =>
  registrar?.enabled === true ? registrar.domains : [];

/** Starts the registrar that the configuration asks for; undefined when it is off. */
export const startRegistrar = async (
  { registrar, phone }: GatewayConfig,
  store: Store,
  logger: Logger,
  now: () => number,
): Promise<Registrar | undefined> => {
  if (registrar?.enabled !== true) return undefined;
  const { domains, algorithms, minExpires, maxExpires, defaultExpires, maxContacts } = registrar;
  const realm = registrar.realm ?? domains[0] ?? '';
  return createRegistrar(
    {
      domains,
      realm,
      algorithms,
      limits: { minExpires, maxExpires, defaultExpires, maxContacts },
      passSeconds: phone.credentialSeconds,
    },
    {
      store,
      secret: store.vault.derive('temporary GRUUs'),
      passSecret: store.vault.derive('softphone credentials'),
      logger,
      now,
    },
  );
};
