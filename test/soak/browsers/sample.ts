import type { Inside } from '../../support/inside.ts';
import { holdings } from '../../support/leaks.ts';
import { mediaWorkers } from '../../support/media-workers.ts';
import type { Stage } from '../../support/stage.ts';

/** What the gateway and its mediasoup workers hold. */
export type Sample = {
  readonly calls: number;
  readonly heap: number;
  readonly rss: number;
  readonly workerRss: number;
  readonly fds: number;
  readonly sockets: number;
  readonly threads: number;
  readonly workerFds: number;
  /** Of `/metrics`, by name. */
  readonly gauges: ReadonlyMap<string, number>;
  /** In mediasoup's workers. */
  readonly routers: number;
  /** Living objects of mediasoup in the gateway. */
  readonly transports: number;
};

export const take = async (stage: Stage, inside: Inside, calls: number): Promise<Sample> => {
  const pid = stage.gateway.pid();
  const workers = mediaWorkers(pid).map(holdings);
  const heap = await inside.heap();
  const dumps = await inside.mediasoup<number>(
    'Worker',
    'async (worker) => (worker.closed ? 0 : (await worker.dump()).routerIds.length)',
  );
  const transports = await inside.mediasoup<boolean>('Transport', '({ closed }) => closed');
  const own = holdings(pid);
  return {
    calls,
    heap,
    rss: own.rssBytes,
    workerRss: workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    fds: own.fds,
    sockets: own.sockets,
    threads: own.threads,
    workerFds: workers.reduce((sum, { fds }) => sum + fds, 0),
    gauges: (await stage.gateway.metrics()).matching(GAUGES),
    routers: dumps.reduce((sum, each) => sum + each, 0),
    transports: transports.length,
  };
};

/** Those that fall to what they were before. */
const GAUGES =
  /^dialtrace_(calls_active|media_(sessions|legs|sockets_open|ports_quarantined|recordings)|encryption_(workers|browser_legs|sdes_legs)|sip_(dialogs|server_transactions|client_transactions|timers|connections))$/;

const UNTIL_LATER = /_sip_(client_transactions|server_transactions|timers)$/;

const MEGABYTE = 1024 * 1024;

/** What is there after the last round that was not before the first: sentences. */
export const faultsOf = (
  before: Sample,
  samples: readonly Sample[],
  stage: Stage,
  patient: boolean,
): string[] => {
  const after = samples.at(-1) ?? before;
  const grown = (what: string, was: number, is: number): string[] =>
    is > was ? [`${what}: ${is}, was ${was}`] : [];
  const unfinished = stage.gateway.records.query<{ what: string; n: number }>(
    `SELECT 'calls' AS what, count(*) AS n FROM call WHERE ended_at IS NULL
     UNION ALL SELECT 'legs', count(*) FROM leg WHERE ended_at IS NULL
     UNION ALL SELECT 'recordings', count(*) FROM recording WHERE state NOT IN ('complete', 'empty')`,
  );
  const [settled] = samples;
  const bytes = after.heap - (settled?.heap ?? after.heap);
  return [
    ...[...after.gauges]
      .filter(([name]) => patient || !UNTIL_LATER.test(name))
      .flatMap(([name, value]) => grown(name, before.gauges.get(name) ?? 0, value)),
    ...grown('file descriptors', before.fds, after.fds),
    ...grown('sockets', before.sockets, after.sockets),
    ...grown('threads', before.threads, after.threads),
    ...grown("file descriptors of mediasoup's workers", before.workerFds, after.workerFds),
    ...grown('routers', 0, after.routers),
    ...grown('living transports', 0, after.transports),
    ...unfinished.flatMap(({ what, n }) => grown(`unfinished ${what}`, 0, n)),
    ...(bytes > 3 * MEGABYTE ? [`the heap grew by ${(bytes / MEGABYTE).toFixed(1)} MB`] : []),
    ...(/MaxListeners|unhandled|uncaught/i.exec(stage.gateway.log()) ?? []),
  ];
};

/** One line for people. */
export const describe = (sample: Sample): string =>
  [
    `${sample.calls} calls`.padStart(10),
    `heap ${(sample.heap / MEGABYTE).toFixed(2)} MB`,
    `rss ${Math.round(sample.rss / MEGABYTE)} MB`,
    `workers ${Math.round(sample.workerRss / MEGABYTE)} MB`,
    `fds ${sample.fds}`,
    `routers ${sample.routers}`,
    `transports ${sample.transports}`,
  ].join('  ');
