import { reply, settle } from '../dialog/reply.ts';
import type { Core, Incoming } from '../dialog/types.ts';
import { headerValues, parseUri } from '../message/index.ts';
import type { SipRequest, SipUri } from '../message/types.ts';
import { createClientTransactions, type TransactionBase } from '../transaction/index.ts';
import { onTransactionFailed } from './branches.ts';
import { createChallenges } from './challenges.ts';
import type { Branch, Context, Destination } from './context.ts';
import {
  abort,
  advance,
  type ForkTools,
  onBranchFailed,
  onBranchLate,
  onBranchResponse,
  onCallerCancelled,
} from './forking.ts';
import { hopsLeft } from './headers.ts';
import { createMarks } from './marks.ts';
import { relayRequest, relayResponse } from './relay.ts';
import { type Routing, takeOwnRoutes } from './routes.ts';
import type { ProxyPlan, ProxyReport, SipProxy } from './types.ts';

export type { Proxied, ProxyPlan, ProxyReport, SipProxy } from './types.ts';

export type ProxyParts = {
  readonly base: TransactionBase;
  /** Asked for when the first message comes, not before. */
  readonly core: () => Core;
  /** Signs what later messages of a call are known by. */
  readonly secret: string;
};

const TOO_MANY_HOPS = 'Rejected with 483 Too Many Hops due to Max-Forwards value of 0';

/** Why a request can't go on from here (RFC 3261 16.3): status, further lines, and the reason in words. */
const objection = (request: SipRequest): readonly [number, string, string] | undefined => {
  if (hopsLeft(request) < 0) return [483, '', TOO_MANY_HOPS];
  const required = headerValues(request, 'proxy-require');
  if (required.length === 0) return undefined;
  return [
    420,
    `Unsupported: ${required.join(', ')}\r\n`,
    'error proxying request: Proxy-Require not supported',
  ];
};

const isOwnHost = (core: Core, uri: SipUri | undefined): boolean =>
  uri !== undefined && core.transports.isOwnAddress(uri.host, uri.port);

/**
 * Destinations in the order to be tried: those whose challenge the request meets come first, and of the plan only what follows
 * them; all that a fork has left when it forks.
 */
const orderOf = (plan: ProxyPlan, challengers: readonly string[]): readonly string[] => {
  const last = challengers.at(-1);
  if (last === undefined) return plan.destinations;
  const at = plan.destinations.indexOf(last);
  return plan.simultaneous || at < 0 ? challengers : [...challengers, ...plan.destinations.slice(at + 1)];
};

/** Stateful proxying (RFC 3261 16) of requests that an application hands over, and the relay of what follows them. */
export const createProxy = ({ base, core: coreOf, secret }: ProxyParts): SipProxy => {
  const marks = createMarks(secret);
  const contexts = new Set<Context>();
  const transactions = createClientTransactions<Branch>(base, {
    response: (transaction, response, received) => onBranchResponse(tools, transaction, response, received),
    failed: (transaction, reason) => {
      if (transaction.method !== 'CANCEL')
        onTransactionFailed(tools, transaction.owner, transaction.target, reason);
    },
  });
  const tools: ForkTools = {
    get core() {
      return coreOf();
    },
    marks,
    transactions,
    challenges: createChallenges(coreOf),
    contexts,
    failed: (branch, status) => onBranchFailed(tools, branch, status),
    late: (branch) => onBranchLate(tools, branch),
  };

  /** Takes the request out of the application's hands. */
  const takeOver = (incoming: Incoming, plan: ProxyPlan, report: ProxyReport, uris: SipUri[]): Context => {
    const core = coreOf();
    const { request } = incoming;
    const { callId } = request.core;
    const isOwnRoute = (uri: SipUri): boolean =>
      marks.readRoute(uri, callId) !== undefined || isOwnHost(core, uri);
    const routing: Routing = takeOwnRoutes(request, isOwnRoute);
    const replaces = isOwnHost(core, parseUri(routing.uri));
    const queue: Destination[] = uris.map((uri) => ({ uri, replaces }));
    const context: Context = {
      incoming,
      plan,
      report,
      routing,
      branches: [],
      queue,
      seen: new Set(),
      redirects: 0,
      candidates: [],
      cancelled: false,
      finished: false,
      told: false,
    };
    settle(core, incoming);
    incoming.proxied = { cancel: (request) => onCallerCancelled(tools, context, request) };
    contexts.add(context);
    return context;
  };

  return {
    start(txn, plan, report) {
      const core = coreOf();
      const incoming = core.incoming.get(txn);
      if (incoming === undefined || incoming.answered) {
        report.refused(`Unknown transaction id: ${txn}`);
        return;
      }
      const { request, transaction } = incoming;
      const refusal = objection(request);
      if (refusal !== undefined) {
        settle(core, incoming);
        reply(core, transaction, refusal[0], refusal[1]);
        report.refused(refusal[2]);
        return;
      }
      const order = orderOf(plan, tools.challenges.take(request));
      const uris: SipUri[] = [];
      for (const text of order) {
        const uri = parseUri(text);
        if (uri === undefined || uri.scheme === 'other') {
          report.refused(`error proxying request to ${text}`);
          return;
        }
        uris.push(uri);
      }
      const context = takeOver(incoming, plan, report, uris);
      if (!plan.fullResponse) {
        context.told = true;
        report.done();
      }
      advance(tools, context);
    },
    relay: (request, received) => relayRequest({ core: coreOf(), marks }, request, received),
    receive: (response, received) =>
      transactions.receive(response, received) || relayResponse({ core: coreOf(), marks }, response),
    flowClosed: (flow) => transactions.flowClosed(flow),
    get size() {
      return contexts.size;
    },
    get transactions() {
      return transactions.size;
    },
    close() {
      for (const context of contexts) abort(tools, context);
      contexts.clear();
    },
  };
};
