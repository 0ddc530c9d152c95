import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomToken } from '../../base/ids.ts';
import type { MessageCore, SipUri, Via } from '../message/types.ts';

/** What a branch of ours says: the listening point its request came by, and whether nothing is remembered of it. */
export type BranchMark = { readonly point: number; readonly stateless: boolean };

/** What a Record-Route of ours says: the stream that its side of the dialog is reached by, if there is one. */
export type RouteMark = { readonly flowId: string | undefined };

/**
 * Signed marks in our Via branches and Record-Routes. What carries one was made here for this very call, so that nobody can
 * have a request relayed or a response reflected by us, though we remember nothing of it.
 */
export type Marks = {
  /** A new branch for a request that came with this top Via, by the listening point of this number. */
  branch(core: MessageCore, point: number): string;
  /** The same each time, as the relay of retransmissions, CANCEL and ACK needs it (RFC 3261 16.11). */
  statelessBranch(core: MessageCore, point: number): string;
  /** Reads the branch of a response whose Via below ours is `next`; undefined when it is none of ours. */
  readBranch(core: MessageCore, next: Via): BranchMark | undefined;
  /** User part of a Record-Route URI. */
  routeUser(callId: string, flowId: string | undefined): string;
  /** Reads a Route of ours; undefined when it is none. */
  readRoute(uri: SipUri, callId: string): RouteMark | undefined;
};

/** 72 bits. */
const LENGTH = 12;
const BRANCH = /^z9hG4bK(\d+)\.([\w-]{12})\.(\w+)$/;
const ROUTE = /^([\w-]{12})(?:\.([\w-]+)\.([\w-]+))?$/;
const STATELESS = 's';

/** @param secret what the marks are signed with; they outlive a restart with the same one */
export const createMarks = (secret: string): Marks => {
  const key = createHmac('sha256', secret).update('proxy marks').digest();
  // Streams do not outlive a restart, and their ids begin anew.
  const run = randomBytes(4).toString('hex');

  const sign = (text: string): string =>
    createHmac('sha256', key).update(text).digest('base64url').slice(0, LENGTH);

  const isSigned = (text: string, mark: string): boolean =>
    timingSafeEqual(Buffer.from(sign(text)), Buffer.from(mark));

  /** What a response brings back unchanged. */
  const branchText = (core: MessageCore, next: Via, point: string, end: string): string => {
    const { transport, host, port, branch, parameters } = next;
    const sentBy = `${transport}|${host.toLowerCase()}|${port ?? ''}`;
    const origin = `${parameters.get('received') ?? ''}|${parameters.get('rport') ?? ''}`;
    const kind = end === STATELESS ? STATELESS : '';
    return `branch|${point}|${kind}|${branch}|${sentBy}|${origin}|${core.callId}|${core.fromTag}|${core.cseq.number}`;
  };

  const routeText = (callId: string, hop: string): string => `route|${hop}|${callId}`;

  const makeBranch = (core: MessageCore, point: number, end: string): string =>
    `z9hG4bK${point}.${sign(branchText(core, core.via, String(point), end))}.${end}`;

  return {
    branch: (core, point) => makeBranch(core, point, randomToken(10)),
    statelessBranch: (core, point) => makeBranch(core, point, STATELESS),
    readBranch(core, next) {
      const [, point, mark, end] = BRANCH.exec(core.via.branch) ?? [];
      if (point === undefined || mark === undefined || end === undefined) return undefined;
      if (!isSigned(branchText(core, next, point, end), mark)) return undefined;
      return { point: Number(point), stateless: end === STATELESS };
    },
    routeUser(callId, flowId) {
      const hop = flowId === undefined ? '' : `.${Buffer.from(flowId).toString('base64url')}.${run}`;
      return `${sign(routeText(callId, hop))}${hop}`;
    },
    readRoute(uri, callId) {
      const user = uri.user ?? '';
      const [, mark, flow, of] = ROUTE.exec(user) ?? [];
      if (mark === undefined || !isSigned(routeText(callId, user.slice(LENGTH)), mark)) return undefined;
      return {
        flowId: flow === undefined || of !== run ? undefined : Buffer.from(flow, 'base64url').toString(),
      };
    },
  };
};
