import type { GatewayConfig } from '../config/index.ts';
import type { PingResult } from '../sip/index.ts';

const PATIENCE_MS = 4000;

/** Asks one of a trunk's gateways for its OPTIONS. */
export type PingGateway = (config: GatewayConfig, uri: string) => Promise<PingResult>;

type Transport = 'udp' | 'tcp' | 'tls';

const transportOf = (uri: string): Transport => {
  if (/^sips:|;transport=tls\b/i.test(uri)) return 'tls';
  return /;transport=tcp\b/i.test(uri) ? 'tcp' : 'udp';
};

/** The address that the gateway speaks from, so that the trunk sees the same one; the system's choice otherwise. */
const sourceAddress = (config: GatewayConfig, protocol: Transport): string =>
  config.sip.listen.find((point) => point.transport === protocol)?.address ?? '0.0.0.0';

/**
 * Sends OPTIONS (RFC 3261 section 11) to a trunk's gateway from a port of its own: works while the gateway runs and while
 * it doesn't.
 */
export const pingGateway: PingGateway = async (config, uri) => {
  const protocol = transportOf(uri);
  // The SIP side is large, and most commands have no use for it.
  const { startSipServer } = await import('../sip/index.ts');
  const { tlsOptions } = await import('../gateway-sip.ts');
  const tls = protocol === 'tls' ? tlsOptions(config, config.trunks) : undefined;
  const sip = await startSipServer({
    server: {
      type: 'embedded',
      options: {
        listen: [{ protocol, address: sourceAddress(config, protocol), port: 0 }],
        sessionExpires: 0,
        ...(tls && { tls }),
      },
    },
    onInvite: (invite) => invite.refuse(480),
    onOptions: () => undefined,
    onLost: () => undefined,
  });
  try {
    return await sip.ping(uri, PATIENCE_MS);
  } finally {
    await sip.close();
  }
};
