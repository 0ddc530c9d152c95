import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { errorCode } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { parsePhone, type Region } from '../base/phone.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config/index.ts';
import { openStore, type Store, type StoreOptions } from '../store/index.ts';
import type { Output } from './output.ts';

/** What every command gets: the outside world, so that tests can give another. */
export type Cli = {
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly out: Output;
  readonly now: () => number;
};

/** What one run of a command works with. */
export type Session = Cli & {
  readonly json: boolean;
  readonly configPath: string;
  /** @throws UsageError with every problem of the file */
  config(): GatewayConfig;
  /** Runs `work` on the database and closes it, whatever happens. @throws FailureError when it can't be opened */
  withStore<T>(mode: 'read' | 'write', work: (store: Store) => Promise<T>): Promise<T>;
};

const SHIPPED_CONFIG = fileURLToPath(new URL('../../config/dialtrace.example.yaml', import.meta.url));

/** The configuration file that a command uses: `--config`, `DIALTRACE_CONFIG`, `config/dialtrace.yaml` here, or the shipped example. */
export const findConfig = (
  given: string | undefined,
  { env, directory }: Pick<Cli, 'env' | 'directory'>,
): { readonly path: string; readonly shipped: boolean } => {
  const { DIALTRACE_CONFIG } = env;
  const named = given ?? (DIALTRACE_CONFIG || undefined);
  if (named !== undefined) return { path: resolve(directory, named), shipped: false };
  const own = resolve(directory, 'config/dialtrace.yaml');
  return existsSync(own) ? { path: own, shipped: false } : { path: SHIPPED_CONFIG, shipped: true };
};

/** True when there is certainly nothing: what may not be looked at is there. */
export const isMissing = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    (error: unknown) => errorCode(error) === 'ENOENT',
  );

/** Where the store's files are. */
export const storeOptions = ({ database }: GatewayConfig, readOnly: boolean): StoreOptions => ({
  path: database.path,
  keyFile: database.keyFile,
  backupDirectory: database.backupDirectory,
  readOnly,
});

type Globals = { readonly config?: string; readonly json?: boolean };

/** The session of a command that is about to run. */
export const openSession = (cli: Cli, command: Command): Session => {
  const { config: given, json = false } = command.optsWithGlobals<Globals>();
  const { path: configPath, shipped } = findConfig(given, cli);
  let loaded: GatewayConfig | undefined;
  const config = (): GatewayConfig => {
    if (loaded !== undefined) return loaded;
    if (shipped && !json)
      cli.out.note(`No config/dialtrace.yaml here: using the shipped example ${configPath}`);
    loaded = loadGatewayConfig(configPath, cli.env);
    return loaded;
  };
  const withStore: Session['withStore'] = async (mode, work) => {
    const store = await openStore(storeOptions(config(), mode === 'read'), silentLogger);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return { ...cli, json, configPath, config, withStore };
};

/** Runs a command's action with its session: `.action(act(cli, async (session, id, options) => …))`. */
export const act =
  <Arguments extends unknown[]>(
    cli: Cli,
    work: (session: Session, ...given: Arguments) => Promise<void> | void,
  ) =>
  async (...given: unknown[]): Promise<void> => {
    // Commander calls actions with the arguments, the options and, last, the command.
    const command = given.at(-1);
    if (!(command instanceof Command)) throw new TypeError('an action runs without its command');
    await work(openSession(cli, command), ...(given.slice(0, -1) as Arguments));
  };

/** Region that national numbers are read in, when a person writes one: the first trunk's. */
export const homeRegion = (config: GatewayConfig): Region | undefined => config.trunks[0]?.region;

/** A number as E.164, or as it was written when it is no phone number. */
export const normalNumber = (text: string, region: Region | undefined): string =>
  parsePhone(text, region)?.e164 ?? text;
