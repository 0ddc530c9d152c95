import { countResponse } from '../dialog/counts.ts';
import { headerValues, serializeMessage } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { ClientTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import {
  type BranchTools,
  cancelBranch,
  depart,
  dispatchCancel,
  isInvite,
  restartTimerC,
  stopTimers,
  tryNextPlace,
} from './branches.ts';
import type { Challenges } from './challenges.ts';
import { type Candidate, isChallenge, redirectTargets } from './choice.ts';
import { type Branch, type Context, type Destination, isAwaited, newBranch } from './context.ts';
import { requestUri } from './routes.ts';
import { localCandidate, passOn, sendBest, tellDone, tellFinal } from './upstream.ts';

/** What forking works with. */
export type ForkTools = BranchTools & {
  readonly challenges: Challenges;
  readonly contexts: Set<Context>;
};

const MOST_REDIRECTS = 10;

/** For the losers of a fork, so that they show no missed call (RFC 3326). */
const ELSEWHERE = 'Reason: SIP ;cause=200 ;text="Call completed elsewhere"\r\n';

/** Starts the next destination, or all of them; when nothing is left to wait for, the best failure goes to the caller. */
export const advance = (tools: ForkTools, context: Context): void => {
  if (context.finished) {
    release(tools, context);
    return;
  }
  const { simultaneous } = context.plan;
  const free = simultaneous || context.branches.every(({ ended, late }) => ended || late);
  if (context.queue.length > 0 && free) {
    const started = context.queue.splice(0, simultaneous ? context.queue.length : 1).map((destination) => {
      context.seen.add(requestUri(destination.uri));
      return newBranch(context, destination);
    });
    context.branches.push(...started);
    for (const branch of started) if (!branch.ended) depart(tools, branch);
    return;
  }
  if (context.queue.length === 0 && !context.branches.some(isAwaited)) conclude(tools, context);
};

const conclude = (tools: ForkTools, context: Context): void => {
  const { core, challenges } = tools;
  const { response } = sendBest(core, context);
  if (isChallenge(response.status)) {
    const asking = context.candidates.filter((other) => isChallenge(other.response.status));
    challenges.remember(
      context.incoming.request,
      asking.map(({ destination }) => destination),
    );
  }
  tellDone(context);
  release(tools, context);
};

const release = ({ contexts }: ForkTools, context: Context): void => {
  if (context.finished && context.branches.every(({ ended }) => ended)) contexts.delete(context);
};

/** Nothing new is tried, and what is under way is withdrawn. */
const stopAll = (tools: ForkTools, context: Context, lines: string): void => {
  context.queue = [];
  for (const branch of context.branches) cancelBranch(tools, branch, lines);
};

/** The Contacts of a redirection that had no turn yet become destinations (RFC 3261 16.5). False when there are none. */
const recurse = (context: Context, response: SipResponse): boolean => {
  if (!context.plan.followRedirects || context.cancelled || response.status >= 400) return false;
  const secure = context.incoming.request.uri.toLowerCase().startsWith('sips:');
  const fresh: Destination[] = [];
  for (const uri of redirectTargets(response)) {
    const text = requestUri(uri);
    if (context.redirects >= MOST_REDIRECTS || context.seen.has(text)) continue;
    if (secure && uri.scheme !== 'sips') continue;
    context.redirects += 1;
    context.seen.add(text);
    fresh.push({ uri, replaces: true });
  }
  context.queue = [...fresh, ...context.queue];
  return fresh.length > 0;
};

/** Weighs what a branch ended with (RFC 3261 16.7, 4 and 5). */
const consider = (tools: ForkTools, context: Context, candidate: Candidate): void => {
  const { status } = candidate.response;
  context.candidates.push(candidate);
  if (status >= 600) stopAll(tools, context, '');
  // The caller has to answer it before anything else makes sense.
  else if (isChallenge(status) && !context.plan.simultaneous) context.queue = [];
};

const endBranch = (tools: ForkTools, branch: Branch): void => {
  branch.ended = true;
  stopTimers(tools, branch);
};

/** A branch ended without a response of the network. */
export const onBranchFailed = (tools: ForkTools, branch: Branch, status: 408 | 487 | 503): void => {
  const { context } = branch;
  endBranch(tools, branch);
  if (!context.finished && !branch.late)
    consider(tools, context, localCandidate(context, status, branch.destination.uri.raw));
  advance(tools, context);
};

/** A branch took too long (RFC 3261 16.8): it is withdrawn, and the next one has its turn. */
export const onBranchLate = (tools: ForkTools, branch: Branch): void => {
  const { context } = branch;
  branch.late = true;
  cancelBranch(tools, branch, '');
  if (!context.finished) consider(tools, context, localCandidate(context, 408, branch.destination.uri.raw));
  advance(tools, context);
};

/** The caller withdrew (RFC 3261 16.10). */
export const onCallerCancelled = (tools: ForkTools, context: Context, cancel: SipRequest): void => {
  if (context.finished || context.cancelled) return;
  context.cancelled = true;
  const reasons = headerValues(cancel, 'reason').map((value) => `Reason: ${value}\r\n`);
  stopAll(tools, context, reasons.join(''));
  advance(tools, context);
};

const onProvisional = (tools: ForkTools, branch: Branch, response: SipResponse): void => {
  const { core } = tools;
  branch.provisional = true;
  core.timers.clear(branch.silence);
  if (branch.cancel === 'held') dispatchCancel(tools, branch);
  if (response.status === 100 || branch.ended || branch.cancel !== 'none') return;
  restartTimerC(tools, branch);
  if (!branch.context.finished) passOn(core, branch.context, response);
};

/** 2xx: the caller gets it at once, of an INVITE each one; the other branches are withdrawn (RFC 3261 16.7, 5 and 10). */
const onSuccess = (tools: ForkTools, branch: Branch, response: SipResponse, received: Received): void => {
  const { core } = tools;
  const { context, accepted } = branch;
  if (context.finished && !isInvite(branch)) return;
  branch.accepted = true;
  if (!accepted) {
    endBranch(tools, branch);
    tellFinal(context, response, received.remote, received.size);
    if (isInvite(branch)) {
      const text = serializeMessage(response).toString();
      core.cdr({ type: 'start', source: 'network', text, role: 'proxy-uac' });
    }
  }
  passOn(core, context, response);
  if (accepted) return;
  stopAll(tools, context, ELSEWHERE);
  tellDone(context);
  release(tools, context);
};

const onRefusal = (tools: ForkTools, branch: Branch, response: SipResponse, received: Received): void => {
  const { context, destination } = branch;
  if (branch.ended) return;
  // Another place may do for one that is overloaded (RFC 3263 4.3).
  if (response.status === 503 && !branch.provisional && tryNextPlace(tools, branch)) return;
  endBranch(tools, branch);
  tellFinal(context, response, received.remote, received.size);
  if (isInvite(branch)) {
    const text = serializeMessage(response).toString();
    const reason = context.cancelled ? 'call-canceled' : 'call-rejected';
    tools.core.cdr({ type: 'stop', source: 'network', text, reason });
  }
  if (!context.finished && !recurse(context, response))
    consider(tools, context, { response, destination: destination.uri.raw, local: false });
  advance(tools, context);
};

/** A response to a branch. */
export const onBranchResponse = (
  tools: ForkTools,
  transaction: ClientTransaction<Branch>,
  response: SipResponse,
  received: Received,
): void => {
  const { core } = tools;
  const { status } = response;
  countResponse(core.counters.responsesIn, transaction.method, status);
  if (transaction.method === 'CANCEL') return;
  const branch = transaction.owner;
  if (status === 503) core.locator.failed(transaction.target.remote);
  else core.locator.answered(transaction.target.remote);
  if (status < 200) onProvisional(tools, branch, response);
  else if (status < 300) onSuccess(tools, branch, response, received);
  else onRefusal(tools, branch, response, received);
};

/** Gives up a request since the engine ends. */
export const abort = (tools: ForkTools, context: Context): void => {
  stopAll(tools, context, '');
  if (!context.finished) {
    tools.core.server.respond(context.incoming.transaction, 503, unavailable(context));
    context.finished = true;
  }
  tellDone(context);
};

const unavailable = (context: Context): Buffer => {
  const { status, reason, headers, body } = localCandidate(context, 503, '').response;
  return serializeMessage({ kind: 'response', status, reason, headers, body });
};
