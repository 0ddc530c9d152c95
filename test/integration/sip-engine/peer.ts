import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A SIP message as these tests read it: just text. */
export type Text = {
  readonly text: string;
  readonly startLine: string;
  readonly body: string;
  readonly method: string;
  readonly status: number;
  /** First value of a header, by its long name in any case; empty when there is none. */
  header(name: string): string;
  headers(name: string): string[];
};

export const read = (text: string): Text => {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [startLine = '', ...lines] = head.split('\r\n');
  const isResponse = startLine.startsWith('SIP/2.0 ');
  const headers = (name: string): string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(line.indexOf(':') + 1).trim());
  return {
    text,
    startLine,
    body,
    method: isResponse ? '' : (startLine.split(' ')[0] ?? ''),
    status: isResponse ? Number(startLine.slice(8, 11)) : 0,
    headers,
    header: (name) => headers(name)[0] ?? '',
  };
};

/** Whether a message answers `INVITE 200` or is a request `BYE`. */
const fits = (message: Text, what: string): boolean => {
  const [method = '', status] = what.split(' ');
  if (status === undefined) return message.method === method;
  return String(message.status) === status && message.header('CSeq').endsWith(` ${method}`);
};

/** A user agent over UDP that does nothing by itself: it sends text and waits for text. */
export type Peer = {
  readonly port: number;
  readonly log: Text[];
  send(text: string, port: number): void;
  /**
   * The next message of a kind (`BYE` for a request, `INVITE 200` for a response) that nobody has taken yet; others stay
   * for later.
   */
  next(what: string, ms?: number): Promise<Text>;
  /** How many of a kind have come so far. */
  count(what: string): number;
  close(): Promise<void>;
};

type Waiter = { readonly what: string; readonly take: (message: Text) => void };

export const createPeer = async (address = '127.0.0.1'): Promise<Peer> => {
  const socket: Socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const log: Text[] = [];
  let unread: Text[] = [];
  const waiters = new Set<Waiter>();
  socket.on('message', (bytes) => {
    const message = read(bytes.toString());
    log.push(message);
    for (const waiter of waiters) {
      if (!fits(message, waiter.what)) continue;
      waiters.delete(waiter);
      return waiter.take(message);
    }
    unread.push(message);
  });
  return {
    port: socket.address().port,
    log,
    send: (text, port) => socket.send(text, port, address),
    next(what, ms = 10_000) {
      const waiting = unread.find((message) => fits(message, what));
      if (waiting !== undefined) {
        unread = unread.filter((message) => message !== waiting);
        return Promise.resolve(waiting);
      }
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          what,
          take: (message) => {
            clearTimeout(limit);
            resolve(message);
          },
        };
        const limit = setTimeout(() => {
          waiters.delete(waiter);
          reject(
            new Error(
              `no ${what}; seen: ${log.map((message) => `${message.startLine} [${message.header('CSeq')}]`).join(' / ')}`,
            ),
          );
        }, ms);
        waiters.add(waiter);
      });
    },
    count: (what) => log.filter((message) => fits(message, what)).length,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
};

let serial = 0;

/** SDP with a recognisable session name. */
export const sdp = (name = '-', port = 4000): string =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${name}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=sendrecv\r\n`;

/** One call of a raw user agent, either side: it remembers tags and numbers and writes the messages. */
export type Call = {
  readonly id: string;
  /** Tag of the engine's side, once seen. */
  remoteTag: string;
  remoteTarget: string;
  request(method: string, options?: Options): string;
  respond(request: Text, status: number, reason: string, options?: Options): string;
  /** Sends an INVITE; the branch stays the same for its CANCEL and non-2xx ACK. */
  invite(options?: Options): string;
};

export type Options = {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly toTag?: string | undefined;
  readonly uri?: string;
  readonly contact?: boolean;
  readonly tag?: string;
};

export const newBranch = (): string => `z9hG4bK-test-${process.pid}-${++serial}`;

export const createCall = (
  peer: Peer,
  port: number,
  seed: { id?: string; remoteTag?: string; localTag?: string } = {},
): Call => {
  const id = seed.id ?? `call-${process.pid}-${++serial}`;
  const localTag = seed.localTag ?? `peer${++serial}`;
  let cseq = 0;
  const contact = `Contact: <sip:peer@127.0.0.1:${peer.port}>`;
  const write = (lines: readonly string[], body: string): string =>
    [
      ...lines,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  const call: Call = {
    id,
    remoteTag: seed.remoteTag ?? '',
    remoteTarget: `sip:service@127.0.0.1:${port}`,
    request(method, options = {}) {
      const number = options.cseq ?? (method === 'ACK' || method === 'CANCEL' ? cseq : ++cseq);
      cseq = Math.max(cseq, number);
      const toTag = 'toTag' in options ? (options.toTag ?? '') : call.remoteTag;
      return write(
        [
          `${method} ${options.uri ?? call.remoteTarget} SIP/2.0`,
          `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${options.branch ?? newBranch()}`,
          'Max-Forwards: 70',
          `From: <sip:peer@127.0.0.1:${peer.port}>;tag=${localTag}`,
          `To: <sip:service@127.0.0.1:${port}>${toTag === '' ? '' : `;tag=${toTag}`}`,
          `Call-ID: ${id}`,
          `CSeq: ${number} ${method}`,
          ...(options.contact === false ? [] : [contact]),
          ...(options.headers ?? []),
        ],
        options.body ?? '',
      );
    },
    invite: (options = {}) => call.request('INVITE', { toTag: '', body: sdp('offer'), ...options }),
    respond(request, status, reason, options = {}) {
      const to = request.header('To');
      const tag = options.tag ?? localTag;
      return write(
        [
          `SIP/2.0 ${status} ${reason}`,
          ...request.headers('Via').map((via) => `Via: ${via}`),
          ...request.headers('Record-Route').map((route) => `Record-Route: ${route}`),
          `From: ${request.header('From')}`,
          status === 100 || to.includes('tag=') ? `To: ${to}` : `To: ${to};tag=${tag}`,
          `Call-ID: ${request.header('Call-ID')}`,
          `CSeq: ${request.header('CSeq')}`,
          ...(options.contact === false ? [] : [contact]),
          ...(options.headers ?? []),
        ],
        options.body ?? '',
      );
    },
  };
  return call;
};

/** The tag in a From or To value. */
export const tagIn = (value: string): string => /;tag=([^;>]+)/.exec(value)?.[1] ?? '';
