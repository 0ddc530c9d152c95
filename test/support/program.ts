import { type ChildProcess, spawn } from 'node:child_process';
import { programArguments } from './gateway.ts';
import { until, within } from './wait.ts';

/** `dialtrace` in a process of its own, running until it ends or is ended. */
export type Program = {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits for a line of standard output and gives what the expression's first group found. */
  says(line: RegExp): Promise<string>;
  /** The same for standard error. */
  notes(line: RegExp): Promise<string>;
  signal(signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM'): void;
  /** Its exit code. */
  readonly exited: Promise<number | null>;
  /** Kills it if it still runs. */
  end(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `dialtrace WORDS`; `env` adds to the environment, undefined takes away. */
export const startProgram = (
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Program => {
  const child = spawn(process.execPath, [...programArguments(), ...words], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
    });
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  const find = async (stream: 'stdout' | 'stderr', line: RegExp): Promise<string> => {
    const found = await until(
      `${line} on ${stream} (${words.join(' ')})`,
      () => {
        const match = line.exec(texts[stream]);
        if (match === null && child.exitCode !== null) throw new Error(`it ended: ${texts.stderr}`);
        return match ?? undefined;
      },
      { timeoutMs: 40_000 },
    );
    return found[1] ?? '';
  };
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    says: (line) => find('stdout', line),
    notes: (line) => find('stderr', line),
    signal: (signal) => child.kill(signal),
    exited,
    end: async () => {
      child.kill('SIGKILL');
      await within('the end of the program', 10_000, exited);
    },
  };
};
