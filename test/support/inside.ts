import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { Gateway } from './gateway.ts';
import { until } from './wait.ts';

/** A look into a running gateway's main thread, by V8's inspector. */
export type Inside = {
  /** Bytes in use after garbage collection. */
  heap(): Promise<number>;
  /** What `each` (a function's text) gives for all living instances of a class of mediasoup's, as JSON; promises are waited for. */
  mediasoup<T>(className: 'Worker' | 'Router' | 'Transport', each: string): Promise<readonly T[]>;
  close(): void;
};

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Of what the inspector holds for us. */
const GROUP = 'living';

type Reply = {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: {
    readonly result?: { readonly value?: unknown; readonly objectId?: string; readonly description?: string };
    readonly objects?: { readonly objectId: string };
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  };
};

/** The gateway has to run with `--inspect-port=0` (in NODE_OPTIONS), so that its port is its own. */
export const openInside = async (gateway: Pick<Gateway, 'pid' | 'log'>): Promise<Inside> => {
  process.kill(gateway.pid(), 'SIGUSR1');
  const url = await until('the inspector', () => /Debugger listening on (ws:\S+)/.exec(gateway.log())?.[1]);
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let last = 0;
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.on('message', (data) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });

  const ask = async (method: string, params: object = {}): Promise<NonNullable<Reply['result']>> => {
    last += 1;
    const id = last;
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
    waiting.delete(id);
    const failure = reply.error?.message ?? reply.result?.exceptionDetails?.exception?.description;
    if (failure !== undefined) throw new Error(`${method}: ${failure}`);
    return reply.result ?? {};
  };

  return {
    async heap() {
      // Finalizers run between the two.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      const expression = 'process.memoryUsage().heapUsed';
      return Number((await ask('Runtime.evaluate', { expression })).result?.value);
    },
    async mediasoup<T>(className: string, each: string) {
      const path = `mediasoup/node/lib/${className}.js`;
      const expression = `process.getBuiltinModule('module').createRequire(${JSON.stringify(import.meta.url)}).cache[${JSON.stringify(`${ROOT}node_modules/${path}`)}].exports.${className}Impl.prototype`;
      const prototypeObjectId = (await ask('Runtime.evaluate', { expression })).result?.objectId;
      const objectId = (await ask('Runtime.queryObjects', { prototypeObjectId, objectGroup: GROUP })).objects
        ?.objectId;
      const functionDeclaration = `function () { return Promise.all(this.filter((object) => !Object.hasOwn(object, 'constructor')).map(${each})); }`;
      const call = { objectId, functionDeclaration, awaitPromise: true, returnByValue: true };
      const values = (await ask('Runtime.callFunctionOn', call)).result?.value ?? [];
      // Else the inspector keeps them alive.
      await ask('Runtime.releaseObjectGroup', { objectGroup: GROUP });
      return values as readonly T[];
    },
    close: () => socket.terminate(),
  };
};
