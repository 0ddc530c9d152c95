import { firstInvite } from './peer-invite.ts';
import {
  cseqOf,
  type Header,
  type HostPort,
  header,
  headers,
  hostPortOf,
  need,
  newBranch,
  parseSip,
  type SipMessage,
  tagOf,
  token,
  uriOf,
  writeResponse,
  writeSip,
} from './sip-message.ts';
import type {
  Answer,
  Endpoint,
  InviteOptions,
  PeerCall,
  RequestHandler,
  RequestOptions,
  RespondOptions,
  TimedMessage,
} from './sip-peer-types.ts';
import type { Arrival } from './sip-transport.ts';
import { later, within } from './wait.ts';

type Begin =
  | { readonly role: 'caller'; readonly options: InviteOptions }
  | { readonly role: 'line'; readonly invite: SipMessage; readonly arrival: Arrival };

const PATIENCE = 15_000;
const MIRROR: Readonly<Record<string, 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'>> = {
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

export const createCall = (endpoint: Endpoint, begin: Begin): PeerCall => {
  const isCaller = begin.role === 'caller';
  const localTag = token();
  const responses: TimedMessage[] = [];
  const requests: TimedMessage[] = [];
  const sent = new Map<string, string>();
  const acks = new Map<number, string>();
  const [final, ringing, acked, ended] = [
    later<SipMessage>(),
    later<TimedMessage>(),
    later<SipMessage>(),
    later<TimedMessage>(),
  ];
  let handler: RequestHandler = () => false;
  let stopRepeating = (): void => {};
  let answeredFinally = false;
  let seq = isCaller ? 1 : 100;

  const inviteText = isCaller ? firstInvite(endpoint, begin.options, localTag) : '';
  const invite = isCaller ? parseSip(inviteText) : begin.invite;
  const inviteSeq = cseqOf(invite).number;
  const callId = need(invite, 'call-id');
  // The dialog (RFC 3261 12): filled in from the INVITE (line) or from its 2xx (caller).
  let local = isCaller ? need(invite, 'from') : `${need(invite, 'to')};tag=${localTag}`;
  let remote = isCaller ? need(invite, 'to') : need(invite, 'from');
  let target = isCaller ? (invite.uri ?? '') : uriOf(need(invite, 'contact'));
  let routes = isCaller ? [] : headers(invite, 'record-route');

  const nextHop = (): HostPort => {
    if (isCaller && routes.length === 0 && target === invite.uri) return begin.options.to;
    return hostPortOf(routes[0] ? uriOf(routes[0]) : target);
  };

  const within_ = <T>(what: string, promise: Promise<T>): Promise<T> =>
    within(`${begin.role}: ${what}`, PATIENCE, promise);

  const inDialog = (method: string, number: number, options: RequestOptions, branch = newBranch()): string =>
    writeSip(
      `${method} ${target} SIP/2.0`,
      [
        endpoint.via(branch),
        ['Max-Forwards', '70'],
        ...routes.map((route): Header => ['Route', route]),
        ['From', local],
        ['To', remote],
        ['Call-ID', callId],
        ['CSeq', `${number} ${method}`],
        ['Contact', endpoint.contact],
        ...(options.headers ?? []),
        ...(options.contentType ? [['Content-Type', options.contentType] as const] : []),
      ],
      options.sdp,
    );

  const establish = (response: SipMessage): void => {
    remote = need(response, 'to');
    target = uriOf(header(response, 'contact') ?? target);
    routes = headers(response, 'record-route').reverse();
  };

  const sendAck = (number: number, sdp?: string): void => {
    const text = inDialog('ACK', number, sdp === undefined ? {} : { sdp });
    acks.set(number, text);
    sent.set('ACK', text);
    endpoint.send(text, nextHop());
  };

  /** ACK of a failure: same branch, To of the response (RFC 3261 17.1.1.3). */
  const ackFailure = (request: SipMessage, response: SipMessage, to: HostPort): void => {
    const kept = request.headers.filter(([name]) =>
      ['via', 'from', 'call-id', 'max-forwards', 'route'].includes(name),
    );
    const number = cseqOf(request).number;
    const list: Header[] = [...kept, ['To', need(response, 'to')], ['CSeq', `${number} ACK`]];
    endpoint.send(writeSip(`ACK ${request.uri} SIP/2.0`, list), to);
  };

  const ackSuccess = (number: number, response: SipMessage, lateOffer: boolean, auto: boolean): void => {
    const known = acks.get(number);
    if (known !== undefined) {
      endpoint.send(known, nextHop());
      return;
    }
    if (response.body) call.media?.follow(response.body);
    if (auto) sendAck(number, lateOffer ? call.media?.sdp() : undefined);
  };

  const onProvisional = (status: number, response: SipMessage, at: number): void => {
    if (status < 180) return;
    if (response.body) call.media?.follow(response.body);
    ringing.resolve({ message: response, at });
  };

  const onInviteResponse =
    (options: InviteOptions) =>
    (response: SipMessage, at: number): void => {
      const status = response.status ?? 0;
      responses.push({ message: response, at });
      if (status < 200) {
        onProvisional(status, response, at);
        return;
      }
      if (status >= 300) ackFailure(invite, response, options.to);
      else {
        if (!answeredFinally) establish(response);
        ackSuccess(inviteSeq, response, options.lateOffer ?? false, options.autoAck ?? true);
      }
      answeredFinally = true;
      final.resolve(response);
    };

  const transact = (method: string, text: string): Promise<SipMessage> => {
    sent.set(method, text);
    const answer = later<SipMessage>();
    endpoint.transact(text, nextHop(), (response) => {
      if ((response.status ?? 0) >= 200) answer.resolve(response);
    });
    return within_(`final response to ${method}`, answer.promise);
  };

  const reinvite: PeerCall['reinvite'] = (options = {}) => {
    const offer = options.lateOffer ? undefined : (options.sdp ?? call.media?.sdp());
    seq += 1;
    const number = seq;
    const text = inDialog('INVITE', number, { ...options, ...(offer !== undefined && { sdp: offer }) });
    const request = parseSip(text);
    const answer = later<SipMessage>();
    sent.set('INVITE', text);
    const to = nextHop();
    endpoint.transact(text, to, (response) => {
      const status = response.status ?? 0;
      if (status < 200) return;
      if (status >= 300) ackFailure(request, response, to);
      else ackSuccess(number, response, options.lateOffer ?? false, true);
      answer.resolve(response);
    });
    return within_('final response to re-INVITE', answer.promise);
  };

  const respondTo = (
    request: SipMessage,
    arrival: Arrival,
    status: number,
    reason: string,
    options: RespondOptions,
  ): void => {
    const tag = options.toTag ?? localTag;
    const text = writeResponse(request, status, reason, {
      ...(status > 100 && { toTag: tag }),
      extra: [
        ...(status > 100 && status < 300 ? [['Contact', endpoint.contact] as const] : []),
        ...(options.headers ?? []),
      ],
      ...(options.sdp !== undefined && { body: options.sdp }),
    });
    sent.set('response', text);
    endpoint.answer(request, arrival, text);
    if (request.method !== 'INVITE' || status < 200) return;
    if (!tagOf(need(request, 'to'))) local = `${need(request, 'to')};tag=${tag}`;
    stopRepeating();
    stopRepeating = endpoint.repeat(() => arrival.reply(text));
  };

  const manners = (request: SipMessage, arrival: Arrival): void => {
    const answer: Answer = (status, reason, options = {}) =>
      respondTo(request, arrival, status, reason, options);
    if (handler(request, answer)) return;
    if (request.method === 'CANCEL') {
      answer(200, 'OK');
      if (!answeredFinally) call.respond(487, 'Request Terminated');
      return;
    }
    if (request.method === 'INVITE' || request.method === 'UPDATE') acceptChange(request, answer);
    else answer(200, 'OK');
  };

  const acceptChange = (request: SipMessage, answer: Answer): void => {
    if (request.body) call.media?.follow(request.body);
    const direction = MIRROR[request.body.match(/^a=(sendonly|recvonly|inactive)/m)?.[1] ?? ''] ?? 'sendrecv';
    const sdp = request.method === 'INVITE' || request.body ? call.media?.sdp({ direction }) : undefined;
    const timer = header(request, 'session-expires');
    answer(200, 'OK', {
      ...(sdp !== undefined && { sdp }),
      headers: timer ? [['Session-Expires', timer] as const, ['Require', 'timer'] as const] : [],
    });
  };

  const take = (request: SipMessage, arrival: Arrival): void => {
    requests.push({ message: request, at: arrival.at });
    if (request.method === 'ACK') {
      stopRepeating();
      if (request.body) call.media?.follow(request.body);
      acked.resolve(request);
      return;
    }
    if (request.method === 'BYE') stopRepeating();
    if (request.method === 'BYE' || request.method === 'CANCEL')
      ended.resolve({ message: request, at: arrival.at });
    manners(request, arrival);
  };

  const startedAt = performance.now();
  const call: PeerCall = {
    role: begin.role,
    callId,
    invite,
    responses,
    requests,
    startedAt,
    final: () => within_('final response to INVITE', final.promise),
    ringing: () => within_('18x', ringing.promise),
    acked: () => within_('ACK', acked.promise),
    ended: () => within_('BYE or CANCEL', ended.promise),
    media: isCaller ? begin.options.media : undefined,
    ack: (sdp) => sendAck(inviteSeq, sdp),
    cancel: () => {
      if (!isCaller) throw new Error('only a caller cancels');
      const kept = invite.headers.filter(([name]) =>
        ['via', 'from', 'to', 'call-id', 'max-forwards'].includes(name),
      );
      const text = writeSip(`CANCEL ${invite.uri} SIP/2.0`, [...kept, ['CSeq', `${inviteSeq} CANCEL`]]);
      return transact('CANCEL', text);
    },
    respond: (status, reason, options = {}) => {
      if (isCaller) throw new Error('only a line responds');
      if (status >= 200) answeredFinally = true;
      respondTo(invite, begin.arrival, status, reason, options);
    },
    accept: (media, options = {}) => {
      call.media = media;
      if (invite.body) media.follow(invite.body);
      call.respond(200, 'OK', { sdp: media.sdp(), ...options });
      media.start();
    },
    request: (method, options = {}) => {
      seq += 1;
      return transact(method, inDialog(method, seq, options));
    },
    reinvite,
    bye: () => {
      stopRepeating();
      return call.request('BYE');
    },
    onRequest: (next) => {
      handler = next;
    },
    resend: (what) => {
      const text = sent.get(what);
      if (text === undefined) throw new Error(`no ${what} sent yet`);
      if (what === 'response' && !isCaller) begin.arrival.reply(text);
      else endpoint.send(text, what === 'INVITE' && isCaller ? begin.options.to : nextHop());
    },
    take,
  };

  if (isCaller) {
    sent.set('INVITE', inviteText);
    endpoint.transact(inviteText, begin.options.to, onInviteResponse(begin.options));
  }
  return call;
};
