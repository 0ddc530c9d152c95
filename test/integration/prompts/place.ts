import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { WaveFile } from 'wavefile';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  createPromptLibrary,
  type PromptLibrary,
  type PromptLibraryOptions,
} from '../../../src/prompts/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';

/** Libraries with a database and programs of their own, one after another test. */
export type Place = {
  readonly store: Store;
  /** Folder of own prompts, and of programs. */
  readonly prompts: string;
  readonly programs: string;
  /** One for all tests: its thread takes a while to start. */
  readonly library: PromptLibrary;
  /** Another one. */
  make(options: Partial<PromptLibraryOptions>): PromptLibrary;
  /** Lines that were logged since the last `clear`. */
  readonly warnings: readonly string[];
  /** Sets its clock. */
  setNow(now: number): void;
  /** Makes a program of shell lines. */
  program(name: string, lines: string): Promise<void>;
  /** Forgets prompts, programs, and what was spoken. */
  clear(): Promise<void>;
  remove(): Promise<void>;
};

export const NOW = Date.UTC(2026, 10, 22, 9);

export const makePlace = async (): Promise<Place> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-prompts-'));
  const file = (name: string): string => join(directory, name);
  const [prompts, programs] = [file('prompts'), file('bin')];
  const store = await openStore(
    { path: file('test.db'), keyFile: file('test.key'), backupDirectory: file('backups') },
    silentLogger,
  );
  const warnings: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const made: PromptLibrary[] = [];
  let clock = NOW;
  const make: Place['make'] = (options) => {
    const library = createPromptLibrary({
      directory: prompts,
      speech: { voices: {}, timeoutSeconds: 5 },
      db: store.db,
      logger,
      now: () => clock,
      path: programs,
      // A loaded machine takes its time; how long is waited has a test of its own.
      patienceMs: 30_000,
      ...options,
    });
    made.push(library);
    return library;
  };
  const clear = async (): Promise<void> => {
    clock = NOW;
    warnings.length = 0;
    await store.db.deleteFrom('prompt').execute();
    for (const folder of [prompts, programs]) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    }
  };
  await clear();
  return {
    store,
    prompts,
    programs,
    library: make({}),
    make,
    warnings,
    setNow: (now) => {
      clock = now;
    },
    program: async (name, lines) => {
      await writeFile(join(programs, name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${lines}\n`);
      await chmod(join(programs, name), 0o755);
    },
    clear,
    remove: async () => {
      await Promise.all(made.map((library) => library.close()));
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** A WAV file of one sine, 16 bits. */
export const wavOf = (frequency: number, seconds: number, rate = 44_100, amplitude = 0.1): Buffer => {
  const samples = Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.round(32_767 * amplitude * Math.sin((2 * Math.PI * frequency * i) / rate)),
  );
  const file = new WaveFile();
  file.fromScratch(1, rate, '16', samples);
  return Buffer.from(file.toBuffer());
};
