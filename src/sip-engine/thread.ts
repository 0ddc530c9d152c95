import type { Worker } from 'node:worker_threads';
import { startThread } from '../base/thread.ts';
import type { EngineCall, EngineNews } from './engine-worker.ts';
import type { SipEngine, SipEngineOptions, SipEngineStats } from './types.ts';

type Ready = Extract<EngineNews, { news: 'ready' }>;

const ended = (code: number): Error => new Error(`the SIP engine's thread ended with code ${code}`);

/** The engine's thread has told that it runs, or it has failed. */
const started = (worker: Worker): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number): void => reject(ended(code));
    const onMessage = (news: EngineNews): void => {
      worker.off('error', reject);
      worker.off('exit', onExit);
      if (news.news === 'ready') {
        resolve(news);
        return;
      }
      if (news.news === 'failed')
        reject(Object.assign(new Error(news.message), news.code && { code: news.code }));
    };
    worker.once('message', onMessage);
    worker.once('error', reject);
    worker.once('exit', onExit);
  });

/**
 * Starts the engine in a worker thread of its own.
 *
 * @throws the system's error when a point can't be bound
 */
export const startSipEngineThread = async (options: SipEngineOptions): Promise<SipEngine> => {
  const worker = startThread(import.meta.url, './engine-worker', { workerData: options, name: 'sip-engine' });
  const ready = await started(worker);
  const waiting = new Map<
    number,
    { resolve: (stats: SipEngineStats | undefined) => void; reject: (error: Error) => void }
  >();
  const listeners: ((error: Error) => void)[] = [];
  let next = 1;
  let closing: Promise<void> | undefined;
  let dead: Error | undefined;

  const died = (error: Error): void => {
    if (dead !== undefined) return;
    dead = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (closing === undefined) for (const listener of listeners) listener(error);
  };
  worker.on('error', died);
  worker.on('exit', (code) => died(ended(code)));
  worker.on('message', (news: EngineNews) => {
    if (news.news !== 'answer') return;
    waiting.get(news.id)?.resolve(news.stats);
    waiting.delete(news.id);
  });

  const ask = (call: 'stats' | 'close'): Promise<SipEngineStats | undefined> => {
    if (dead !== undefined) return Promise.reject(dead);
    const id = next++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      const message: EngineCall = { id, call };
      worker.postMessage(message);
    });
  };

  const shutDown = async (): Promise<void> => {
    if (dead === undefined) await ask('close').catch(() => undefined);
    await worker.terminate();
  };

  return {
    admin: ready.admin,
    hostports: ready.hostports,
    setAdmission(admission) {
      const message: EngineCall = { id: next++, call: 'admission', admission };
      worker.postMessage(message);
    },
    async stats() {
      const stats = await ask('stats');
      if (stats === undefined) throw new Error("the SIP engine's thread gave no statistics");
      return stats;
    },
    onExit(listener) {
      if (dead !== undefined && closing === undefined) listener(dead);
      else listeners.push(listener);
    },
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
};
