import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { RunFile } from '../base/run-file.ts';
import type { GatewayConfig } from '../config/index.ts';
import { type Check, checkPort } from './doctor-checks.ts';

type WebRtcConfig = Pick<GatewayConfig, 'media'>;

/** With what a worker ends that was started by nobody: it runs on this machine. */
const NO_FATHER = 41;
const PATIENCE_MS = 10_000;

const defaultPlace = (): string | undefined => {
  try {
    const entry = createRequire(import.meta.url).resolve('mediasoup');
    return `${entry.slice(0, entry.lastIndexOf('/mediasoup/'))}/mediasoup/worker/out/Release/mediasoup-worker`;
  } catch {
    return undefined;
  }
};

/** The exit status of a worker that is started without a gateway, or why it does not start. */
const tryWorker = (binary: string): Promise<number | string> =>
  new Promise((done) => {
    execFile(binary, [], { env: {}, timeout: PATIENCE_MS }, (error, _stdout, stderr) => {
      if (error === null) return done(0);
      if (typeof error.code === 'number' && error.code !== 127) return done(error.code);
      done(stderr.trim().split('\n').at(-1) || error.message);
    });
  });

/** Calls with browsers need mediasoup's worker, and one that starts here; SIP calls don't. */
export const checkMediasoup = async ({ media }: WebRtcConfig, env: NodeJS.ProcessEnv): Promise<Check> => {
  const name = 'Browser calls';
  if (!media.webrtc.enabled) return { name, state: 'off', text: 'off: media.webrtc.enabled is false' };
  const binary = env['DIALTRACE_MEDIASOUP_WORKER'] || env['MEDIASOUP_WORKER_BIN'] || defaultPlace();
  const mend = '`scripts/start --setup-only` fetches or builds it; SIP calls need none';
  if (binary === undefined || !existsSync(binary))
    return { name, state: 'warn', text: `there is no mediasoup worker${binary ? ` ${binary}` : ''}`, mend };
  const status = await tryWorker(binary);
  if (status === NO_FATHER) return { name, state: 'ok', text: `mediasoup worker ${binary} starts` };
  const why = typeof status === 'number' ? `it ends with status ${status}` : status;
  return { name, state: 'fail', text: `the mediasoup worker ${binary} does not start: ${why}`, mend };
};

/** Whether a browser finds what the softphone needs: a page over HTTPS may open encrypted WebSockets alone. */
export const checkSoftphone = ({
  sip,
  http,
  phone,
  registrar,
}: Pick<GatewayConfig, 'sip' | 'http' | 'phone' | 'registrar'>): Check => {
  const name = 'Softphone';
  if (!phone.enabled) return { name, state: 'off', text: 'off: phone.enabled is false' };
  if (registrar?.enabled !== true) return { name, state: 'off', text: 'off: there is no registrar' };
  const offered = phone.servers.length > 0 ? phone.servers.map((url) => url.split(':')[0]) : undefined;
  const transports = offered ?? sip.listen.map(({ transport }) => transport);
  const page = `${http.tls ? 'https' : 'http'}, port ${http.port}`;
  if (transports.includes('wss')) return { name, state: 'ok', text: `${page}, SIP over wss` };
  if (!http.tls && transports.includes('ws'))
    return { name, state: 'ok', text: `${page}, SIP over ws: for browsers on this machine` };
  const wanted = http.tls ? 'wss' : 'ws';
  return {
    name,
    state: 'warn',
    text: `${page}, but no ${wanted} listener`,
    mend: `add { transport: ${wanted} } to sip.listen`,
  };
};

/** The ports that mediasoup's workers listen on, UDP and TCP each: one a worker, from the first upwards. */
const workerPorts = ({ webrtc }: GatewayConfig['media']): number[] => {
  const workers = webrtc.workers === 0 ? availableParallelism() : webrtc.workers;
  return webrtc.port === 0 ? [0] : Array.from({ length: workers }, (_, index) => webrtc.port + index);
};

/** Whether the workers' ports are free, as one check. A running gateway holds them, which can't be told apart from here. */
export const checkWebRtcPorts = async (
  { media }: WebRtcConfig,
  running: RunFile | undefined,
): Promise<Check[]> => {
  if (!media.webrtc.enabled) return [];
  const name = 'WebRTC ports';
  const address = media.webrtc.address ?? media.address;
  const ports = workerPorts(media);
  const where = `${address}, UDP and TCP ${ports[0]}${ports.length > 1 ? ` to ${ports.at(-1)}` : ''}`;
  if (ports[0] === 0) return [{ name, state: 'ok', text: `${address}: the system picks them` }];
  if (running !== undefined) return [{ name, state: 'ok', text: `${where}: held by the running gateway` }];
  const checks = await Promise.all(
    ports.flatMap((port) =>
      (['udp', 'tcp'] as const).map((transport) => checkPort(name, { transport, address, port }, [])),
    ),
  );
  return [checks.find(({ state }) => state === 'fail') ?? { name, state: 'ok', text: `${where} are free` }];
};
