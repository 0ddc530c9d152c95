import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, FailureError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { openStore, type Store, type StoreOptions } from '../store/index.ts';
import {
  calibrationReport,
  fitSites,
  listExperiments,
  makeComparison,
  makeReport,
  recompute,
  reportExperiment,
  storedExperiments,
} from '../tracking/index.ts';
import { attributionCosts } from './attribution-cost.ts';
import { callsReport } from './calls-report.ts';
import { funnelReport } from './funnel/index.ts';
import { hoursReport } from './hours/index.ts';
import { countBlock, countDay } from './rollup/index.ts';
import type { ReportReply, ReportRequest, ReportResults, ReportWork } from './runner.ts';
import { sourcesReport } from './sources.ts';

const opened: Promise<Store> = openStore({ ...(workerData as StoreOptions), readOnly: true }, silentLogger);
// Whoever asks for a report is told why; nobody else waits for it.
opened.catch(() => undefined);

const again = async (store: Store, digest: string): Promise<ReportResults['attribution-again']> => {
  try {
    return await store.exclusively((file) => recompute(file, digest));
  } catch (error) {
    if (error instanceof FailureError) return { refused: error.message };
    throw error;
  }
};

const perform = (store: Store, work: ReportWork): Promise<ReportResults[ReportWork['type']]> => {
  switch (work.type) {
    case 'delay-laws':
      return store.exclusively((file) => fitSites(file, work.options.at));
    case 'sources':
      return store.exclusively((file) => sourcesReport(file, work.options));
    case 'calls':
      return store.exclusively((file) => callsReport(file, work.options));
    case 'funnel':
      return store.exclusively((file) => funnelReport(file, work.options));
    case 'hours':
      return store.exclusively((file) => hoursReport(file, work.options));
    case 'day':
      return store.exclusively((file) => countDay(file, work.options.day));
    case 'block':
      return store.exclusively((file) => countBlock(file, work.options.day));
    case 'attribution':
      return store.exclusively((file) => {
        const sealed = makeReport(file, work.options);
        return { ...sealed, costs: attributionCosts(file, sealed.report, work.options.now) };
      });
    case 'attribution-models':
      return store.exclusively((file) => makeComparison(file, work.options));
    case 'attribution-again':
      return again(store, work.options.digest);
    case 'calibration':
      return store.exclusively((file) => calibrationReport(file, work.options));
    case 'experiments':
      return store.exclusively((file) => listExperiments(file, work.options.at));
    case 'experiment':
      return store.exclusively((file) => {
        const { id, at } = work.options;
        const experiment = storedExperiments(file).find((each) => each.id === id);
        return experiment === undefined ? null : reportExperiment(file, experiment, at);
      });
  }
};

const answer = async ({ id, work }: ReportRequest): Promise<ReportReply> => {
  try {
    return { id, ok: true, result: await perform(await opened, work) };
  } catch (error) {
    return { id, ok: false, message: errorMessage(error) };
  }
};

parentPort?.on('message', (request: ReportRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
