import { errorCode, errorMessage, FailureError } from '../base/errors.ts';
import { randomSecret } from '../base/ids.ts';
import { type SipEngine, startSipEngineThread } from '../sip-engine/index.ts';
import { wrapInvite } from './incoming.ts';
import { takeRegisters } from './incoming-register.ts';
import { dial } from './outgoing.ts';
import { register } from './outgoing-register.ts';
import { peerOf } from './peer.ts';
import { createSrf, type SrfApplication, type SrfRequest } from './srf.ts';
import type { PingResult, SipServer, SipServerOptions } from './types.ts';

const CONNECT_PATIENCE_MS = 10_000;
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK';

type Address = { host: string; port: number; secret: string };

const connect = (srf: SrfApplication, address: Address): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const where = `${address.host}:${address.port}`;
    const timer = setTimeout(
      () =>
        reject(new FailureError(`No SIP server answers at ${where} within ${CONNECT_PATIENCE_MS / 1000} s.`)),
      CONNECT_PATIENCE_MS,
    );
    srf.on('connect', (error, hostports) => {
      clearTimeout(timer);
      if (error) return reject(new FailureError(`The SIP server at ${where} refused the secret.`));
      resolve(hostports.split(',').filter((hostport) => hostport !== ''));
    });
    srf.connect(address);
  });

/** What a person can do about a listening point that could not be bound. */
const listenFailure = (error: unknown): FailureError => {
  const mend =
    errorCode(error) === 'EADDRINUSE'
      ? 'another program listens there: stop it, or change sip.listen'
      : 'change sip.listen to an address of this machine and a port that you may bind';
  return new FailureError(`SIP can't listen (${errorMessage(error)}): ${mend}.`, { cause: error });
};

const ping = (srf: SrfApplication, uri: string, timeoutMs: number): Promise<PingResult> =>
  new Promise((resolve) => {
    const started = performance.now();
    const unreachable = (reason: string): void => resolve({ reachable: false, reason });
    const timer = setTimeout(() => unreachable(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    srf.request(
      uri,
      { method: 'OPTIONS', headers: { Accept: 'application/sdp' } },
      (error, request: SrfRequest) => {
        if (error || !request) {
          clearTimeout(timer);
          return unreachable(errorMessage(error));
        }
        request.on('response', (response) => {
          clearTimeout(timer);
          if (response.status === 408 || response.status === 503)
            return unreachable(`${response.status} ${response.reason}`);
          resolve({ reachable: true, status: response.status, milliseconds: performance.now() - started });
        });
      },
    );
  });

const hasWall = ({ server }: SipServerOptions): boolean =>
  server.type === 'embedded' && server.options.wall !== undefined;

/**
 * Starts the embedded engine in its thread, or connects to a drachtio-server, and takes its calls.
 *
 * @throws FailureError when a port is taken or no server answers
 */
export const startSipServer = async (options: SipServerOptions): Promise<SipServer> => {
  let engine: SipEngine | undefined;
  let closing = false;
  const lost = (error: Error): void => {
    if (!closing) options.onLost(error);
  };

  const start = async (): Promise<Address> => {
    if (options.server.type === 'drachtio') return options.server;
    const secret = randomSecret();
    const admin = { address: '127.0.0.1', port: 0, secret };
    const started = await startSipEngineThread({ ...options.server.options, admin }).catch((error) => {
      throw listenFailure(error);
    });
    started.onExit(lost);
    if (options.onBan !== undefined) started.onBan(options.onBan);
    engine = started;
    return { host: started.admin.address, port: started.admin.port, secret };
  };

  const address = await start();
  const srf = createSrf();
  srf.on('error', lost);
  srf.on('reconnecting', () => lost(new FailureError('The connection to the SIP server broke.')));
  srf.invite((request, response) => options.onInvite(wrapInvite(srf, request, response)));
  if (options.onRegister) takeRegisters(srf, options.onRegister);
  srf.options((request, response) => {
    const status = options.onOptions(peerOf(request));
    if (status !== undefined) response.send(status, { headers: { Allow: ALLOW, Accept: 'application/sdp' } });
  });

  const close = async (): Promise<void> => {
    closing = true;
    srf.disconnect();
    await engine?.close();
  };

  try {
    const hostports = await connect(srf, address);
    return {
      hostports,
      dial: (dialOptions) => dial(srf, dialOptions),
      ping: (uri, timeoutMs) => ping(srf, uri, timeoutMs),
      register: (registerOptions) => register(srf, registerOptions),
      setAdmission: (admission) => engine?.setAdmission(admission),
      setTls: async (tls) => engine?.setTls(tls),
      wall: hasWall(options) ? engine : undefined,
      stats: async () => engine?.stats(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
