import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { headerValue, parseNameAddress, parseUri } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { Received } from '../transport/types.ts';

/** Limits of one question, in milliseconds and bytes. */
const CONNECT_WITHIN = 2000;
const ANSWER_WITHIN = 3000;
const MAX_ANSWER = 65_536;

/** What a web server is told of a request (drachtio-server's request-handler), as names and values. */
export const questionOf = (request: SipRequest, received: Received): Record<string, string> => {
  const uri = parseUri(request.uri);
  const user = (key: string): string => parseNameAddress(headerValue(request, key) ?? '')?.uri.user ?? '';
  return {
    // What follows can't be overridden by parameters that a peer thinks up.
    ...Object.fromEntries(uri?.parameters ?? []),
    method: request.method,
    domain: uri?.host ?? '',
    protocol: received.remote.protocol,
    source_address: received.remote.address,
    fromUser: user('from'),
    toUser: user('to'),
    uriUser: uri?.user ?? '',
    contentType: headerValue(request, 'content-type') ?? '',
    uri: request.uri,
  };
};

export type Web = {
  /** The body of a 200; undefined for anything else: other statuses, time-outs, too long answers. Never rejects. */
  ask(
    url: URL,
    httpMethod: 'GET' | 'POST',
    question: Readonly<Record<string, string>>,
  ): Promise<string | undefined>;
  /** Gives up all questions and closes every connection. */
  close(): void;
};

const read = (answer: IncomingMessage, done: (body: string | undefined) => void): void => {
  if (answer.statusCode !== 200) {
    done(undefined);
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > MAX_ANSWER) done(undefined);
  });
  answer.on('end', () => done(answer.complete ? Buffer.concat(chunks).toString() : undefined));
  answer.on('error', () => done(undefined));
};

/** Gives up when there is no connection in time. */
const limitConnecting = (asked: ClientRequest, secure: boolean, giveUp: () => void): NodeJS.Timeout => {
  const limit = setTimeout(giveUp, CONNECT_WITHIN);
  asked.on('socket', (socket) => {
    if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(limit));
    else clearTimeout(limit);
  });
  return limit;
};

type Question = {
  readonly url: URL;
  readonly httpMethod: 'GET' | 'POST';
  readonly body: string;
  readonly agent: PlainAgent | SecureAgent | false;
};

const send = ({ url, httpMethod, body, agent }: Question): ClientRequest => {
  const headers = {
    accept: 'application/json',
    ...(body !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const options = { method: httpMethod, headers, agent };
  const asked = url.protocol === 'https:' ? secureRequest(url, options) : plainRequest(url, options);
  asked.end(body);
  return asked;
};

/**
 * Puts a question; once more, on a new connection, when a kept one turns out to be closed. `done` may be called several times.
 * What comes back gives up.
 */
const put = (question: Question, done: (body: string | undefined) => void): (() => void) => {
  const asked = send(question);
  let answered = false;
  let givenUp = false;
  let again: (() => void) | undefined;
  const connecting = limitConnecting(asked, question.url.protocol === 'https:', () => done(undefined));
  asked.on('response', (answer) => {
    answered = true;
    read(answer, done);
  });
  asked.on('error', () => {
    clearTimeout(connecting);
    if (asked.reusedSocket && !answered && !givenUp) again = put({ ...question, agent: false }, done);
    else done(undefined);
  });
  return () => {
    givenUp = true;
    clearTimeout(connecting);
    asked.destroy();
    again?.();
  };
};

/** Asks web servers over connections that are kept. */
export const createWeb = (): Web => {
  const plain = new PlainAgent({ keepAlive: true, maxSockets: 256 });
  const secure = new SecureAgent({ keepAlive: true, maxSockets: 256 });
  const open = new Set<() => void>();
  return {
    ask: (base, httpMethod, fields) =>
      new Promise((resolve) => {
        const url = new URL(base);
        const post = httpMethod === 'POST';
        if (!post) for (const [name, value] of Object.entries(fields)) url.searchParams.append(name, value);
        const agent = url.protocol === 'https:' ? secure : plain;
        const done = (answer: string | undefined): void => {
          clearTimeout(limit);
          open.delete(end);
          if (answer === undefined) giveUp();
          resolve(answer);
        };
        const end = (): void => done(undefined);
        const limit = setTimeout(end, ANSWER_WITHIN);
        const giveUp = put({ url, httpMethod, body: post ? JSON.stringify(fields) : '', agent }, done);
        open.add(end);
      }),
    close() {
      for (const end of open) end();
      plain.destroy();
      secure.destroy();
    },
  };
};
