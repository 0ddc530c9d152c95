import type { Logger } from './base/logger.ts';
import { WEB_DOMAIN } from './buttons/index.ts';
import type { GatewayConfig } from './config/index.ts';
import { createRegistrar, type Registrar } from './sip/index.ts';
import type { Store } from './store/index.ts';

/** Domains whose callers may come from anywhere: users of the registrar, and visitors of web pages where they can connect. */
export const openDomains = ({ registrar, buttons, sip }: GatewayConfig): readonly string[] => {
  const isWeb = sip.listen.some(({ transport }) => transport === 'ws' || transport === 'wss');
  return [
    ...(registrar?.enabled === true ? registrar.domains : []),
    ...(buttons.enabled && isWeb ? [WEB_DOMAIN] : []),
  ];
};

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
