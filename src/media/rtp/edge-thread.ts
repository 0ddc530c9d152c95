import { errorMessage, FailureError } from '../../base/errors.ts';
import { startThread } from '../../base/thread.ts';
import type {
  EdgeMessage,
  EdgeSettings,
  Input,
  Output,
  RequestMessage,
  RequestType,
  SessionEvent,
} from './messages.ts';
import { createOutbox, NO_ANSWER } from './outbox.ts';

/** The main thread's end of an edge thread. */
export type EdgeThread = {
  /** @throws FailureError when the edge refuses, or its thread died */
  request<T extends RequestType>(type: T, input: Input<T>): Promise<Output<T>>;
  /** A request whose answer nobody waits for; what goes wrong comes as an event, if at all. */
  tell<T extends RequestType>(type: T, input: Input<T>): void;
  /** Hears the events of a session until `forget`. @param died called when the thread is gone */
  attend(session: string, event: (event: SessionEvent) => void, died: () => void): void;
  forget(session: string): void;
  /** Sessions attended to. */
  readonly load: number;
  readonly alive: boolean;
  stop(): Promise<void>;
};

type Waiting = { readonly resolve: (output: unknown) => void; readonly reject: (error: Error) => void };
type Attendant = { readonly event: (event: SessionEvent) => void; readonly died: () => void };

/**
 * Starts an edge thread and waits until it is ready.
 *
 * @param died called once when the thread ends without having been stopped
 * @throws FailureError when it does not start
 */
export const startEdgeThread = async (
  settings: EdgeSettings,
  died: (reason: string) => void,
): Promise<EdgeThread> => {
  const worker = startThread(import.meta.url, './edge-worker', { workerData: settings, name: 'rtp-edge' });
  const waiting = new Map<number, Waiting>();
  const attendants = new Map<string, Attendant>();
  let requests = 0;
  let alive = true;
  let ready = false;
  let stopping = false;
  let reason = 'it ended';
  let settleStart: (error?: Error) => void = () => {};

  const settle = (id: number, use: (waiting: Waiting) => void): void => {
    const request = waiting.get(id);
    waiting.delete(id);
    if (request !== undefined) use(request);
  };

  const hear = (message: EdgeMessage): void => {
    switch (message.type) {
      case 'answer':
        settle(message.id, ({ resolve }) => resolve(message.output));
        break;
      case 'refusal':
        settle(message.id, ({ reject }) => reject(new FailureError(message.message)));
        break;
      case 'event':
        attendants.get(message.session)?.event(message.event);
        break;
      case 'ready':
        ready = true;
        settleStart();
    }
  };
  worker.on('message', (messages: readonly EdgeMessage[]) => messages.forEach(hear));
  worker.on('error', (error) => {
    reason = errorMessage(error);
  });
  worker.on('exit', () => {
    alive = false;
    const gone = new FailureError(`The RTP edge thread died: ${reason}`);
    settleStart(gone);
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(gone));
    const orphans = [...attendants.values()];
    attendants.clear();
    for (const { died: tell } of orphans) tell();
    if (ready && !stopping) died(reason);
  });
  await new Promise<void>((resolve, reject) => {
    settleStart = (error) => (error ? reject(error) : resolve());
  });

  // Waking the other thread costs more than the message: what is said in one breath goes in one.
  const post = createOutbox<RequestMessage>((messages) => worker.postMessage(messages));

  return {
    request<T extends RequestType>(type: T, input: Input<T>): Promise<Output<T>> {
      if (!alive) return Promise.reject(new FailureError('The RTP edge thread is gone'));
      requests += 1;
      const message: RequestMessage = { id: requests, type, input };
      return new Promise((resolve, reject) => {
        waiting.set(message.id, { resolve: (output) => resolve(output as Output<T>), reject });
        post(message);
      });
    },
    tell(type, input) {
      if (alive) post({ id: NO_ANSWER, type, input });
    },
    attend(session, event, gone) {
      attendants.set(session, { event, died: gone });
    },
    forget(session) {
      attendants.delete(session);
    },
    get load() {
      return attendants.size;
    },
    get alive() {
      return alive;
    },
    async stop() {
      stopping = true;
      await worker.terminate();
    },
  };
};
