import { errorMessage } from '../base/errors.ts';
import { clearKeys, type GatewayConfig } from '../config/index.ts';
import type { TrunkReport } from '../reports/index.ts';
import type { Check } from './doctor-checks.ts';
import { formatTime } from './format.ts';
import type { PingGateway } from './ping-trunk.ts';

type GatewayReport = NonNullable<TrunkReport['status']>['gateways'][number];

/** What a running gateway knows of one of its trunks' gateways; undefined when it knows nothing yet. */
const knownGateway = (name: string, known: GatewayReport | undefined): Check | undefined => {
  if (known === undefined || known.state === 'unknown') return undefined;
  if (known.state === 'down') {
    const text = `${known.uri} is down since ${formatTime(known.since)}: ${known.lastError ?? 'no answer'}`;
    return { name, state: 'fail', text, mend: gatewayMend(known.uri) };
  }
  const rtt = known.rttMs === null ? '' : `, answered OPTIONS in ${Math.round(known.rttMs)} ms`;
  return { name, state: 'ok', text: `${known.uri} is up${rtt}` };
};

const gatewayMend = (uri: string): string =>
  `look at gateway (${uri}; does its name resolve?), the firewall, and whether the carrier knows this machine's address`;

const checkGateway = async (
  config: GatewayConfig,
  ping: PingGateway,
  name: string,
  uri: string,
): Promise<Check> => {
  const result = await ping(config, uri).catch((error: unknown) => ({
    reachable: false as const,
    reason: errorMessage(error),
  }));
  if (!result.reachable) {
    return { name, state: 'fail', text: `OPTIONS failed: ${result.reason}`, mend: gatewayMend(uri) };
  }
  const text = `answered ${result.status} in ${Math.round(result.milliseconds)} ms`;
  return { name, state: 'ok', text };
};

const checkRegistration = (name: string, status: TrunkReport['status'] | undefined): Check[] => {
  if (!status) return [{ name, state: 'off', text: 'registers while the gateway runs' }];
  const { registration } = status;
  if (!registration) return [];
  const { state, server, expiresAt, lastError, nextAt } = registration;
  if (state === 'registered') {
    return [{ name, state: 'ok', text: `registered at ${server} until ${formatTime(expiresAt)}` }];
  }
  const text = `not registered at ${server}: ${lastError ?? 'no answer yet'}; next try ${formatTime(nextAt)}`;
  const mend = 'look at register: server, user name and password; the carrier may want its own domain';
  return [{ name, state: state === 'trying' ? 'warn' : 'fail', text, mend }];
};

/**
 * Each gateway and registration of the trunks: as the running gateway knows them, else by OPTIONS of our own.
 *
 * @param reports of the running gateway; empty when none runs
 */
export const checkTrunks = async (
  config: GatewayConfig,
  ping: PingGateway,
  reports: readonly TrunkReport[],
): Promise<Check[]> => {
  const status = new Map(reports.map((report) => [report.id, report.status]));
  const readable = new Map(clearKeys(config).map((keys) => [keys.trunk, keys]));
  const checks = config.trunks.map(async (trunk): Promise<Check[]> => {
    const name = `Trunk ${trunk.id}`;
    const known = status.get(trunk.id);
    const gateways = await Promise.all(
      trunk.gateways.map(
        async ({ uri }) =>
          knownGateway(
            name,
            known?.gateways.find((one) => one.uri === uri),
          ) ?? checkGateway(config, ping, name, uri),
      ),
    );
    const { text, mend } = readable.get(trunk.id) ?? {};
    const keys: Check[] =
      text === undefined || mend === undefined ? [] : [{ name, state: 'warn', text, mend }];
    return [...(trunk.register ? checkRegistration(name, known) : []), ...gateways, ...keys];
  });
  return (await Promise.all(checks)).flat();
};
