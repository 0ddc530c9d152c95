import { type Identity, type LightBrowser, openLightBrowser } from '../../bench/light-browser.ts';
import { createRegistration, openWebPhone, type PhoneAccount } from '../../support/phone.ts';
import {
  cseqOf,
  type Header,
  type HostPort,
  header,
  need,
  newBranch,
  type SipMessage,
  tagOf,
  token,
  uriOf,
  userOf,
  writeResponse,
  writeSip,
} from '../../support/sip-message.ts';
import { until } from '../../support/wait.ts';

/** A call at an agent's page. */
export type AgentCall = {
  readonly invite: SipMessage;
  /** The newest; none before the answer. */
  readonly browser: LightBrowser | undefined;
  /** CANCEL or BYE came. */
  readonly over: boolean;
  ring(): void;
  refuse(status: number, reason: string): void;
  /** @param lie names another certificate than the one of its DTLS */
  answer(identity: Identity, lie?: boolean): Promise<void>;
  /** A request of the page's own; its final response. */
  request(
    method: string,
    options?: { readonly headers?: readonly Header[]; readonly body?: string },
  ): Promise<SipMessage>;
  hold(on: boolean): Promise<SipMessage>;
  /** The page is gone: no packet more, and not a word. */
  vanish(): void;
};

/** An agent whose page is no page: SIP over WebSocket, and the least of a browser for each call. */
export type LightAgent = {
  /** The call of that caller, once it rings here. */
  callFrom(caller: string): Promise<AgentCall>;
  register(): Promise<void>;
  close(): void;
};

const WRONG = (sdp: string): string => sdp.replace(/(a=fingerprint:sha-256 )../, '$1FF');

export const openLightAgent = async (
  ws: HostPort,
  account: PhoneAccount,
  identity: Identity,
): Promise<LightAgent> => {
  const byCallId = new Map<string, ReturnType<typeof newCall>>();
  const byCaller = new Map<string, AgentCall>();
  const responses = new Map<string, SipMessage>();

  const newCall = (invite: SipMessage) => {
    const tag = token();
    let browser: LightBrowser | undefined;
    let connected: Promise<void> = Promise.resolve();
    let over = false;
    let cseq = 1;
    let version = 1;

    /** Its packets stop. */
    const drop = (): void => {
      const gone = browser;
      browser = undefined;
      // A handshake under way needs its socket.
      if (gone) void connected.catch(() => undefined).then(gone.close);
    };

    const respond = (request: SipMessage, status: number, reason: string, body = ''): void => {
      const extra: Header[] = status >= 200 && status < 300 && body ? [['Contact', phone.contact]] : [];
      phone.reply(writeResponse(request, status, reason, { toTag: tag, extra, body }));
    };

    /** Takes an offer in a browser of its own, as after the death of a worker. */
    const take = async (offer: SipMessage, by: Identity, lie: boolean): Promise<void> => {
      const next = await openLightBrowser(offer.body, by);
      drop();
      browser = next;
      respond(offer, 200, 'OK', lie ? WRONG(next.answer) : next.answer);
      connected = next.connect();
      await connected;
    };

    const request: AgentCall['request'] = async (method, { headers: list = [], body = '' } = {}) => {
      cseq += 1;
      const number = cseq;
      const callId = need(invite, 'call-id');
      const target = uriOf(need(invite, 'contact'));
      const write = (verb: string): string =>
        writeSip(
          `${verb} ${target} SIP/2.0`,
          [
            ['Via', `${phone.via};branch=${newBranch()}`],
            ['Max-Forwards', '70'],
            ['From', `${need(invite, 'to')};tag=${tag}`],
            ['To', need(invite, 'from')],
            ['Call-ID', callId],
            ['CSeq', `${number} ${verb}`],
            ['Contact', phone.contact],
            ...(verb === 'ACK' ? [] : list),
          ],
          verb === 'ACK' ? '' : body,
        );
      phone.send(write(method));
      const key = `${callId} ${number}`;
      const final = await until(`the response to ${method}`, () => responses.get(key));
      responses.delete(key);
      if (method === 'INVITE') phone.send(write('ACK'));
      return final;
    };

    const call: AgentCall = {
      invite,
      get browser() {
        return browser;
      },
      get over() {
        return over;
      },
      ring: () => respond(invite, 180, 'Ringing'),
      refuse: (status, reason) => respond(invite, status, reason),
      answer: (by, lie = false) => take(invite, by, lie),
      request,
      hold: (on) => {
        version += 1;
        const body = (browser?.answer ?? '')
          .replace(/^(o=\S+ \S+) \d+/m, `$1 ${version}`)
          .replace('a=setup:active', 'a=setup:actpass')
          .replace('a=sendrecv', on ? 'a=sendonly' : 'a=sendrecv');
        return request('INVITE', { body });
      },
      vanish: drop,
    };

    const hear = (message: SipMessage): void => {
      const { method } = message;
      if (method === 'ACK' || method === undefined) return;
      if (method === 'INVITE') return void take(message, identity, false).catch(() => undefined);
      respond(message, 200, 'OK');
      if (method === 'CANCEL' && !over) respond(invite, 487, 'Request Terminated');
      if (method !== 'CANCEL' && method !== 'BYE') return;
      over = true;
      drop();
      byCallId.delete(need(invite, 'call-id'));
    };
    return { call, hear };
  };

  const phone = await openWebPhone(ws, account.user, (message) => {
    const callId = header(message, 'call-id') ?? '';
    if (message.status !== undefined) {
      const { number, method } = cseqOf(message);
      if (message.status >= 200 && method !== 'REGISTER') responses.set(`${callId} ${number}`, message);
      return;
    }
    const known = byCallId.get(callId);
    if (known) return known.hear(message);
    if (message.method !== 'INVITE' || tagOf(need(message, 'to')) !== undefined) {
      if (message.method !== 'ACK') phone.reply(writeResponse(message, 481, 'No Such Call'));
      return;
    }
    const made = newCall(message);
    byCallId.set(callId, made);
    byCaller.set(userOf(need(message, 'from')) ?? '', made.call);
    made.call.ring();
  });
  const registration = createRegistration(phone, account);
  const register = async (): Promise<void> => {
    const { startLine, status } = await registration.register({ expires: 180 });
    if (status !== 200) throw new Error(`REGISTER: ${startLine}`);
  };
  await register();

  return {
    callFrom: async (caller) => {
      const call = await until(`the call of ${caller} at ${account.user}`, () => byCaller.get(caller));
      byCaller.delete(caller);
      return call;
    },
    register,
    close: phone.close,
  };
};
