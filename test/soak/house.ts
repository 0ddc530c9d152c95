import { createSipEngine, type SipEngineOptions, type TlsOptions } from '../../src/sip-engine/index.ts';
import type { Sample } from './verdict.ts';

/** The engine that is watched, alone in a process of its own; asked by messages, each answered by one. */

export type Question =
  | { readonly type: 'start'; readonly options: SipEngineOptions }
  | { readonly type: 'sample' }
  | { readonly type: 'certificate'; readonly tls: TlsOptions }
  | { readonly type: 'stop' };

export type Answer = {
  readonly start: {
    readonly admin: { readonly address: string; readonly port: number };
    readonly hostports: readonly string[];
  };
  readonly sample: Omit<Sample, 'at'>;
  readonly certificate: undefined;
  readonly stop: undefined;
};

let engine: Awaited<ReturnType<typeof createSipEngine>> | undefined;

const handles = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    // Timers come and go with the runtime; the engine counts its own.
    if (kind !== 'Timeout' && kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

const started = () => {
  if (engine === undefined) throw new Error('not started');
  return engine;
};

const answer = async (question: Question): Promise<Answer[Question['type']]> => {
  switch (question.type) {
    case 'start':
      engine = await createSipEngine(question.options);
      return { admin: engine.admin, hostports: engine.hostports };
    case 'sample': {
      // Twice: what the first finds dead may have held on to more.
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      return { heap: heapUsed, rss, handles: handles(), stats: await started().stats() };
    }
    case 'certificate':
      return started()
        .setTls(question.tls)
        .then(() => undefined);
    case 'stop':
      return started()
        .close()
        .then(() => undefined);
  }
};

process.on('message', (question: Question) => {
  answer(question).then(
    (value) => process.send?.({ value }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
