import { createCall } from './peer-call.ts';
import {
  bracket,
  branchOf,
  cseqOf,
  hostPort,
  need,
  newBranch,
  parseSip,
  type SipMessage,
  token,
  writeResponse,
  writeSip,
} from './sip-message.ts';
import type {
  Answer,
  Endpoint,
  PeerCall,
  Received,
  RequestHandler,
  SipPeer,
  SipPeerOptions,
} from './sip-peer-types.ts';
import { type Arrival, openTransport } from './sip-transport.ts';
import { within } from './wait.ts';

export type { InviteOptions, PeerCall, Received, SipPeer, TimedMessage } from './sip-peer-types.ts';

const T1 = 500;
const T2 = 4000;

type Client = { onResponse(response: SipMessage, at: number): void; stop(): void };

export const openSipPeer = async (options: SipPeerOptions): Promise<SipPeer> => {
  const { address, transport: kind = 'udp', user = 'peer' } = options;
  const retransmit = options.retransmit ?? kind === 'udp';
  const received: Received[] = [];
  const clients = new Map<string, Client>();
  const answered = new Map<string, string>();
  const calls = new Map<string, PeerCall>();
  const timers = new Set<NodeJS.Timeout>();
  let callHandler: (call: PeerCall) => void = (call) => call.respond(480, 'Temporarily Unavailable');
  let otherHandler: RequestHandler = () => false;
  let drop: ((message: SipMessage) => boolean) | undefined;

  const onArrival = (arrival: Arrival): void => {
    const message = parseSip(arrival.text);
    if (drop?.(message)) return;
    received.push({ message, from: arrival.from, at: arrival.at });
    if (message.status !== undefined) onResponse(message, arrival.at);
    else onRequest(message, arrival);
  };

  const onResponse = (response: SipMessage, at: number): void => {
    const client = clients.get(`${branchOf(response)} ${cseqOf(response).method}`);
    if (!client) return;
    client.stop();
    client.onResponse(response, at);
  };

  const onRequest = (request: SipMessage, arrival: Arrival): void => {
    const memory = answered.get(`${branchOf(request)} ${request.method}`);
    const call = calls.get(need(request, 'call-id'));
    if (memory !== undefined) arrival.reply(memory);
    else if (call) call.take(request, arrival);
    else if (request.method === 'INVITE') takeInvite(request, arrival);
    else if (request.method !== 'ACK') takeOther(request, arrival);
  };

  const takeInvite = (request: SipMessage, arrival: Arrival): void => {
    const call = createCall(endpoint, { role: 'line', invite: request, arrival });
    calls.set(call.callId, call);
    callHandler(call);
  };

  const takeOther = (request: SipMessage, arrival: Arrival): void => {
    const answer: Answer = (status, reason, { headers: extra = [] } = {}) =>
      endpoint.answer(request, arrival, writeResponse(request, status, reason, { toTag: token(), extra }));
    if (otherHandler(request, answer)) return;
    const alive = request.method === 'OPTIONS';
    const [status, reason] = alive
      ? ([200, 'OK'] as const)
      : ([481, 'Call/Transaction Does Not Exist'] as const);
    endpoint.answer(request, arrival, writeResponse(request, status, reason, { toTag: token() }));
  };

  const repeat = (send: () => void): (() => void) => {
    if (!retransmit) return () => {};
    let wait = T1;
    const again = (): NodeJS.Timeout => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        send();
        wait = Math.min(wait * 2, T2);
        current = again();
      }, wait);
      timers.add(timer);
      return timer;
    };
    let current = again();
    return () => {
      clearTimeout(current);
      timers.delete(current);
    };
  };

  const transport = await openTransport(kind, address, options.port ?? 0, onArrival, options.certificates);
  const here = `${bracket(address)}:${transport.port}`;
  const parameter = kind === 'udp' ? '' : `;transport=${kind}`;

  const endpoint: Endpoint = {
    kind,
    address,
    port: transport.port,
    contact: `<sip:${user}@${here}${parameter}>`,
    retransmit,
    via: (branch) => ['Via', `SIP/2.0/${kind.toUpperCase()} ${here};branch=${branch};rport`],
    send: (text, to) => transport.send(text, to),
    transact: (text, to, listener) => {
      const request = parseSip(text);
      const send = (): void => transport.send(text, to);
      send();
      const stop = repeat(send);
      clients.set(`${branchOf(request)} ${request.method}`, { onResponse: listener, stop });
    },
    answer: (request, arrival, text) => {
      answered.set(`${branchOf(request)} ${request.method}`, text);
      arrival.reply(text);
    },
    repeat,
  };

  return {
    address,
    port: transport.port,
    received,
    uri: (name) => `sip:${name}@${here}${parameter}`,
    onCall: (handler) => {
      callHandler = handler;
    },
    onRequest: (handler) => {
      otherHandler = handler;
    },
    lose: (which) => {
      drop = which;
    },
    invite: (inviteOptions) => {
      const call = createCall(endpoint, { role: 'caller', options: inviteOptions });
      calls.set(call.callId, call);
      return call;
    },
    request: (method, to, { uri = `sip:${hostPort(to)}`, headers: extra = [] } = {}) => {
      const text = writeSip(`${method} ${uri} SIP/2.0`, [
        endpoint.via(newBranch()),
        ['Max-Forwards', '70'],
        ['From', `<sip:${user}@${here}>;tag=${token()}`],
        ['To', `<${uri}>`],
        ['Call-ID', token(10)],
        ['CSeq', `1 ${method}`],
        ['Contact', endpoint.contact],
        ...extra,
      ]);
      const final = new Promise<SipMessage>((resolve) => {
        endpoint.transact(text, to, (response) => {
          if ((response.status ?? 0) >= 200) resolve(response);
        });
      });
      return within(`${method}: final response`, 10_000, final);
    },
    raw: (data, to) => transport.send(data, to),
    close: async () => {
      for (const client of clients.values()) client.stop();
      for (const timer of timers) clearTimeout(timer);
      await transport.close();
    },
  };
};
