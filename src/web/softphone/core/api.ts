import type {
  Account,
  CallContext,
  HistoryCall,
  Identity,
  LiveCall,
  Person,
  SupervisionMode,
  WrapUp,
} from '../contract.ts';

/** What the gateway answered; status 0 when it could not be reached. */
export type Reply<T> =
  | { readonly type: 'ok'; readonly value: T }
  | { readonly type: 'failed'; readonly status: number; readonly text: string };

/** The account as the gateway tells it. */
export type Me = Account & { readonly supervisionVisible: boolean };

/** What a page needs to speak SIP, good for new requests until `expiresAt` (milliseconds since the epoch). */
export type SipCredentials = {
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
  readonly servers: readonly string[];
  readonly iceServers: readonly RTCIceServer[];
};

/** The gateway's HTTP interface for the softphone. Nothing here rejects. */
export type Api = {
  login(user: string, password: string): Promise<Reply<{ readonly user: Me }>>;
  logout(): Promise<Reply<unknown>>;
  me(): Promise<Reply<Me>>;
  ready(ready: boolean): Promise<Reply<Me>>;
  sip(): Promise<Reply<SipCredentials>>;
  identities(): Promise<Reply<{ readonly numbers: readonly Identity[] }>>;
  people(): Promise<
    Reply<{
      readonly people: readonly Person[];
      readonly lines: readonly { readonly id: string; readonly name: string | null }[];
    }>
  >;
  calls(
    cursor: string | undefined,
  ): Promise<Reply<{ readonly calls: readonly HistoryCall[]; readonly next: string | null }>>;
  context(callId: string): Promise<Reply<CallContext>>;
  wrapUp(callId: string, wrapUp: WrapUp): Promise<Reply<HistoryCall>>;
  live(): Promise<Reply<{ readonly calls: readonly LiveCall[] }>>;
  mode(callId: string, mode: SupervisionMode): Promise<Reply<unknown>>;
};

const TIMEOUT_MS = 10_000;
const PAGE = 30;

/** Words of an RFC 9457 problem, or of the status line. */
const wordsOf = async (response: Response): Promise<string> => {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) return response.statusText;
  const { detail, title } = body as { readonly detail?: unknown; readonly title?: unknown };
  if (typeof detail === 'string') return detail;
  return typeof title === 'string' ? title : response.statusText;
};

/** @param base address of the API, with a slash at its end */
export const createApi = (base: URL): Api => {
  const ask = async <T>(path: string, body?: unknown): Promise<Reply<T>> => {
    try {
      const response = await fetch(new URL(path, base), {
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined
          ? {}
          : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      });
      if (!response.ok) return { type: 'failed', status: response.status, text: await wordsOf(response) };
      return { type: 'ok', value: (await response.json()) as T };
    } catch (error) {
      return { type: 'failed', status: 0, text: error instanceof Error ? error.message : '' };
    }
  };
  const call = (id: string): string => `calls/${encodeURIComponent(id)}`;
  return {
    login: (user, password) => ask('login', { user, password }),
    logout: () => ask('logout', {}),
    me: () => ask('me'),
    ready: (ready) => ask('ready', { ready }),
    sip: () => ask('sip', {}),
    identities: () => ask('identities'),
    people: () => ask('people'),
    calls: (cursor) =>
      ask(`calls?limit=${PAGE}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`),
    context: (id) => ask(call(id)),
    wrapUp: (id, wrapUp) => ask(`${call(id)}/wrap-up`, wrapUp),
    live: () => ask('live'),
    mode: (id, mode) => ask(`live/${encodeURIComponent(id)}/mode`, { mode }),
  };
};
