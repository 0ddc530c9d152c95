import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { gatewayConfigSchema } from '../../src/config/gateway-schema.ts';
import type { trackingPlanSchema } from '../../src/config/tracking-schema.ts';
import { type Metrics, scrape } from './metrics.ts';
import { claimPorts, type PortBlock } from './ports.ts';
import { openRecords, type Records } from './records.ts';
import { type HostPort, hostPortOf } from './sip-message.ts';
import { sleep, until, within } from './wait.ts';

export type Plan = z.input<typeof trackingPlanSchema>;
type Config = z.input<typeof gatewayConfigSchema>;

export type GatewayOptions = {
  readonly plan: Plan;
  readonly trunks: NonNullable<Config['trunks']>;
  /** Also listens on [::1]. */
  readonly ipv6?: boolean;
  /** Also takes SIP over WebSocket. */
  readonly websocket?: boolean;
  /** Listening points besides these. */
  readonly listen?: NonNullable<Config['sip']>['listen'];
  /** Ports for RTP and RTCP, two a leg. Default 400: a hundred calls. */
  readonly rtpPorts?: number;
  readonly media?: Config['media'];
  readonly sip?: Partial<NonNullable<Config['sip']>>;
  readonly registrar?: Config['registrar'];
  readonly phone?: Config['phone'];
  readonly recording?: Config['recording'];
  readonly http?: Config['http'];
  readonly features?: Config['features'];
  readonly buttons?: Config['buttons'];
  readonly log?: Config['log'];
  readonly drainSeconds?: number;
};

/** A real gateway in a process and a directory of its own, on loopback. */
export type Gateway = {
  readonly pid: () => number;
  /** UDP and TCP. */
  readonly sip: HostPort;
  readonly sip6: HostPort | undefined;
  /** As bound in this run. */
  readonly ws: HostPort | undefined;
  readonly http: HostPort;
  readonly rtpPorts: { readonly from: number; readonly to: number };
  readonly directory: string;
  readonly recordings: string;
  readonly records: Records;
  /** Ports beside the gateway's own, for SIPp. */
  readonly spare: PortBlock;
  /** All that it wrote to stdout and stderr, over restarts. */
  log(): string;
  metrics(): Promise<Metrics>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
  kill9(): Promise<void>;
  /** Starts it again after `stop` or `kill9`. */
  restart(): Promise<void>;
  /** Ends it in any case and removes its directory. */
  close(): Promise<void>;
};

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_MS = 40_000;

