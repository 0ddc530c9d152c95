import { createRequire } from 'node:module';
import type { Server } from 'node:net';

/** drachtio-srf as far as these tests use it: its own types are thin. */
export type SipMessage = {
  readonly body: string;
  readonly uri: string;
  readonly method: string;
  readonly status: number;
  get(name: string): string | undefined;
  has(name: string): boolean;
};

export type Emitter = {
  // biome-ignore lint/suspicious/noExplicitAny: listeners of an untyped emitter
  on(event: string, listener: (...values: any[]) => void): void;
};

export type Req = SipMessage &
  Emitter & {
    readonly source_address: string;
    readonly source_port: number;
    readonly protocol: string;
    readonly receivedOn: string;
    readonly server: { readonly hostport: string };
    cancel(options: object, callback?: (error: unknown, request: unknown) => void): void;
    proxy(options: object): Promise<{
      readonly connected: boolean;
      readonly finalStatus: number;
      readonly responses: readonly {
        readonly port: number;
        readonly msgs: readonly { readonly status: number }[];
      }[];
    }>;
  };

export type Res = SipMessage & {
  send(
    status: number | string,
    options?:
      | { headers?: Record<string, string>; body?: string }
      | ((error: unknown, sent: SipMessage) => void),
    callback?: (error: unknown, sent: SipMessage) => void,
    onAck?: (ack: SipMessage) => void,
  ): void;
};

export type Dialog = Emitter & {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { readonly sdp: string; readonly uri: string };
  readonly remote: { readonly sdp: string; readonly uri: string };
  destroy(options?: object): Promise<SipMessage>;
  modify(sdp: string): Promise<string>;
  modify(options: { noAck: true }): Promise<{ sdp: string; ack(sdp: string): void }>;
  request(options: {
    method: string;
    headers?: Record<string, string>;
    body?: string;
    auth?: object;
  }): Promise<SipMessage>;
};

export type Srf = Emitter & {
  readonly hostport: string;
  connect(options: {
    host: string;
    port: number;
    secret: string;
    enablePing?: boolean;
    tls?: { ca?: string; rejectUnauthorized?: boolean };
    reconnect?: { maxAttempts: number };
  }): void;
  /** Waits for connections of the engine; the server can be closed. */
  listen(options: {
    host: string;
    port: number;
    secret: string;
    tls?: { key: string; cert: string };
  }): Server;
  endSession(message: Req | Res): void;
  disconnect(): void;
  createUAS(req: Req, res: Res, options: object): Promise<Dialog>;
  createUAC(uri: string, options: object, progress?: object): Promise<Dialog>;
  createB2BUA(req: Req, res: Res, uri: string, options: object): Promise<{ uas: Dialog; uac: Dialog }>;
  request(uri: string, options: object): Promise<Req>;
  request(uri: string, options: object, callback: (error: unknown, request: Req) => void): void;
  invite(handler: (req: Req, res: Res) => void): void;
  use(method: string, handler: (req: Req, res: Res) => void): void;
  options(handler: (req: Req, res: Res) => void): void;
  subscribe(handler: (req: Req, res: Res) => void): void;
  prack(handler: (req: Req, res: Res) => void): void;
};

const SrfClass = createRequire(import.meta.url)('drachtio-srf') as new (tags?: readonly string[]) => Srf;

/** A drachtio-srf application that is not connected yet. */
export const newSrf = (tags: readonly string[] = []): Srf => new SrfClass(tags);

/** A drachtio-srf application connected to an engine; rejects when it is refused. */
export const connectSrf = async (
  admin: { readonly address: string; readonly port: number },
  secret: string,
  prepare: (srf: Srf) => void = () => {},
  tags: readonly string[] = [],
): Promise<Srf> => {
  const srf = newSrf(tags);
  prepare(srf);
  await new Promise<void>((resolve, reject) => {
    srf.on('connect', (error: Error | null) => (error ? reject(error) : resolve()));
    srf.on('error', () => {});
    srf.connect({ host: admin.address, port: admin.port, secret });
  });
  return srf;
};
