import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, FailureError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { openStore, type Store, type StoreOptions } from '../store/index.ts';
import { makeComparison, makeReport, recompute } from '../tracking/index.ts';
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
    case 'sources':
      return sourcesReport(store.db, work.options);
    case 'attribution':
      return store.exclusively((file) => makeReport(file, work.options));
    case 'attribution-models':
      return store.exclusively((file) => makeComparison(file, work.options));
    case 'attribution-again':
      return again(store, work.options.digest);
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
