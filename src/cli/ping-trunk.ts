import type { GatewayConfig, TrunkConfig } from '../config/index.ts';
import type { PingResult } from '../sip/index.ts';

const PATIENCE_MS = 4000;

/** Asks a trunk's gateway for its OPTIONS. */
export type PingTrunk = (config: GatewayConfig, trunk: TrunkConfig) => Promise<PingResult>;

/** The address that the gateway speaks from, so that the trunk sees the same one; the system's choice otherwise. */
const sourceAddress = (config: GatewayConfig, protocol: 'udp' | 'tcp'): string =>
  config.sip.listen.find((point) => point.transport === protocol)?.address ?? '0.0.0.0';

/**
 * Sends OPTIONS (RFC 3261 section 11) to a trunk's gateway from a port of its own: works while the gateway runs and while
 * it doesn't.
 */
export const pingTrunk: PingTrunk = async (config, trunk) => {
  const uri = trunk.gateway;
  if (uri === undefined) return { reachable: false, reason: 'the trunk has no gateway' };
  const protocol = /;transport=tcp/i.test(uri) ? 'tcp' : 'udp';
  // The SIP side is large, and most commands have no use for it.
  const { startSipServer } = await import('../sip/index.ts');
  const sip = await startSipServer({
    server: {
      type: 'embedded',
      options: {
        listen: [{ protocol, address: sourceAddress(config, protocol), port: 0 }],
        sessionExpires: 0,
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
