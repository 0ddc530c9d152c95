import { readFileSync } from 'node:fs';
import { certificateFiles, type GatewayConfig, readCertificates } from './config/index.ts';
import { type SipServerOptions, type Trunk, type TrunkTable, trunkTlsPeers } from './sip/index.ts';

type EngineOptions = Extract<SipServerOptions['server'], { type: 'embedded' }>['options'];
type TlsOptions = NonNullable<EngineOptions['tls']>;

/** How long whom we call may say nothing at all, not even 100: UDP has sent its INVITE four times by then. */
const FIRST_RESPONSE_MS = 4000;

const readPem = (path: string): string => readFileSync(path, 'utf8');

/**
 * Certificates of the listeners, and the rules of the trunks.
 *
 * @throws UsageError when a file of `sip.tls` can't be used, the system's error for those of trunks
 */
export const tlsOptions = (
  config: GatewayConfig,
  trunks: readonly Pick<Trunk, 'gateways' | 'register' | 'tls'>[],
): TlsOptions | undefined => {
  const { tls } = config.sip;
  const files = certificateFiles(config);
  if (files === undefined) return undefined;
  return {
    ...readCertificates(files, tls.caFile),
    clientCertificates: tls.clientCertificates,
    minVersion: tls.minVersion,
    peers: trunkTlsPeers(trunks, readPem),
  };
};

/** How the configuration wants SIP to be spoken. */
export const sipServerKind = (
  config: GatewayConfig,
  trunks: readonly Trunk[],
  table: TrunkTable,
): SipServerOptions['server'] => {
  const { sip } = config;
  if (sip.engine === 'drachtio' && sip.drachtio) return { type: 'drachtio', ...sip.drachtio };
  const tls = tlsOptions(config, trunks);
  return {
    type: 'embedded',
    options: {
      listen: sip.listen.map(({ transport, address, port, publicAddress, localNetworks, names }) => ({
        protocol: transport,
        address,
        port,
        ...(publicAddress !== undefined && { externalAddress: publicAddress }),
        ...(localNetworks.length > 0 && { localNetworks }),
        names,
      })),
      ...(tls && { tls }),
      mtu: sip.udpMtu,
      limits: sip.limits,
      outboundProxies: sip.outboundProxies,
      ...(sip.nameServers.length > 0 && { nameServers: sip.nameServers }),
      timers: { b: FIRST_RESPONSE_MS },
      sessionExpires: sip.sessionTimerSeconds,
      admission: table.admission(),
    },
  };
};

/** After how long the SIP server gives up on who says nothing; a drachtio-server has settings of its own. */
export const silenceMs = ({ sip }: GatewayConfig): number | undefined =>
  sip.engine === 'embedded' ? FIRST_RESPONSE_MS : undefined;
