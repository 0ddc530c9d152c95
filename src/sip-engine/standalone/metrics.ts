import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { VERSION } from '../../base/version.ts';
import type { SipEngine, SipEngineStats } from '../types.ts';

/** `METHOD code`, as the engine counts responses. */
const methodAndCode = (key: string): { method: string; code: string } => {
  const [method = '', code = ''] = key.split(' ');
  return { method, code };
};

const fill = (
  counter: Counter,
  counts: Readonly<Record<string, number>>,
  labels: (key: string) => Record<string, string>,
): void => {
  counter.reset();
  for (const [key, count] of Object.entries(counts)) counter.inc(labels(key), count);
};

/**
 * Metrics under drachtio-server's names, so that its dashboards go on; what only this engine has is named
 * `drachtio_engine_…`.
 */
export const createMetrics = (engine: Pick<SipEngine, 'stats'>, startedAt: number) => {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name: `drachtio_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `drachtio_${name}`, help, labelNames, registers });

  const requestsIn = counter('sip_requests_in_total', 'Requests received', ['method']);
  const requestsOut = counter('sip_requests_out_total', 'Requests sent', ['method']);
  const responsesIn = counter('sip_responses_in_total', 'Responses received', ['method', 'code']);
  const responsesOut = counter('sip_responses_out_total', 'Responses sent', ['method', 'code']);
  gauge('build_info', 'Version', ['version']).set({ version: VERSION }, 1);
  gauge('time_started', 'Start time, in seconds since the epoch').set(Math.floor(startedAt / 1000));
  const dialogs = gauge('stable_dialogs', 'Dialogs by who began them', ['type']);
  const proxied = gauge('proxy_cores', 'Requests being proxied');
  const endpoints = gauge('registered_endpoints', 'Peers registered over a connection');
  const apps = gauge('app_connections', 'Connected applications');

  const own: Readonly<Record<string, readonly [help: string, of: (stats: SipEngineStats) => number]>> = {
    server_transactions: ['Server transactions', (stats) => stats.serverTransactions],
    client_transactions: ['Client transactions', (stats) => stats.clientTransactions],
    connections: ['Stream connections', (stats) => stats.connections],
    timers: ['Timers running', (stats) => stats.timers],
    retransmissions_in: ['Retransmissions received', (stats) => stats.retransmissionsIn],
    retransmissions_out: ['Retransmissions sent', (stats) => stats.retransmissionsOut],
    malformed_dropped: ['Messages that no answer can be given to', (stats) => stats.droppedMalformed],
    malformed_rejected: ['Requests refused as malformed', (stats) => stats.rejectedMalformed],
    banned_dropped: ['Messages of banned addresses', (stats) => stats.droppedBanned],
    over_rate_dropped: ["Messages above an address's rate", (stats) => stats.droppedOverRate],
    bans: ['Bans in force', (stats) => stats.bans],
  };
  const gauges = Object.entries(own).map(
    ([name, [help, of]]) => [gauge(`engine_${name}`, help), of] as const,
  );
  const limited = gauge('engine_refused_by_limit', 'Refused because a limit was reached', ['limit']);

  return {
    contentType: registry.contentType,
    async text(): Promise<string> {
      const stats = await engine.stats();
      fill(requestsIn, stats.requestsIn, (method) => ({ method }));
      fill(requestsOut, stats.requestsOut, (method) => ({ method }));
      fill(responsesIn, stats.responsesIn, methodAndCode);
      fill(responsesOut, stats.responsesOut, methodAndCode);
      dialogs.set({ type: 'inbound' }, stats.dialogsInbound);
      dialogs.set({ type: 'outbound' }, stats.dialogsOutbound);
      proxied.set(stats.proxiedRequests);
      endpoints.set(stats.registeredFlows);
      apps.set(stats.applications);
      for (const [metric, of] of gauges) metric.set(of(stats));
      for (const [limit, count] of Object.entries(stats.refusedByLimit)) limited.set({ limit }, count);
      return registry.metrics();
    },
  };
};

/**
 * Serves `/metrics`.
 *
 * @throws the system's error when the address can't be bound
 */
export const serveMetrics = async (
  metrics: ReturnType<typeof createMetrics>,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<Server> => {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
};
