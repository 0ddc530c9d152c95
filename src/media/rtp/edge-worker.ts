import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, FailureError } from '../../base/errors.ts';
import { createEdge } from './edge.ts';
import type { EdgeMessage, EdgeSettings, RequestMessage } from './messages.ts';

const port = parentPort;
if (port === null) throw new Error('The RTP edge runs as a worker thread only');

const say = (message: EdgeMessage): void => port.postMessage(message);
const edge = createEdge(workerData as EdgeSettings, (session, event) =>
  say({ type: 'event', session, event }),
);

const refuse = (id: number, error: unknown): void => {
  const message =
    error instanceof FailureError ? error.message : `The RTP edge failed: ${errorMessage(error)}`;
  say({ type: 'refusal', id, message });
};

port.on('message', ({ id, type, input }: RequestMessage) => {
  // The main thread pairs types and inputs (`EdgeThread.request`).
  const work = edge[type] as (input: unknown) => unknown;
  try {
    const output = work(input);
    if (output instanceof Promise) {
      output.then(
        (value: unknown) => say({ type: 'answer', id, output: value }),
        (error: unknown) => refuse(id, error),
      );
    } else {
      say({ type: 'answer', id, output });
    }
  } catch (error) {
    refuse(id, error);
  }
});

say({ type: 'ready' });
