import Srf from 'drachtio-srf';

/**
 * The part of drachtio-srf 5 that the gateway uses, with the types that its own declarations leave out.
 */

export type SrfMessage = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
};

type SendOptions = { headers?: Record<string, string>; body?: string };

export type SrfRequest = SrfMessage & {
  readonly method: string;
  readonly uri: string;
  readonly protocol: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly stackDialogId: string | undefined;
  cancel(options: { headers?: Record<string, string> }, callback: (error: unknown) => void): void;
  on(event: 'cancel', listener: (request: SrfMessage | undefined) => void): void;
  /** @param listener `ack` acknowledges the 2xx of an INVITE */
  on(event: 'response', listener: (response: SrfResponse, ack: () => void) => void): void;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): void;
};

export type SrfResponse = SrfMessage & {
  readonly status: number;
  readonly reason: string;
  readonly finalResponseSent: boolean;
  readonly source_address?: string;
  readonly source_port?: number;
  /** Of a response to our own request: the request as it was sent. */
  readonly req?: SrfMessage;
  send(
    status: number,
    options?: SendOptions,
    callback?: (error: unknown, sent: SrfMessage | undefined) => void,
  ): void;
  send(
    status: number,
    reason: string,
    options: SendOptions,
    callback?: (error: unknown, sent: SrfMessage | undefined) => void,
  ): void;
};

export type SrfDialog = {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly remote: { readonly uri: string; sdp: string };
  local: { sdp: string; readonly contact: string | undefined };
  readonly req: SrfRequest;
  readonly res: SrfResponse;
  readonly connected: boolean;
  destroy(options: { headers?: Record<string, string> }): Promise<unknown>;
  on(event: 'destroy', listener: (request: SrfMessage, reason: string | undefined) => void): void;
  on(event: 'ack', listener: (request: SrfMessage) => void): void;
  on(
    event: 'modify' | 'update' | 'info' | 'refer' | 'message' | 'notify' | 'options',
    listener: (request: SrfRequest, response: SrfResponse) => void,
  ): void;
};

/** What `createUAC` rejects with when the peer refused. */
export type SrfRefusal = Error & {
  readonly status: number;
  readonly reason?: string;
  readonly res?: SrfResponse;
};

export type UacOptions = {
  uri?: string;
  headers: Record<string, string>;
  localSdp: string;
  proxy?: string;
  auth?: { username: string; password: string };
};

export type SrfApplication = {
  connect(options: {
    host: string;
    port: number;
    secret: string;
    reconnect?: { maxAttempts?: number };
  }): unknown;
  disconnect(): void;
  on(event: 'connect', listener: (error: Error | null, hostports: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'reconnecting' | 'close', listener: () => void): void;
  use(
    method: string,
    handler: (request: SrfRequest, response: SrfResponse, next: (error?: unknown) => void) => void,
  ): void;
  invite(handler: (request: SrfRequest, response: SrfResponse) => void): void;
  options(handler: (request: SrfRequest, response: SrfResponse) => void): void;
  /** With a callback, since a BYE can follow in the same breath: a promise's reader would come too late to hear of it. */
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: { localSdp: string; headers?: Record<string, string> },
    callback: (error: unknown, dialog: SrfDialog | undefined) => void,
  ): void;
  createUAC(
    uri: string,
    options: UacOptions,
    progress: {
      cbRequest: (error: unknown, request: SrfRequest) => void;
      cbProvisional: (response: SrfResponse) => void;
    },
    callback: (error: unknown, dialog: SrfDialog | undefined) => void,
  ): void;
  request(
    uri: string,
    options: {
      method: string;
      headers?: Record<string, string>;
      body?: string;
      proxy?: string;
      stackDialogId?: string;
      auth?: { username: string; password: string };
    },
    callback: (error: unknown, request: SrfRequest) => void,
  ): void;
  removeDialog(dialog: SrfDialog): void;
};

/** A drachtio-srf application that is not connected yet. */
export const createSrf = (): SrfApplication => new Srf() as unknown as SrfApplication;

/** Spellings of one header name that drachtio-srf takes for different headers, and SIP for the same. */
const spellings = (name: string): readonly string[] => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name.slice(0, 1).toLowerCase() + name.slice(1),
];

/**
 * Sends a response in which a header of several values gets a line for each: drachtio-srf itself joins them by commas,
 * which WWW-Authenticate forbids (RFC 3261 7.3.1).
 */
export const sendWithLines = (
  response: SrfResponse,
  status: number,
  headers: Readonly<Record<string, string | readonly string[]>>,
  reason?: string,
): void => {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') {
      single[name] = value;
      continue;
    }
    const names = spellings(name);
    value.forEach((each, at) => {
      Object.assign(response.headers, { [names[at] ?? name]: each });
    });
  }
  if (reason === undefined) response.send(status, { headers: single });
  else response.send(status, reason, { headers: single });
};
