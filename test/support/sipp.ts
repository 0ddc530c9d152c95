import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPort, hostPort } from './sip-message.ts';

export type SippOptions = {
  /** The scenario's XML. */
  readonly scenario: string;
  /** Own SIP address; the port must be free. */
  readonly at: HostPort;
  /** Where calls go (caller only). */
  readonly remote?: HostPort;
  /** Lowest port of its RTP. */
  readonly mediaPort?: number;
  /** Calls after which it ends. */
  readonly calls: number;
  /** Calls a second. Default 10. */
  readonly rate?: number;
  /** Calls at once. */
  readonly limit?: number;
  /** Milliseconds of the scenario's `<pause/>`. */
  readonly pauseMs?: number;
  /** `[service]`: the number that is called. */
  readonly service?: string;
  readonly transport?: 'udp' | 'tcp';
  /** Files that the scenario reads, by name. */
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Killed after so long. Default 60 s. */
  readonly timeoutMs?: number;
  readonly extra?: readonly string[];
};

export type SippResult = {
  /** 0: every call went as the scenario says; null: killed. */
  readonly code: number | null;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** What SIPp wrote of unexpected messages. */
  readonly errors: string;
  /** Lines of the scenario's `<log>` actions. */
  readonly log: readonly string[];
  readonly output: string;
};

export type Sipp = {
  readonly pid: number | undefined;
  /** Lines of the scenario's `<log>` actions so far. */
  readonly log: () => readonly string[];
  readonly done: Promise<SippResult>;
  /** Ends it and waits for it. */
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** A counter of the last line of SIPp's statistics, 0 when it wrote none. */
const statistic = (csv: string, name: string): number => {
  const rows = csv.trim().split('\n');
  const column = (rows[0] ?? '').split(';').indexOf(name);
  return Number((rows.at(-1) ?? '').split(';')[column] ?? 0) || 0;
};

const argumentsOf = (options: SippOptions, directory: string): string[] => [
  ...(options.remote ? [hostPort(options.remote)] : []),
  ...['-sf', join(directory, 'scenario.xml')],
  ...['-i', options.at.address, '-p', String(options.at.port), '-mi', options.at.address, '-bind_local'],
  ...(options.mediaPort === undefined ? [] : ['-mp', String(options.mediaPort)]),
  ...['-m', String(options.calls), '-r', String(options.rate ?? 10)],
  ...(options.limit === undefined ? [] : ['-l', String(options.limit)]),
  ...(options.pauseMs === undefined ? [] : ['-d', String(options.pauseMs)]),
  ...(options.service === undefined ? [] : ['-s', options.service]),
  ...(options.transport === 'tcp' ? ['-t', 't1'] : []),
  ...['-trace_stat', '-stf', join(directory, 'stat.csv'), '-fd', '1'],
  ...['-trace_err', '-error_file', join(directory, 'errors.log')],
  ...['-trace_logs', '-log_file', join(directory, 'log.log')],
  ...['-nostdin', '-skip_rlimit', ...(options.extra ?? [])],
];

/** Starts SIPp in a directory of its own, which goes with it. */
export const startSipp = (options: SippOptions): Sipp => {
  const directory = mkdtempSync(join(tmpdir(), 'dialtrace-sipp-'));
  writeFileSync(join(directory, 'scenario.xml'), options.scenario);
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(directory, name), content);
  const child = spawn('sipp', argumentsOf(options, directory), {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TERM: 'dumb' },
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);

  let lines: string[] = [];
  const log = (): string[] => {
    if (existsSync(directory)) lines = textOf(join(directory, 'log.log')).split('\n').filter(Boolean);
    return lines;
  };
  const collect = (code: number | null): SippResult => {
    const csv = textOf(join(directory, 'stat.csv'));
    return {
      code,
      successful: statistic(csv, 'SuccessfulCall(C)'),
      failed: statistic(csv, 'FailedCall(C)'),
      retransmissions: statistic(csv, 'Retransmissions(C)'),
      errors: readdirSync(directory)
        .filter((name) => name.startsWith('errors'))
        .map((name) => textOf(join(directory, name)))
        .join(''),
      log: log(),
      output,
    };
  };
  const done = new Promise<SippResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      const result = collect(code);
      rmSync(directory, { recursive: true, force: true });
      resolve(result);
    });
  });
  return {
    pid: child.pid,
    log,
    done,
    stop: async () => {
      child.kill('SIGKILL');
      await done;
    },
  };
};

/** Runs SIPp to its end. */
export const runSipp = (options: SippOptions): Promise<SippResult> => startSipp(options).done;
