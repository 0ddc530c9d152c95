import type { Worker } from 'node:worker_threads';
import { FailureError, UsageError } from '../../base/errors.ts';
import { startThread } from '../../base/thread.ts';

export type ConvertRequest = { readonly id: number; readonly bytes: Uint8Array };
export type ConvertReply =
  | { readonly id: number; readonly ok: true; readonly samples: Int16Array }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly isUsage: boolean };

/** Makes prompts of WAV files in a thread of its own: ten minutes of audio delay no call. */
export type Converter = {
  /**
   * The samples of the prompt: one channel, 8 kHz.
   *
   * @throws UsageError as `convertWav`; FailureError when the thread died
   */
  convert(bytes: Buffer): Promise<Int16Array>;
  close(): Promise<void>;
};

type Waiting = { resolve(samples: Int16Array): void; reject(error: Error): void };

/** The thread starts with the first file, and keeps no process alive that has nothing to convert. */
export const createConverter = (): Converter => {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let lastId = 0;

  const settle = (reply: ConvertReply): void => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) thread?.unref();
    if (reply.ok) request?.resolve(reply.samples);
    else request?.reject(reply.isUsage ? new UsageError(reply.message) : new FailureError(reply.message));
  };

  const fail = (why: string): void => {
    thread = undefined;
    for (const { reject } of waiting.values()) reject(new FailureError(why));
    waiting.clear();
  };

  const start = (): Worker => {
    const worker = startThread(import.meta.url, './convert-worker');
    worker.on('message', settle);
    worker.on('error', (error) => {
      if (worker === thread) fail(`The audio could not be converted: ${error.message}`);
    });
    worker.on('exit', () => {
      if (worker === thread) fail('The audio could not be converted: the conversion was stopped');
    });
    return worker;
  };

  return {
    convert: (bytes) =>
      new Promise((resolve, reject) => {
        thread ??= start();
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        thread.ref();
        // A copy goes over: small buffers share one piece of memory, which can't be handed away.
        const request: ConvertRequest = { id: lastId, bytes };
        thread.postMessage(request);
      }),
    close: async () => {
      const closing = thread;
      fail('The audio could not be converted: the gateway stops');
      await closing?.terminate();
    },
  };
};
