import { parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../base/errors.ts';
import { createSipEngine } from './engine.ts';
import type { BanChange, SipEngine, SipEngineOptions } from './types.ts';

/** What the starting thread can ask for: the engine's own methods, but for its listeners. */
export type EngineMethod = 'setAdmission' | 'setTls' | 'bans' | 'ban' | 'unban' | 'stats' | 'close';

/** A call of a method; `id` comes back with the answer. */
export type EngineCall = {
  readonly id: number;
  readonly method: EngineMethod;
  readonly argument: unknown;
};

type Failure = { readonly message: string; readonly code: string | undefined };

/** What the engine's thread tells. */
export type EngineNews =
  | { readonly news: 'ready'; readonly admin: SipEngine['admin']; readonly hostports: readonly string[] }
  | ({ readonly news: 'failed' } & Failure)
  | { readonly news: 'answer'; readonly id: number; readonly value: unknown }
  | ({ readonly news: 'refused'; readonly id: number } & Failure)
  | { readonly news: 'ban'; readonly change: BanChange };

const failure = (error: unknown): Failure => ({ message: errorMessage(error), code: errorCode(error) });

const serve = async (options: SipEngineOptions): Promise<void> => {
  const tell = (news: EngineNews): void => parentPort?.postMessage(news);
  const engine = await createSipEngine(options).catch((error: unknown) => {
    tell({ news: 'failed', ...failure(error) });
    return undefined;
  });
  if (engine === undefined) return;
  engine.onBan((change) => tell({ news: 'ban', change }));
  parentPort?.on('message', async ({ id, method, argument }: EngineCall) => {
    try {
      const value: unknown = await engine[method](argument as never);
      tell({ news: 'answer', id, value });
    } catch (error) {
      tell({ news: 'refused', id, ...failure(error) });
    }
    if (method === 'close') parentPort?.close();
  });
  tell({ news: 'ready', admin: engine.admin, hostports: engine.hostports });
};

await serve(workerData as SipEngineOptions);
