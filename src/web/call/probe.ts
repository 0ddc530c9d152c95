import type { UserAgent, Web } from 'sip.js';

export type ProbeTimes = {
  /** How often is asked, and how long an answer may take, milliseconds. */
  readonly everyMs: number;
  readonly waitMs: number;
};

/** Finds out when the other end of a WebSocket is gone though nobody closed it: by a question that stays unanswered. */
export type Probe = {
  /** Looks after the WebSocket that the agent has now, until told to stop. */
  start(): void;
  /** Asks at once. @returns whether an answer came within `waitMs`, or that of the probe; never rejects */
  ask(waitMs?: number): Promise<boolean>;
  stop(): void;
};

/** Keep-alive of RFC 5626 3.5.1, which RFC 7118 6 keeps over WebSocket: answered by one line break. */
const QUESTION = '\r\n\r\n';

/**
 * @param agent whose transport is disconnected when there is no answer
 * @param wanted whether anybody still wants the connection
 */
export const createProbe = (
  agent: () => UserAgent | undefined,
  wanted: () => boolean,
  { everyMs, waitMs }: ProbeTimes,
): Probe => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const waiters = new Set<() => void>();

  const socketOf = (current: UserAgent | undefined): WebSocket | undefined =>
    (current?.transport as Web.Transport | undefined)?.ws;

  const ask = (limitMs = waitMs): Promise<boolean> => {
    const current = agent();
    const socket = socketOf(current);
    if (!current || !socket) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (heard: boolean): void => {
        clearTimeout(late);
        waiters.delete(hear);
        resolve(heard);
      };
      const hear = (): void => settle(true);
      const late = setTimeout(() => {
        const same = socketOf(current) === socket;
        if (same && wanted()) void current.transport.disconnect().catch(() => undefined);
        settle(false);
      }, limitMs);
      waiters.add(hear);
      current.transport.send(QUESTION).catch(() => undefined);
    });
  };

  const stop = (): void => clearInterval(timer);

  return {
    start: () => {
      socketOf(agent())?.addEventListener('message', () => {
        for (const hear of [...waiters]) hear();
      });
      stop();
      timer = setInterval(() => void ask(), everyMs);
    },
    ask,
    stop,
  };
};
