import { parseNameAddress, parseUri } from '../message/index.ts';
import type { ProxyPlan } from '../proxy/types.ts';
import { proxyPlan } from './proxy-command.ts';

/** What a web server wants done with a request. */
export type Instruction =
  | {
      readonly type: 'refuse';
      readonly status: number;
      readonly reason?: string;
      readonly contacts?: readonly string[];
    }
  | { readonly type: 'proxy'; readonly plan: ProxyPlan }
  /** To the application at this place. */
  | { readonly type: 'connect'; readonly place: Place }
  /** To a connected application of this tag. */
  | { readonly type: 'tag'; readonly tag: string };

/** Where an application waits for connections (`srf.listen`). */
export type Place = { readonly host: string; readonly port: number; readonly secure: boolean };

/** Port of an application whose URI has none. */
const DEFAULT_PORT = 9021;

/** What may stand in an answer, in any place of it. */
type Json = {
  readonly [key in
    | 'action'
    | 'data'
    | 'status'
    | 'reason'
    | 'contact'
    | 'destination'
    | 'provisionalTimeout'
    | 'finalTimeout'
    | 'remainInDialog'
    | 'followRedirects'
    | 'simultaneous'
    | 'tag'
    | 'uri']?: unknown;
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';

/** One text or several; undefined when there is none or one is something else. */
const texts = (value: unknown): readonly string[] | undefined => {
  const list = isText(value) ? [value] : value;
  return Array.isArray(list) && list.length > 0 && list.every(isText) ? list : undefined;
};

const PLACE =
  /^(?:(tcp|tls):\/\/)?(\[[0-9A-Fa-f:.]+\]|[^\s:;/?#[\]@]+)(?::(\d{1,5}))?\/?(?:;transport=(tcp|tls))?$/i;

/** The place of `host[:port][;transport=tls]` or of `tcp://host[:port]`, `tls://host[:port]`. */
export const parsePlace = (text: string): Place | undefined => {
  const match = PLACE.exec(text);
  const [, scheme, host, port, transport] = match ?? [];
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (host === undefined || number === 0 || number > 65_535) return undefined;
  const secure = (transport ?? scheme)?.toLowerCase() === 'tls';
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port: number, secure };
};

const refusal = (data: Json): Instruction | undefined => {
  const { status, reason } = data;
  const code = isText(status) ? Number(status) : status;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 300 || code > 699) return undefined;
  if (reason === undefined || reason === null || reason === '') return { type: 'refuse', status: code };
  if (!isText(reason) || reason.length > 200) return undefined;
  return { type: 'refuse', status: code, reason };
};

/** A Contact value of a URI or of an address in brackets, without what could begin another header. */
const contactOf = (text: string): string | undefined => {
  if (/[\r\n]/.test(text)) return undefined;
  if (text.includes('<')) return parseNameAddress(text) === undefined ? undefined : text;
  return parseUri(text) === undefined ? undefined : `<${text}>`;
};

const redirection = (data: Json): Instruction | undefined => {
  const contacts = texts(data.contact)?.map(contactOf);
  return contacts?.every(isText) ? { type: 'refuse', status: 302, contacts } : undefined;
};

/** A time of the answer; `missing` where it has none. */
const timeOf = (value: unknown, missing: string): string | undefined => {
  if (value === undefined || value === null) return missing;
  return isText(value) ? value : undefined;
};

const proxying = (data: Json): Instruction | undefined => {
  const destinations = texts(data.destination);
  const provisional = timeOf(data.provisionalTimeout, '5s');
  const final = timeOf(data.finalTimeout, '60s');
  if (destinations === undefined || provisional === undefined || final === undefined) return undefined;
  const flags = {
    remainInDialog: data.remainInDialog === true,
    fullResponse: true,
    followRedirects: data.followRedirects === true,
    simultaneous: data.simultaneous === true,
  };
  const uris = destinations.map((text) => (/^(?:sips?|tel):/i.test(text) ? text : `sip:${text}`));
  const plan = proxyPlan(flags, { provisional, final }, uris, undefined);
  return isText(plan) ? undefined : { type: 'proxy', plan };
};

const routing = (data: Json): Instruction | undefined => {
  if (isText(data.tag) && data.tag !== '') return { type: 'tag', tag: data.tag };
  const place = isText(data.uri) ? parsePlace(data.uri) : undefined;
  return place === undefined ? undefined : { type: 'connect', place };
};

const ACTIONS: Readonly<Record<string, (data: Json) => Instruction | undefined>> = {
  reject: refusal,
  redirect: redirection,
  proxy: proxying,
  route: routing,
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Reads a web server's answer (drachtio-server's request-handler); undefined when it makes no sense. */
export const parseInstruction = (text: string): Instruction | undefined => {
  const answer = parseJson(text);
  if (!isObject(answer) || !isText(answer.action) || !isObject(answer.data)) return undefined;
  return Object.hasOwn(ACTIONS, answer.action) ? ACTIONS[answer.action]?.(answer.data) : undefined;
};
