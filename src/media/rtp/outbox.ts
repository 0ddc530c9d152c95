/** Id of a request that wants no answer. */
export const NO_ANSWER = 0;

/** Collects what is said in one go and hands it on together, before anything else runs. */
export const createOutbox = <T>(send: (messages: readonly T[]) => void): ((message: T) => void) => {
  let waiting: T[] = [];

  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    send(messages);
  };

  return (message) => {
    waiting.push(message);
    if (waiting.length === 1) queueMicrotask(flush);
  };
};
