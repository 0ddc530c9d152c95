import type { CdrEvent, Core } from './types.ts';

type Source = CdrEvent['source'];
type Stop = Extract<CdrEvent, { type: 'stop' }>['reason'];

// The text is put together only when somebody reads it.

/** An INVITE that begins a call. */
export const tellAttempt = (core: Core, source: Source, text: () => string): void =>
  core.cdr({
    type: 'attempt',
    source,
    get text() {
      return text();
    },
  });

/** The 2xx to it. */
export const tellStart = (core: Core, source: Source, role: 'uac' | 'uas', text: () => string): void =>
  core.cdr({
    type: 'start',
    source,
    role,
    get text() {
      return text();
    },
  });

/** Its end: a refusal, or the BYE. */
export const tellStop = (core: Core, source: Source, reason: Stop, text: () => string): void =>
  core.cdr({
    type: 'stop',
    source,
    reason,
    get text() {
      return text();
    },
  });

const OWN_ENDS: Readonly<Record<string, Stop>> = {
  'Session timer expired': 'session-expired',
  'ACK-BYE due to cancel race condition': 'ackbye',
  'CANCEL after 200 OK': 'call-canceled',
  'No Contact in 200 OK': 'system-error-initiated-termination',
};

/** What a BYE of the engine's own counts as. */
export const stopReason = (why: string): Stop => OWN_ENDS[why] ?? 'system-initiated-termination';
