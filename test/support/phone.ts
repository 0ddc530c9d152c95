import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { parameterOf } from './digest.ts';
import {
  cseqOf,
  type Header,
  type HostPort,
  header,
  headers,
  parseSip,
  type SipMessage,
  token,
  writeSip,
} from './sip-message.ts';
import { until } from './wait.ts';

/** A phone's side of registering: its own digest, its own counting. */

export type PhoneAccount = {
  readonly user: string;
  readonly domain: string;
  readonly password: string;
  /** Of its credentials; default: `user`. */
  readonly username?: string;
};

export type RegisterOptions = {
  /** Contact values; undefined: none, which asks what is registered. */
  readonly contacts?: readonly string[] | undefined;
  readonly expires?: number;
  readonly headers?: readonly Header[];
  readonly password?: string;
  /** Take the second challenge of RFC 8760, as an old phone does. */
  readonly md5?: boolean;
  readonly uri?: string;
  readonly callId?: string;
  readonly cseq?: number;
};

/** What carries the phone's messages. */
export type Wire = {
  /** Via without its branch. */
  readonly via: string;
  readonly contact: string;
  send(text: string): void;
  readonly received: readonly { readonly message: SipMessage }[];
};

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

const answerTo = (challenge: string, account: PhoneAccount, uri: string): string => {
  const get = (name: string): string => parameterOf(challenge, name) ?? '';
  const algorithm = get('algorithm') as keyof typeof HASHES;
  const hash = (text: string): string => createHash(HASHES[algorithm]).update(text).digest('hex');
  const [realm, nonce] = [get('realm'), get('nonce')];
  const { user, username = user } = account;
  const a1 = hash(`${username}:${realm}:${account.password}`);
  const response = hash(`${a1}:${nonce}:00000001:abc:auth:${hash(`REGISTER:${uri}`)}`);
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="abc"`;
};

/** Registers over `wire`; counts its requests like one device. */
export const createRegistration = (wire: Wire, account: PhoneAccount) => {
  const device = token(10);
  let sequence = 0;

  const send = async (options: RegisterOptions, credentials?: string): Promise<SipMessage> => {
    const { callId = device, uri = `sip:${account.domain}` } = options;
    sequence = options.cseq ?? sequence + 1;
    const cseq = sequence;
    const aor = `sip:${account.user}@${account.domain}`;
    const contacts = 'contacts' in options ? options.contacts : [wire.contact];
    const text = writeSip(`REGISTER ${uri} SIP/2.0`, [
      ['Via', `${wire.via};branch=z9hG4bK${token()}`],
      ['Max-Forwards', '70'],
      ['From', `<${aor}>;tag=${token()}`],
      ['To', `<${aor}>`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      ...(contacts ?? []).map((contact): Header => ['Contact', contact]),
      ...(options.expires === undefined ? [] : [['Expires', `${options.expires}`] as const]),
      ['User-Agent', 'Test phone/1.0'],
      ...(credentials === undefined ? [] : [['Authorization', credentials] as const]),
      ...(options.headers ?? []),
    ]);
    const before = wire.received.length;
    const found = (): SipMessage | undefined =>
      wire.received
        .slice(before)
        .map(({ message }) => message)
        .find(
          (message) =>
            (message.status ?? 0) >= 200 &&
            header(message, 'call-id') === callId &&
            cseqOf(message).number === cseq,
        );
    wire.send(text);
    let asked = Date.now();
    return until('the response to REGISTER', () => {
      if (Date.now() - asked > 1500) {
        asked = Date.now();
        wire.send(text);
      }
      return found();
    });
  };

  return {
    /** Without credentials: what the registrar says to a stranger. */
    ask: (options: RegisterOptions = {}): Promise<SipMessage> => send(options),
    /** Answers the challenge; the response to that. */
    register: async (options: RegisterOptions = {}): Promise<SipMessage> => {
      const first = await send(options);
      const challenges = first.headers
        .filter(([name]) => name === 'www-authenticate')
        .map(([, value]) => value);
      const challenge = challenges.find((each) => each.includes(options.md5 === true ? 'MD5' : '')) ?? '';
      const { password = account.password, uri = `sip:${account.domain}` } = options;
      const credentials = answerTo(challenge, { ...account, password }, uri);
      // Out of order on purpose or not: the answer is the next request.
      return send(options.cseq === undefined ? options : { ...options, cseq: options.cseq + 1 }, credentials);
    },
  };
};

export type Registration = ReturnType<typeof createRegistration>;

/** Contact values of a response. */
export const contactsOf = (response: SipMessage): readonly string[] => headers(response, 'contact');

export type WebPhone = Wire & {
  /** Its connection. */
  close(): void;
  reply(text: string): void;
};

/**
 * A browser's SIP over WebSocket (RFC 7118): a Contact that nobody can resolve.
 *
 * @param origin what the upgrade says of the page; undefined: nothing, as of a program
 */
export const openWebPhone = async (
  at: HostPort,
  user: string,
  onMessage: (message: SipMessage) => void = () => undefined,
  origin?: string,
): Promise<WebPhone> => {
  const socket = new WebSocket(`ws://${at.address}:${at.port}`, ['sip'], {
    ...(origin !== undefined && { origin }),
  });
  const received: { message: SipMessage }[] = [];
  socket.on('message', (data) => {
    const text = String(data);
    if (text.trim() === '') return;
    const message = parseSip(text);
    received.push({ message });
    onMessage(message);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const host = `${token()}.invalid`;
  return {
    via: `SIP/2.0/WS ${host}`,
    contact: `<sip:${user}@${host};transport=ws>`,
    received,
    send: (text) => socket.send(text),
    reply: (text) => socket.send(text),
    close: () => socket.terminate(),
  };
};
