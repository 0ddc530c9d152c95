import { count } from '../dialog/counts.ts';
import { noteTransportFailure } from '../dialog/send.ts';
import type { Core } from '../dialog/types.ts';
import { buildCancel, type ClientTransactions, type Target } from '../transaction/index.ts';
import { type Composed, compose, type Passage, pointNumber } from './compose.ts';
import type { Branch } from './context.ts';
import type { Marks } from './marks.ts';
import { overTcp, type Place, placesOf, targetOf } from './places.ts';
import { type Course, courseOf, requestUri } from './routes.ts';

/** What branches work with. */
export type BranchTools = {
  readonly core: Core;
  readonly marks: Marks;
  readonly transactions: ClientTransactions<Branch>;
  /** The branch ended without a response of the network. */
  failed(branch: Branch, status: 408 | 487 | 503): void;
  /** The branch took too long; it may still answer. */
  late(branch: Branch): void;
};

export const isInvite = ({ context }: Branch): boolean => context.incoming.request.method === 'INVITE';

export const stopTimers = ({ core }: BranchTools, branch: Branch): void => {
  core.timers.clear(branch.silence);
  core.timers.clear(branch.patience);
  core.timers.clear(branch.expiry);
};

type Due = { readonly tools: BranchTools; readonly branch: Branch };

const tooLate = ({ tools, branch }: Due): void => {
  if (!branch.ended && !branch.late && branch.cancel === 'none') tools.late(branch);
};

/** No final response 64·T1 after the CANCEL (RFC 3261 9.1). */
const cancelExpired = ({ tools, branch }: Due): void => {
  if (branch.ended) return;
  if (branch.transaction !== undefined) tools.transactions.abandon(branch.transaction);
  tools.failed(branch, branch.context.cancelled ? 487 : 408);
};

/** Timer C (RFC 3261 16.8), started anew by each 101 to 199. */
export const restartTimerC = (tools: BranchTools, branch: Branch): void => {
  if (!isInvite(branch) || branch.cancel !== 'none') return;
  tools.core.timers.clear(branch.expiry);
  branch.expiry = tools.core.timers.set(tools.core.times.c, tooLate, { tools, branch });
};

const startLimits = (tools: BranchTools, branch: Branch): void => {
  const { provisionalTimeout, finalTimeout } = branch.context.plan;
  const due = { tools, branch };
  if (provisionalTimeout !== undefined)
    branch.silence = tools.core.timers.set(provisionalTimeout, tooLate, due);
  if (finalTimeout !== undefined) branch.patience = tools.core.timers.set(finalTimeout, tooLate, due);
  restartTimerC(tools, branch);
};

const start = (
  { core, transactions }: BranchTools,
  branch: Branch,
  composed: Composed,
  target: Target,
): void => {
  const { method } = branch.context.incoming.request;
  count(core.counters.requestsOut, method);
  if (method === 'INVITE')
    core.cdr({ type: 'attempt', source: 'application', text: composed.bytes.toString() });
  branch.transaction = transactions.start({ ...composed, method, target, owner: branch });
};

const courseFor = ({ context, destination }: Branch): Course => {
  const { uri, routes } = context.routing;
  const course = courseOf({ uri: destination.replaces ? requestUri(destination.uri) : uri, routes });
  return routes.length > 0 ? course : { ...course, nextHop: destination.uri };
};

/** Sends to the next place that we have a transport for. False when none is left. */
const departNext = (tools: BranchTools, branch: Branch): boolean => {
  const { core, marks } = tools;
  const { incoming, plan } = branch.context;
  const { received } = incoming.transaction;
  const { request } = incoming;
  const passage: Passage = {
    request,
    received,
    routing: courseFor(branch),
    set: plan.headers,
    record: plan.remainInDialog,
  };
  for (let place = branch.places.shift(); place !== undefined; place = branch.places.shift()) {
    const target = targetOf(core, place);
    if (target === undefined) continue;
    const id = marks.branch(request.core, pointNumber(core, received));
    const composed = compose(core, marks, passage, target, id);
    const tcp = overTcp(core, place, composed.bytes.length);
    if (tcp === undefined) {
      start(tools, branch, composed, target);
      return true;
    }
    branch.places.unshift({ ...place, anySize: true });
    start(tools, branch, compose(core, marks, passage, tcp, id), tcp);
    return true;
  }
  return false;
};

/** Goes to the next place while nothing has come from this one (RFC 3263 4.3). False when none is left. */
export const tryNextPlace = (tools: BranchTools, branch: Branch): boolean =>
  branch.cancel === 'none' && !branch.late && departNext(tools, branch);

const goTo = (tools: BranchTools, branch: Branch, places: readonly Place[]): void => {
  if (branch.ended) return;
  if (branch.cancel !== 'none') {
    tools.failed(branch, branch.context.cancelled ? 487 : 408);
    return;
  }
  branch.places = [...places];
  if (!departNext(tools, branch)) tools.failed(branch, 503);
};

/** Sends a branch on its way; failures come by `failed`. */
export const depart = (tools: BranchTools, branch: Branch): void => {
  startLimits(tools, branch);
  const { nextHop } = courseFor(branch);
  const places = nextHop === undefined ? [] : placesOf(tools.core, nextHop);
  if (places instanceof Promise) places.then((found) => goTo(tools, branch, found));
  else goTo(tools, branch, places);
};

/** Sends the CANCEL of a branch that has had a provisional response (RFC 3261 9.1). */
export const dispatchCancel = (tools: BranchTools, branch: Branch): void => {
  const { transaction } = branch;
  if (transaction === undefined) return;
  const { core, transactions } = tools;
  branch.cancel = 'sent';
  count(core.counters.requestsOut, 'CANCEL');
  transactions.start({
    branch: transaction.branch,
    method: 'CANCEL',
    bytes: Buffer.from(buildCancel(transaction.parts, branch.cancelLines)),
    parts: transaction.parts,
    target: transaction.target,
    owner: branch,
  });
  core.timers.clear(branch.expiry);
  branch.expiry = core.timers.set(64 * core.times.t1, cancelExpired, { tools, branch });
};

/** Withdraws a branch: an INVITE by CANCEL, at once or after its first provisional response; others are just forgotten. */
export const cancelBranch = (tools: BranchTools, branch: Branch, lines: string): void => {
  if (branch.ended || branch.cancel !== 'none') return;
  stopTimers(tools, branch);
  if (!isInvite(branch)) {
    if (branch.transaction !== undefined) tools.transactions.abandon(branch.transaction);
    branch.ended = true;
    return;
  }
  branch.cancel = 'held';
  branch.cancelLines = lines;
  if (branch.provisional) dispatchCancel(tools, branch);
};

/** The transaction got no response, or lost its connection. */
export const onTransactionFailed = (
  tools: BranchTools,
  branch: Branch,
  target: Target,
  reason: 'timeout' | 'transport',
): void => {
  const { core } = tools;
  if (branch.ended || branch.accepted) return;
  core.locator.failed(target.remote);
  if (reason === 'transport') noteTransportFailure(core, target);
  if (!branch.provisional && tryNextPlace(tools, branch)) return;
  if (branch.cancel !== 'none' && branch.context.cancelled) tools.failed(branch, 487);
  else tools.failed(branch, reason === 'timeout' ? 408 : 503);
};
