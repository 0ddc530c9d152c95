import { ownSide, viaText } from '../dialog/text.ts';
import type { Core } from '../dialog/types.ts';
import { header, headerValue, headerValues, serializeMessage } from '../message/index.ts';
import type { HeaderField, SipRequest } from '../message/types.ts';
import type { RequestParts, Target } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { forwardedHeaders } from './headers.ts';
import type { Marks } from './marks.ts';
import type { Routing } from './routes.ts';

/** A request ready for one place. */
export type Composed = { readonly branch: string; readonly bytes: Buffer; readonly parts: RequestParts };

/** What is to be sent on. */
export type Passage = {
  readonly request: SipRequest;
  readonly received: Received;
  readonly routing: Routing;
  readonly set: readonly HeaderField[];
  readonly record: boolean;
};

/** The number of a listening point, as branches of ours name it. */
export const pointNumber = (core: Core, received: Received): number =>
  Math.max(0, core.transports.listenPoints.indexOf(received.local));

const recordUri = (protocol: string, place: string, user: string): string =>
  `<sip:${user}@${place}${protocol === 'udp' ? '' : `;transport=${protocol}`};lr>`;

/** The stream its sender is reached by, when nobody stands between: its Contact may lead nowhere (RFC 5626 5.1). */
const edgeFlow = ({ headers }: SipRequest, { flow }: Received): string | undefined => {
  const vias = headerValues({ headers }, 'via').length;
  return vias === 1 && !headers.some(({ key }) => key === 'record-route') ? flow?.id : undefined;
};

/**
 * Our Record-Route, or the Path of a REGISTER (RFC 3327): one value where both sides see us alike, else one for each side, the
 * next hop's on top (RFC 5658).
 */
const recordsOf = (core: Core, marks: Marks, passage: Passage, target: Target): HeaderField[] => {
  const { request, received } = passage;
  const name = request.method === 'REGISTER' ? 'Path' : 'Record-Route';
  const { callId } = request.core;
  const inside = ownSide(core, received.local, received.remote.address);
  const outside = ownSide(core, target.local, target.remote.address);
  const flow = edgeFlow(request, received);
  const one = (own: typeof inside, flowId: string | undefined): HeaderField =>
    header(name, recordUri(own.protocol, own.place, marks.routeUser(callId, flowId)));
  const alike = inside.protocol === outside.protocol && inside.place === outside.place;
  if (alike && flow === undefined && target.flow === undefined) return [one(outside, undefined)];
  return [one(outside, target.flow?.id), one(inside, flow)];
};

/** Writes a request for one place: our Via on top, the branch signed for its way back. */
export const compose = (
  core: Core,
  marks: Marks,
  passage: Passage,
  target: Target,
  branch: string,
): Composed => {
  const { request, routing, set, record } = passage;
  const via = viaText(ownSide(core, target.local, target.remote.address), branch);
  const headers = forwardedHeaders(request, {
    via,
    records: record ? recordsOf(core, marks, passage, target) : [],
    routes: routing.routes,
    set,
  });
  const bytes = serializeMessage({
    kind: 'request',
    method: request.method,
    uri: routing.uri,
    headers,
    body: request.body,
  });
  const { callId, cseq } = request.core;
  return {
    branch,
    bytes,
    parts: {
      uri: routing.uri,
      via,
      from: headerValue(request, 'from') ?? '',
      to: headerValue(request, 'to') ?? '',
      callId,
      cseq: cseq.number,
      routes: routing.routes,
    },
  };
};
