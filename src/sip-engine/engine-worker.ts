import { parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../base/errors.ts';
import { createSipEngine } from './engine.ts';
import type { Admission, SipEngine, SipEngineOptions, SipEngineStats } from './types.ts';

/** What the starting thread asks; `id` comes back with the answer. */
export type EngineCall =
  | { readonly id: number; readonly call: 'stats' }
  | { readonly id: number; readonly call: 'close' }
  | { readonly id: number; readonly call: 'admission'; readonly admission: Admission | undefined };

/** What the engine's thread tells. */
export type EngineNews =
  | { readonly news: 'ready'; readonly admin: SipEngine['admin']; readonly hostports: readonly string[] }
  | { readonly news: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly news: 'answer'; readonly id: number; readonly stats: SipEngineStats | undefined };

const serve = async (options: SipEngineOptions): Promise<void> => {
  const tell = (news: EngineNews): void => parentPort?.postMessage(news);
  const engine = await createSipEngine(options).catch((error: unknown) => {
    tell({ news: 'failed', message: errorMessage(error), code: errorCode(error) });
    return undefined;
  });
  if (engine === undefined) return;
  parentPort?.on('message', async (message: EngineCall) => {
    if (message.call === 'admission') return engine.setAdmission(message.admission);
    if (message.call === 'stats')
      return tell({ news: 'answer', id: message.id, stats: await engine.stats() });
    await engine.close();
    tell({ news: 'answer', id: message.id, stats: undefined });
    parentPort?.close();
  });
  tell({ news: 'ready', admin: engine.admin, hostports: engine.hostports });
};

await serve(workerData as SipEngineOptions);
