import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { openStore, type Store, type StoreOptions } from '../store/index.ts';
import type { ReportReply, ReportRequest } from './runner.ts';
import { sourcesReport } from './sources.ts';

const opened: Promise<Store> = openStore({ ...(workerData as StoreOptions), readOnly: true }, silentLogger);
// Whoever asks for a report is told why; nobody else waits for it.
opened.catch(() => undefined);

const answer = async ({ id, options }: ReportRequest): Promise<ReportReply> => {
  try {
    const store = await opened;
    return { id, ok: true, report: await sourcesReport(store.db, options) };
  } catch (error) {
    return { id, ok: false, message: errorMessage(error) };
  }
};

parentPort?.on('message', (request: ReportRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