/** When anything in `directory` changed last, milliseconds since the epoch. */
export const newest = (directory: string): number =>
  Math.max(
    0,
    ...readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/** The compiled program when it is newer than its source, else the source itself. */
export const programArguments = (): string[] => {
  const compiled = join(ROOT, 'dist/cli/main.js');
  const fresh = existsSync(compiled) && statSync(compiled).mtimeMs > newest(join(ROOT, 'src'));
  return fresh ? [compiled] : ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')];
};

/** With GATEWAY_PROFILE=DIRECTORY, V8 writes a CPU profile of each of the gateway's threads there when it stops. */
const profiling = (): string[] => {
  const { GATEWAY_PROFILE } = process.env;
  return GATEWAY_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${GATEWAY_PROFILE}`] : [];
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const configOf = (options: GatewayOptions, sip: number, rtp: { from: number; to: number }): Config => ({
  sip: {
    listen: [
      { transport: 'udp', address: '127.0.0.1', port: sip },
      { transport: 'tcp', address: '127.0.0.1', port: sip },
      ...(options.websocket ? [{ transport: 'ws' as const, address: '127.0.0.1', port: 0 }] : []),
      ...(options.listen ?? []),
      ...(options.ipv6 ? [{ transport: 'udp' as const, address: '::1', port: sip }] : []),
    ],
    ...options.sip,
  },
  // No mediasoup where a test doesn't ask for it.
  media: { address: '127.0.0.1', rtpPorts: rtp, webrtc: { enabled: false }, ...options.media },
  trunks: options.trunks,
  ...(options.registrar && { registrar: options.registrar }),
  ...(options.phone && { phone: options.phone }),
  recording: { ...options.recording },
  ...(options.features && { features: options.features }),
  ...(options.buttons && { buttons: options.buttons }),
  http: { address: '127.0.0.1', port: 0, ...options.http },
  log: { level: 'info', format: 'json', ...options.log },
  trackingPlan: 'tracking.yaml',
  drainSeconds: options.drainSeconds ?? 1,
});

/** Writes the configuration, starts the gateway and waits until it is ready. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const rtpCount = options.rtpPorts ?? 400;
  const ports = await claimPorts(rtpCount + 100);
  const sipPort = ports.take();
  const spare = ports;
  const rtp = { from: ports.to - rtpCount + (ports.to % 2 === 0 ? 0 : 1), to: ports.to };
  const directory = mkdtempSync(join(tmpdir(), 'dialtrace-e2e-'));
  writeFileSync(join(directory, 'dialtrace.yaml'), stringify(configOf(options, sipPort, rtp)));
  writeFileSync(join(directory, 'tracking.yaml'), stringify(options.plan));

  const runFile = join(directory, 'data/gateway.json');
  let output = '';
  let child: ChildProcess | undefined;
  let exited: Promise<number | null> = Promise.resolve(null);

  const launch = async (): Promise<void> => {
    rmSync(runFile, { force: true });
    const preload = join(ROOT, 'test/support/orphan.mjs');
    const started = spawn(
      process.execPath,
      [
        '--import',
        preload,
        ...profiling(),
        ...programArguments(),
        'start',
        '--config',
        join(directory, 'dialtrace.yaml'),
      ],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = started;
    running.add(started);
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    started.stdout?.on('data', keep);
    started.stderr?.on('data', keep);
    let over = false;
    exited = new Promise((resolve) => {
      started.once('close', (code) => {
        over = true;
        running.delete(started);
        resolve(code);
      });
    });
    await until(
      'the gateway',
      () => {
        if (over) throw new Error(`the gateway ended at once:\n${output.slice(-4000)}`);
        return existsSync(runFile);
      },
      { timeoutMs: START_MS },
    ).catch((error: unknown) => {
      started.kill('SIGKILL');
      throw new Error(`${String(error)}\n${output.slice(-4000)}`);
    });
  };

  const kill9 = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await exited;
  };

  const close = async (): Promise<void> => {
    await kill9();
    await ports.release();
    const { GATEWAY_KEEP } = process.env;
    if (!GATEWAY_KEEP) rmSync(directory, { recursive: true, force: true });
  };

  try {
    await launch();
  } catch (error) {
    await close();
    throw error;
  }

  type RunFile = { readonly http: string; readonly sip: readonly string[] };
  const readRunFile = (): RunFile => JSON.parse(readFileSync(runFile, 'utf8')) as RunFile;
  const httpOf = (): HostPort => hostPortOf(`sip:${readRunFile().http}`);
  const wsOf = (): HostPort | undefined => {
    const bound = readRunFile().sip.find((each) => each.startsWith('ws/'));
    return bound === undefined ? undefined : hostPortOf(`sip:${bound.slice('ws/'.length)}`);
  };

  return {
    pid: () => child?.pid ?? 0,
    sip: { address: '127.0.0.1', port: sipPort },
    sip6: options.ipv6 ? { address: '::1', port: sipPort } : undefined,
    get ws() {
      return wsOf();
    },
    get http() {
      return httpOf();
    },
    rtpPorts: rtp,
    directory,
    recordings: join(directory, 'data/recordings'),
    records: openRecords(join(directory, 'data/dialtrace.db')),
    spare,
    log: () => output,
    metrics: () => scrape(httpOf()),
    stop: async () => {
      child?.kill('SIGTERM');
      const code = await within('the gateway stops', 20_000, exited);
      await sleep(0);
      return code;
    },
    kill9,
    restart: launch,
    close,
  };
};
