import { countResponse } from '../dialog/counts.ts';
import type { Core } from '../dialog/types.ts';
import { buildResponse, reasonPhrase, serializeMessage } from '../message/index.ts';
import type { HeaderField, SipResponse } from '../message/types.ts';
import type { Endpoint } from '../transport/types.ts';
import { type Candidate, chooseBest, otherChallenges } from './choice.ts';
import type { Context } from './context.ts';
import { popVia } from './headers.ts';

type Passed = Candidate['response'];

/** A response made here in place of one that never came. */
export const localCandidate = (context: Context, status: number, destination: string): Candidate => {
  const { headers } = buildResponse(context.incoming.request, status);
  return {
    response: { status, reason: reasonPhrase(status), headers, body: Buffer.alloc(0) },
    destination,
    local: true,
  };
};

/** Closes the report: after it, nothing more is told. */
export const tellDone = (context: Context): void => {
  if (context.told) return;
  context.told = true;
  context.report.done();
};

export const tellFinal = (context: Context, response: SipResponse, from: Endpoint, size: number): void => {
  if (!context.told) context.report.final(response, from, size);
};

/** The course of an INVITE, for those who keep records of calls. */
const tellOfCall = (core: Core, context: Context, status: number, bytes: Buffer): void => {
  if (context.incoming.request.method !== 'INVITE') return;
  const text = bytes.toString();
  if (status < 300) core.cdr({ type: 'start', source: 'application', text, role: 'proxy-uas' });
  else {
    const reason = context.cancelled ? 'call-canceled' : 'call-rejected';
    core.cdr({ type: 'stop', source: 'application', text, reason });
  }
};

const write = ({ status, reason, body }: Passed, headers: readonly HeaderField[]): Buffer =>
  serializeMessage({ kind: 'response', status, reason, headers, body });

/** Sends a response to the caller; of those after the first final one only a 2xx to INVITE (RFC 3261 16.7, 5). */
const send = (core: Core, context: Context, status: number, bytes: Buffer): void => {
  const { transaction, request } = context.incoming;
  countResponse(core.counters.responsesOut, request.method, status);
  if (context.finished) {
    core.server.resend(transaction, bytes);
    return;
  }
  core.server.respond(transaction, status, bytes);
  if (status < 200) return;
  context.finished = true;
  tellOfCall(core, context, status, bytes);
};

/** Passes a response of a branch on as it is, without our Via. */
export const passOn = (core: Core, context: Context, response: SipResponse): void => {
  const popped = popVia(response.headers);
  if (popped !== undefined) send(core, context, response.status, write(response, popped.headers));
};

/**
 * The one response for all failures (RFC 3261 16.7, 6 and 7). 503 becomes 500, since it would keep the caller from asking us
 * for anything else; nothing is said of a request other than INVITE that took too long (RFC 4320 4.2).
 *
 * @returns what was sent, or would have been
 */
export const sendBest = (core: Core, context: Context): Candidate => {
  const { incoming, candidates, cancelled } = context;
  const best = chooseBest(candidates, cancelled) ?? localCandidate(context, cancelled ? 487 : 480, '');
  const { status } = best.response;
  if (status === 408 && incoming.request.method !== 'INVITE') {
    context.finished = true;
    core.server.abandon(incoming.transaction);
    return best;
  }
  const sent = status === 503 ? localCandidate(context, 500, best.destination) : best;
  const headers = sent.local ? sent.response.headers : popVia(sent.response.headers)?.headers;
  if (headers === undefined) {
    // Its sender has lost the caller's Via.
    const { response } = localCandidate(context, 500, best.destination);
    send(core, context, 500, write(response, response.headers));
    return best;
  }
  send(
    core,
    context,
    sent.response.status,
    write(sent.response, [...headers, ...otherChallenges(best, candidates)]),
  );
  return best;
};
