import type { Worker } from 'node:worker_threads';
import { FailureError } from '../base/errors.ts';
import { startThread } from '../base/thread.ts';
import type { StoreOptions } from '../store/index.ts';
import type {
  AttributionRequest,
  CalibrationPeriod,
  CalibrationReport,
  ExperimentList,
  ExperimentReport,
  ModelComparison,
  Recomputation,
  SealedReport,
  SiteFit,
} from '../tracking/index.ts';
import type { AttributionCosts } from './attribution-cost.ts';
import type { CallsReport, CallsReportOptions } from './calls-report.ts';
import type { FunnelOptions, FunnelReport } from './funnel/index.ts';
import type { HoursOptions, HoursReport } from './hours/index.ts';
import type { BlockFigures, DayFigures } from './rollup/index.ts';
import type { SourcesReport, SourcesReportOptions } from './sources.ts';

/** What the thread can be asked for. */
export type ReportWork =
  | { readonly type: 'sources'; readonly options: SourcesReportOptions }
  | { readonly type: 'calls'; readonly options: CallsReportOptions }
  | { readonly type: 'funnel'; readonly options: FunnelOptions }
  | { readonly type: 'hours'; readonly options: HoursOptions }
  /** A UTC day's figures, in days since 1970. */
  | { readonly type: 'day'; readonly options: { readonly day: number } }
  /** The same of a block of days, from its first. */
  | { readonly type: 'block'; readonly options: { readonly day: number } }
  | { readonly type: 'attribution'; readonly options: AttributionRequest & { readonly now: number } }
  | { readonly type: 'attribution-models'; readonly options: AttributionRequest }
  /** A report made again, by its digest or the beginning of it. */
  | { readonly type: 'attribution-again'; readonly options: { readonly digest: string } }
  | { readonly type: 'calibration'; readonly options: CalibrationPeriod }
  /** Experiments of the stored plan, as they stand at a time; ms since the epoch. */
  | { readonly type: 'experiments'; readonly options: { readonly at: number } }
  /** One of them, with all figures. */
  | { readonly type: 'experiment'; readonly options: { readonly id: string; readonly at: number } }
  /** How long after a visit calls come, by site, to be written by the gateway. */
  | { readonly type: 'delay-laws'; readonly options: { readonly at: number } };

/** What it answers. */
export type ReportResults = {
  readonly sources: SourcesReport;
  readonly calls: CallsReport;
  readonly funnel: FunnelReport;
  readonly hours: HoursReport;
  readonly day: DayFigures;
  readonly block: BlockFigures;
  /** With what was spent on each row. */
  readonly attribution: SealedReport & { readonly costs: AttributionCosts };
  readonly 'attribution-models': ModelComparison;
  /** `refused`: why it can't be made again. */
  readonly 'attribution-again': Recomputation | { readonly refused: string };
  readonly calibration: CalibrationReport;
  readonly experiments: ExperimentList;
  /** Null: there is none of that id. */
  readonly experiment: ExperimentReport | null;
  readonly 'delay-laws': readonly SiteFit[];
};

export type ReportRequest = { readonly id: number; readonly work: ReportWork };
export type ReportReply =
  | { readonly id: number; readonly ok: true; readonly result: ReportResults[ReportWork['type']] }
  | { readonly id: number; readonly ok: false; readonly message: string };

/** Reports computed off the main thread, on a read-only connection of their own: a long one delays no call. */
export type ReportRunner = {
  /** @throws FailureError when the database can't be read or the thread died */
  sources(options: SourcesReportOptions): Promise<SourcesReport>;
  /** @throws FailureError when the database can't be read or the thread died */
  run<Type extends ReportWork['type']>(
    work: Extract<ReportWork, { type: Type }>,
  ): Promise<ReportResults[Type]>;
  close(): Promise<void>;
};

type Waiting = { resolve(result: ReportResults[ReportWork['type']]): void; reject(error: Error): void };

/**
 * Reports in a worker thread, which starts at the first one and again after a crash.
 *
 * @param options of the store, whose database exists and is up to date
 */
export const createReportRunner = (options: StoreOptions): ReportRunner => {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let lastId = 0;
  let closed = false;

  const settle = (reply: ReportReply): void => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) request?.resolve(reply.result);
    else request?.reject(new FailureError(`The report failed: ${reply.message}`));
  };

  const failAll = (message: string): void => {
    thread = undefined;
    for (const request of waiting.values()) request.reject(new FailureError(message));
    waiting.clear();
  };

  const start = (): Worker => {
    const worker = startThread(import.meta.url, './report-worker', { workerData: options });
    // An idle report thread must not keep a stopping process alive.
    worker.unref();
    worker.on('message', settle);
    worker.on('error', (error) => failAll(`The report thread died: ${error.message}`));
    worker.on('exit', () => {
      if (thread === worker) failAll('The report thread ended');
    });
    return worker;
  };

  const run = <Type extends ReportWork['type']>(
    work: Extract<ReportWork, { type: Type }>,
  ): Promise<ReportResults[Type]> => {
    if (closed) return Promise.reject(new FailureError('Reports are closed: the gateway is stopping'));
    thread ??= start();
    lastId += 1;
    const request: ReportRequest = { id: lastId, work };
    return new Promise((resolve, reject) => {
      // A request is answered by what belongs to its type.
      waiting.set(request.id, { resolve: (result) => resolve(result as ReportResults[Type]), reject });
      thread?.postMessage(request);
    });
  };

  const close = async (): Promise<void> => {
    closed = true;
    const worker = thread;
    failAll('Reports are closed: the gateway is stopping');
    await worker?.terminate();
  };

  return { sources: (options) => run({ type: 'sources', options }), run, close };
};
