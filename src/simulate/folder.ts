import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { FailureError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { applyPlan, refitDelayLaws, sweepLeases, verifyLedger } from '../tracking/index.ts';
import { simulationPlan } from './plan.ts';
import type { Site } from './site.ts';

/** A folder with a configuration and a database of its own. */
export type Folder = {
  readonly config: GatewayConfig;
  readonly store: Store;
  readonly sweep: Site['sweep'];
  readonly refit: Site['refit'];
  readonly verify: Site['verify'];
  /** Closes the database and removes everything. */
  close(): Promise<void>;
};

const CONFIG = {
  sip: { listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] },
  media: { address: '127.0.0.1', rtpPorts: { from: 27_000, to: 29_999 }, webrtc: { enabled: false } },
  trunks: [{ id: 'carrier', sources: ['127.0.0.1'], region: 'DE', health: { optionsSeconds: 0 } }],
  recording: { enabled: false },
  http: { address: '127.0.0.1', port: 0 },
  log: { level: 'silent' },
  drainSeconds: 0,
};

const open = async (directory: string, numbers: number, office: string): Promise<Folder> => {
  const path = join(directory, 'dialtrace.yaml');
  await writeFile(path, stringify(CONFIG));
  const config = loadGatewayConfig(path, {});
  const store = await openStore(config.database, silentLogger);
  try {
    // It does not outlive the simulation, let alone the machine.
    await store.exclusively((file) => file.pragma('synchronous = OFF'));
    const plan = simulationPlan(numbers, office);
    await applyPlan(store, plan);
    const pools = new Map(plan.pools.map((pool) => [pool.id, pool]));
    const ledgerKey = store.vault.derive('lease-ledger');
    return {
      config,
      store,
      sweep: (at) =>
        store.exclusively((file) => {
          file.transaction(() => sweepLeases(file, ledgerKey, pools, at)).immediate();
        }),
      refit: (at) => store.exclusively((file) => void refitDelayLaws(file, at)),
      verify: async () => {
        const verdict = await store.exclusively((file) => verifyLedger(file, ledgerKey));
        if (verdict.ok) return verdict.counts;
        throw new FailureError(`The ledger of leases is broken: ${JSON.stringify(verdict.problem)}`);
      },
      close: async () => {
        await store.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

/** Makes one below the system's folder for such. @param office SIP URI that rings where the calls go */
export const openFolder = async (numbers: number, office: string): Promise<Folder> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-simulate-'));
  try {
    return await open(directory, numbers, office);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
};
