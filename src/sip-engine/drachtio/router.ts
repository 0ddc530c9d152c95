import type { Decision } from '../dialog/types.ts';
import type { SipRequest } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import type { RequestHandler } from '../types.ts';
import type { Clients } from './clients.ts';
import { type Instruction, type Place, parseInstruction, parsePlace } from './instruction.ts';
import type { Outbound } from './outbound.ts';
import { createWeb, questionOf } from './web-request.ts';

/** Questions to web servers at a time; further requests are refused. */
const MAX_ASKED = 1000;

/** Decides who takes a new request. */
export type Router = {
  /** A promise where a web server is asked or an application called up. Never rejects. */
  route(request: SipRequest, received: Received): Decision | Promise<Decision>;
  close(): void;
};

const NOBODY: Decision = { type: 'refuse', status: 503 };
const NO_SENSE: Decision = { type: 'refuse', status: 500 };
const UNAVAILABLE: Decision = { type: 'refuse', status: 480 };

/** Who is to be asked: a web server, or the application itself at its place. */
type Handler =
  | { readonly type: 'web'; readonly url: URL; readonly httpMethod: 'GET' | 'POST' }
  | { readonly type: 'place'; readonly place: Place };

const handlerOf = ({ url, httpMethod = 'GET' }: RequestHandler): Handler => {
  if (/^https?:/i.test(url) && URL.canParse(url)) return { type: 'web', url: new URL(url), httpMethod };
  const place = /^(?:tcp|tls):\/\//i.test(url) ? parsePlace(url) : undefined;
  if (place === undefined) throw new Error(`no URL for a request handler: ${url}`);
  return { type: 'place', place };
};

const connected = async (outbound: Pick<Outbound, 'connect'>, place: Place): Promise<Decision> => {
  const app = await outbound.connect(place);
  return app === undefined ? UNAVAILABLE : { type: 'app', app };
};

const carryOut = (
  instruction: Instruction | undefined,
  clients: Pick<Clients, 'pickTagged'>,
  outbound: Pick<Outbound, 'connect'>,
): Decision | Promise<Decision> => {
  if (instruction === undefined) return NO_SENSE;
  switch (instruction.type) {
    case 'connect':
      return connected(outbound, instruction.place);
    case 'tag': {
      const app = clients.pickTagged(instruction.tag);
      return app === undefined ? UNAVAILABLE : { type: 'app', app };
    }
    default:
      return instruction;
  }
};

/** @throws when a handler's URL is none of http, https, tcp or tls */
export const readHandlers = (handlers: readonly RequestHandler[]): ReadonlyMap<string, Handler> =>
  new Map(handlers.map((each) => [each.sipMethod.toUpperCase(), handlerOf(each)]));

/** Request handlers first, by method, then `*`; without one the next application in turn for the method. */
export const createRouter = (
  handlers: ReadonlyMap<string, Handler>,
  clients: Pick<Clients, 'pick' | 'pickTagged'>,
  outbound: Pick<Outbound, 'connect'>,
): Router => {
  const web = createWeb();
  let asked = 0;

  const ask = async (
    { url, httpMethod }: Extract<Handler, { type: 'web' }>,
    request: SipRequest,
    received: Received,
  ): Promise<Decision> => {
    if (asked >= MAX_ASKED) return NOBODY;
    asked += 1;
    const answer = await web.ask(url, httpMethod, questionOf(request, received));
    asked -= 1;
    return carryOut(answer === undefined ? undefined : parseInstruction(answer), clients, outbound);
  };

  return {
    route(request, received) {
      const handler = handlers.get(request.method) ?? handlers.get('*');
      if (handler?.type === 'web') return ask(handler, request, received);
      if (handler?.type === 'place') return connected(outbound, handler.place);
      const app = clients.pick(request.method.toLowerCase());
      return app === undefined ? NOBODY : { type: 'app', app };
    },
    close: web.close,
  };
};
