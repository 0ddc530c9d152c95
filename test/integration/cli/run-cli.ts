import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createOutput } from '../../../src/cli/output.ts';
import { runCommand } from '../../../src/cli/run.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A directory with a configuration of its own, in which the command is run from source. */
export type Place = {
  readonly directory: string;
  path(name: string): string;
  write(name: string, text: string): Promise<void>;
  spawn(...words: string[]): ChildProcess;
  /** Runs the command as a process. */
  runProcess(...words: string[]): Promise<Finished>;
  /** Runs the command in this process: the same, but for the start of Node.js. */
  run(...words: string[]): Promise<Finished>;
  remove(): Promise<void>;
};

export const CONFIG = `
sip:
  listen:
    - { transport: udp, address: 127.0.0.1, port: 0 }
media:
  address: 127.0.0.1
  rtpPorts: { from: 15000, to: 15199 }
  webrtc: { port: 0, workers: 1 }
http: { address: 127.0.0.1, port: 0 }
trunks:
  - { id: carrier, region: US, sources: [127.0.0.1], gateway: 'sip:127.0.0.1:5999', auth: { username: u, password: very-secret } }
database: { path: ../data/dialtrace.db, keyFile: ../data/dialtrace.key, backupDirectory: ../data/backups }
recording: { directory: ../data/recordings }
runFile: ../data/gateway.json
drainSeconds: 0
`;

export const PLAN = `
sources:
  - { id: google-ads, name: Google Ads, source: google, medium: cpc, cost: { amount: 310, currency: EUR, per: month } }
  - { id: billboard, name: Billboard A8, source: billboard-a8 }
lines:
  - { id: echo, name: Echo, type: echo }
numbers:
  - { number: '+12025550123', source: google-ads, lines: [echo] }
`;

const environment = (): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('DIALTRACE_') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(own), TZ: 'UTC', NO_COLOR: '1' };
};

const collect = (child: ChildProcess): Promise<Finished> =>
  new Promise((done, fail) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });

const runHere = async (directory: string, words: readonly string[]): Promise<Finished> => {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written[name] += chunk.toString();
        done();
      },
    });
  const out = createOutput(sink('stdout'), sink('stderr'), {});
  const cli = { env: environment(), directory, out, now: () => Date.now() };
  const { code, text } = await runCommand(words, cli);
  return { code, stdout: written.stdout, stderr: written.stderr + (text === '' ? '' : `${text}\n`) };
};

export const makePlace = async (config = CONFIG, plan = PLAN): Promise<Place> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-cli-'));
  const path = (name: string): string => join(directory, name);
  await mkdir(path('config'));
  await writeFile(path('config/dialtrace.yaml'), config);
  await writeFile(path('config/tracking.yaml'), plan);
  const start = (...words: string[]): ChildProcess =>
    spawn(process.execPath, ['--import', TSX, MAIN, ...words], {
      cwd: directory,
      env: environment(),
      stdio: 'pipe',
    });
  return {
    directory,
    path,
    write: (name, text) => writeFile(path(name), text),
    spawn: start,
    runProcess: (...words) => collect(start(...words)),
    run: (...words) => runHere(directory, words),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
