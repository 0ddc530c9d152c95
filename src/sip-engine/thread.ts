import type { Worker } from 'node:worker_threads';
import { startThread } from '../base/thread.ts';
import type { EngineCall, EngineMethod, EngineNews } from './engine-worker.ts';
import type { BanChange, SipEngine, SipEngineOptions } from './types.ts';

type Ready = Extract<EngineNews, { news: 'ready' }>;

const ended = (code: number): Error => new Error(`the SIP engine's thread ended with code ${code}`);

const errorOf = ({ message, code }: { message: string; code: string | undefined }): Error =>
  Object.assign(new Error(message), code !== undefined && { code });

/** The engine's thread has told that it runs, or it has failed. */
const started = (worker: Worker): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number): void => reject(ended(code));
    const onMessage = (news: EngineNews): void => {
      worker.off('error', reject);
      worker.off('exit', onExit);
      if (news.news === 'ready') resolve(news);
      else if (news.news === 'failed') reject(errorOf(news));
    };
    worker.once('message', onMessage);
    worker.once('error', reject);
    worker.once('exit', onExit);
  });

type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void };

/**
 * Starts the engine in a worker thread of its own.
 *
 * @throws the system's error when a point can't be bound
 */
export const startSipEngineThread = async (options: SipEngineOptions): Promise<SipEngine> => {
  const worker = startThread(import.meta.url, './engine-worker', { workerData: options, name: 'sip-engine' });
  const ready = await started(worker);
  const waiting = new Map<number, Waiting>();
  const exitListeners: ((error: Error) => void)[] = [];
  const banListeners: ((change: BanChange) => void)[] = [];
  let next = 1;
  let closing: Promise<void> | undefined;
  let dead: Error | undefined;

  const died = (error: Error): void => {
    if (dead !== undefined) return;
    dead = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (closing === undefined) for (const listener of exitListeners) listener(error);
  };
  worker.on('error', died);
  worker.on('exit', (code) => died(ended(code)));
  worker.on('message', (news: EngineNews) => {
    if (news.news === 'ban') for (const listener of banListeners) listener(news.change);
    if (news.news !== 'answer' && news.news !== 'refused') return;
    const asked = waiting.get(news.id);
    waiting.delete(news.id);
    if (news.news === 'answer') asked?.resolve(news.value as never);
    else asked?.reject(errorOf(news));
  });

  const ask = <M extends EngineMethod>(
    method: M,
    ...[argument]: Parameters<SipEngine[M]>
  ): Promise<Awaited<ReturnType<SipEngine[M]>>> => {
    if (dead !== undefined) return Promise.reject(dead);
    const id = next++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      const call: EngineCall = { id, method, argument };
      worker.postMessage(call);
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
      ask('setAdmission', admission).catch(() => {});
    },
    setTls: (tls) => ask('setTls', tls),
    bans: () => ask('bans'),
    ban: (ban) => ask('ban', ban),
    unban: (cidr) => ask('unban', cidr),
    onBan(listener) {
      banListeners.push(listener);
    },
    stats: () => ask('stats'),
    onExit(listener) {
      if (dead !== undefined && closing === undefined) listener(dead);
      else exitListeners.push(listener);
    },
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
};
