import { createSipEngine, type SipEngine, type SipEngineOptions } from '../../../../src/sip-engine/index.ts';
import { type Authority, makeAuthority } from '../../../support/certificates.ts';
import { until } from '../harness.ts';
import { connectSrf, type Req, type Res, type Srf } from '../srf.ts';

export const PROTOCOLS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

const SECRET = 'only for tests';

/** An engine that listens on every transport, with an application. */
export type Side = {
  readonly engine: SipEngine;
  readonly srf: Srf;
  /** Where this side is reached over a transport. */
  uri(protocol: Protocol, user?: string): string;
  port(protocol: Protocol): number;
  /** A further application. */
  app(prepare?: (srf: Srf) => void): Promise<Srf>;
  /** What the application does with requests of one method from now on. */
  handle(method: string, handler: (req: Req, res: Res) => void): void;
};

export type Pair = {
  readonly near: Side;
  readonly far: Side;
  /** Waits until neither engine has a dialog left. */
  quiet(): Promise<void>;
  close(): Promise<void>;
};

const METHODS = [
  'invite',
  'register',
  'options',
  'message',
  'info',
  'subscribe',
  'notify',
  'publish',
  'refer',
] as const;

const startSide = async (
  authority: Authority,
  options: Partial<SipEngineOptions>,
): Promise<Side & { close(): Promise<void> }> => {
  const { key, cert } = await authority.issue({ addresses: ['127.0.0.1'] });
  const engine = await createSipEngine({
    listen: PROTOCOLS.map((protocol) => ({ protocol, address: '127.0.0.1', port: 0 })),
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
    tls: { key, cert, ca: authority.ca },
    ...options,
  });
  const apps: Srf[] = [];
  const handlers = new Map<string, (req: Req, res: Res) => void>();
  const app = async (prepare?: (srf: Srf) => void): Promise<Srf> => {
    const srf = await connectSrf(engine.admin, SECRET, prepare);
    apps.push(srf);
    return srf;
  };
  const srf = await app((one) => {
    for (const method of METHODS) {
      one.use(method, (req, res) => {
        const handler = handlers.get(method);
        if (handler) handler(req, res);
        else res.send(404);
      });
    }
  });
  const port = (protocol: Protocol): number =>
    Number(
      engine.hostports
        .find((hostport) => hostport.startsWith(`${protocol}/`))
        ?.split(':')
        .at(-1),
    );
  return {
    engine,
    srf,
    port,
    app,
    uri: (protocol, user = 'bob') => `sip:${user}@127.0.0.1:${port(protocol)};transport=${protocol}`,
    handle: (method, handler) => {
      handlers.set(method, handler);
    },
    close: async () => {
      for (const one of apps) one.disconnect();
      await engine.close();
    },
  };
};

/** Two engines with drachtio-srf on each, which call each other over any transport. */
export const startPair = async (options: Partial<SipEngineOptions> = {}): Promise<Pair> => {
  const authority = await makeAuthority();
  const [near, far] = await Promise.all([startSide(authority, options), startSide(authority, options)]);
  return {
    near,
    far,
    quiet: () =>
      until(async () => {
        const [a, b] = await Promise.all([near.engine.stats(), far.engine.stats()]);
        return a.dialogs + b.dialogs === 0;
      }),
    close: async () => {
      await Promise.all([near.close(), far.close()]);
    },
  };
};
