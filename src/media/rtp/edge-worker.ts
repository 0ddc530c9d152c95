import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, FailureError } from '../../base/errors.ts';
import { createEdge } from './edge.ts';
import type { EdgeMessage, EdgeSettings, RequestMessage } from './messages.ts';
import { createOutbox, NO_ANSWER } from './outbox.ts';

const port = parentPort;
if (port === null) throw new Error('The RTP edge runs as a worker thread only');

const say = createOutbox<EdgeMessage>((messages) => port.postMessage(messages));
const edge = createEdge(workerData as EdgeSettings, (session, event) =>
  say({ type: 'event', session, event }),
);

const answer = (id: number, output: unknown): void => {
  if (id !== NO_ANSWER) say({ type: 'answer', id, output });
};

const refuse = (id: number, error: unknown): void => {
  if (id === NO_ANSWER) return;
  const message =
    error instanceof FailureError ? error.message : `The RTP edge failed: ${errorMessage(error)}`;
  say({ type: 'refusal', id, message });
};

const serve = ({ id, type, input }: RequestMessage): void => {
  // The main thread pairs types and inputs (`EdgeThread.request`).
  const work = edge[type] as (input: unknown) => unknown;
  try {
    const output = work(input);
    if (output instanceof Promise) {
      output.then(
        (value: unknown) => answer(id, value),
        (error: unknown) => refuse(id, error),
      );
    } else {
      answer(id, output);
    }
  } catch (error) {
    refuse(id, error);
  }
};

port.on('message', (requests: readonly RequestMessage[]) => requests.forEach(serve));

say({ type: 'ready' });
