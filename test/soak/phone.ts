import {
  cseqOf,
  type Header,
  header,
  need,
  newBranch,
  parseSip,
  type SipMessage,
  token,
  writeResponse,
  writeSip,
} from '../support/sip-message.ts';
import { within } from '../support/wait.ts';
import { REGISTRATION, TIMERS } from './plan.ts';
import { openWire, type Protocol, type Wire } from './wire.ts';

/** A phone that registers, is called, and now and then reboots. */
export type Phone = {
  readonly protocol: Protocol;
  /** As it has registered. */
  readonly contact: string;
  readonly reboots: number;
  /** Registers, or takes itself away with 0 seconds; rejects when it isn't taken. */
  register(seconds?: number): Promise<void>;
  /** Loses its connection without a word, and comes back with another. */
  reboot(): Promise<void>;
  drop(): void;
};

export type PhoneOptions = {
  readonly protocol: Protocol;
  /** The engine's port for it. */
  readonly port: number;
  readonly ca: string;
  readonly user: string;
  /** False rings for ever. */
  readonly answers: boolean;
};

const SDP =
  'v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=phone\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP 0\r\n';

export const openPhone = async ({ protocol, port, ca, user, answers }: PhoneOptions): Promise<Phone> => {
  const record = `sip:${user}@house.example`;
  let wire: Wire;
  let contact = '';
  let reboots = 0;
  let device = '';
  /** One registration at a time (RFC 3261 10.2.4). */
  let turn: Promise<unknown> = Promise.resolve();
  let sequence = 0;
  let nonce = '';
  const waiting = new Map<number, (response: SipMessage) => void>();
  /** INVITEs that ring here, by Call-ID. */
  const ringing = new Map<string, SipMessage>();

  const tagOfHere = (request: SipMessage): string => `${user}-${need(request, 'call-id').slice(0, 12)}`;

  const respond = (request: SipMessage, status: number, reason: string, body = ''): void => {
    const extra: readonly Header[] = [['Contact', `<${contact}>`]];
    wire.send(writeResponse(request, status, reason, { toTag: tagOfHere(request), extra, body }));
  };

  const onInvite = (invite: SipMessage): void => {
    respond(invite, 180, 'Ringing');
    if (answers) respond(invite, 200, 'OK', SDP);
    else ringing.set(need(invite, 'call-id'), invite);
  };

  const onCancel = (cancel: SipMessage): void => {
    respond(cancel, 200, 'OK');
    const invite = ringing.get(need(cancel, 'call-id'));
    ringing.delete(need(cancel, 'call-id'));
    if (invite !== undefined) respond(invite, 487, 'Request Terminated');
  };

  const onRequest = (request: SipMessage): void => {
    if (request.method === 'INVITE') onInvite(request);
    else if (request.method === 'CANCEL') onCancel(request);
    else if (request.method !== 'ACK') respond(request, 200, 'OK');
  };

  const take = (text: string): void => {
    const message = parseSip(text);
    if (message.status === undefined) onRequest(message);
    else if (message.status >= 200) waiting.get(cseqOf(message).number)?.(message);
  };

  const connect = async (): Promise<void> => {
    wire = await openWire(protocol, port, ca, take);
    contact = `sip:${user}@${wire.sentBy}${protocol === 'udp' ? '' : `;transport=${protocol === 'wss' ? 'ws' : protocol}`}`;
    device = token(10);
    sequence = 0;
    nonce = '';
    ringing.clear();
  };

  const write = (number: number, seconds: number): string =>
    writeSip(`REGISTER sip:house.example SIP/2.0`, [
      ['Via', `SIP/2.0/${protocol.toUpperCase()} ${wire.sentBy};branch=${newBranch()};rport`],
      ['Max-Forwards', '70'],
      ['From', `<${record}>;tag=${token()}`],
      ['To', `<${record}>`],
      ['Call-ID', device],
      ['CSeq', `${number} REGISTER`],
      ['Contact', `<${contact}>;expires=${seconds}`],
      ...(nonce === ''
        ? []
        : [['Authorization', `Digest username="${user}", realm="house.example", nonce="${nonce}"`] as const]),
    ]);

  const ask = async (seconds: number): Promise<SipMessage> => {
    sequence += 1;
    const number = sequence;
    const text = write(number, seconds);
    const response = new Promise<SipMessage>((resolve) => waiting.set(number, resolve));
    wire.send(text);
    const again = protocol === 'udp' ? setInterval(() => wire.send(text), 5 * TIMERS.t1) : undefined;
    return within(`REGISTER of ${user} over ${protocol}`, 10_000, response).finally(() => {
      clearInterval(again);
      waiting.delete(number);
    });
  };

  const register = async (seconds: number): Promise<void> => {
    const before = reboots;
    const first = await ask(seconds);
    nonce = /nonce="([^"]+)"/.exec(header(first, 'www-authenticate') ?? '')?.[1] ?? nonce;
    const last = first.status === 401 && before === reboots ? await ask(seconds) : first;
    if (last.status !== 200 && before === reboots) throw new Error(`REGISTER got ${last.status}`);
  };

  await connect();
  return {
    protocol,
    get contact() {
      return contact;
    },
    get reboots() {
      return reboots;
    },
    register(seconds = REGISTRATION) {
      const mine = turn.then(() => register(seconds));
      turn = mine.catch(() => {});
      return mine;
    },
    async reboot() {
      reboots += 1;
      wire.drop();
      const connected = connect();
      turn = connected;
      await connected;
    },
    drop: () => wire.drop(),
  };
};
