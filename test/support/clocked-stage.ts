import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { silentLogger } from '../../src/base/logger.ts';
import { loadGatewayConfig, parseTrackingPlan } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { openStore, type SqliteFile } from '../../src/store/index.ts';
import { applyPlan, storedPools, sweepLeases } from '../../src/tracking/index.ts';
import type { Plan } from './gateway.ts';
import { claimPorts } from './ports.ts';
import { type CallRow, openRecords, type Records } from './records.ts';
import { type HostPort, hostPortOf } from './sip-message.ts';
import { type InviteOptions, openSipPeer, type PeerCall, type SipPeer } from './sip-peer.ts';
import { CARRIER, LINE } from './stage.ts';
import { until } from './wait.ts';
import { openBrowser, type WebBrowser } from './web-browser.ts';

/** A gateway in this process, on a clock of the test's: pages by HTTP, calls by SIP. */
export type ClockedStage = {
  readonly clock: { at: number };
  readonly directory: string;
  readonly http: () => HostPort;
  /** UDP. */
  readonly sip: HostPort;
  readonly records: Records;
  readonly line: SipPeer;
  /** As `dialtrace apply` does it; in force when it resolves. */
  apply(plan: (line: string) => Plan): Promise<void>;
  /** What the gateway does with leases and numbers every 30 s. */
  sweep(): Promise<void>;
  work<T>(work: (file: SqliteFile) => T): Promise<T>;
  browser(site: string): WebBrowser;
  /** A call that finds the line busy, its record and what follows it. */
  call(did: string, options?: Partial<InviteOptions>): Promise<CallRow>;
  dial(did: string, options?: Partial<InviteOptions>): PeerCall;
  close(): Promise<void>;
};

/** The plan's changes are in force within a second. */
const IN_FORCE_MS = 1100;

export const openClockedStage = async (
  plan: (line: string) => Plan,
  begin = Date.UTC(2026, 10, 2, 9),
): Promise<ClockedStage> => {
  const [carrier, line] = await Promise.all([
    openSipPeer({ address: CARRIER, user: 'carrier' }),
    openSipPeer({ address: LINE, user: 'line' }),
  ]);
  line.onCall((call) => call.respond(486, 'Busy Here'));
  const directory = mkdtempSync(join(tmpdir(), 'dialtrace-clock-'));
  const ports = await claimPorts(42);
  const lowest = ports.from + (ports.from % 2);
  const path = join(directory, 'dialtrace.yaml');
  writeFileSync(
    path,
    stringify({
      sip: { listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] },
      media: {
        address: '127.0.0.1',
        rtpPorts: { from: lowest, to: lowest + 39 },
        webrtc: { enabled: false },
      },
      trunks: [{ id: 'carrier', sources: [CARRIER], region: 'DE' }],
      recording: { enabled: false },
      http: { address: '127.0.0.1', port: 0 },
      log: { level: 'silent' },
      drainSeconds: 0,
    }),
  );
  const config = loadGatewayConfig(path, {});
  const clock = { at: begin };
  const store = await openStore(config.database, silentLogger);
  const records = openRecords(config.database.path);

  const apply = async (next: (line: string) => Plan): Promise<void> => {
    const parsed = parseTrackingPlan(next(line.uri('line')), { trunkIds: ['carrier'], defaultRegion: 'DE' });
    await applyPlan(store, parsed, clock.at);
  };
  await apply(plan);
  const gateway = await startGateway(config, silentLogger, { now: () => clock.at });
  const sip = hostPortOf(`sip:${(gateway.sip[0] ?? '').replace(/^udp\//, '')}`);
  const http = (): HostPort => hostPortOf(`sip:${gateway.http}`);
  const ledgerKey = store.vault.derive('lease-ledger');

  const dial: ClockedStage['dial'] = (did, options = {}) => carrier.invite({ to: sip, did, ...options });

  return {
    clock,
    directory,
    http,
    sip,
    records,
    line,
    apply: async (next) => {
      await apply(next);
      await new Promise((resolve) => setTimeout(resolve, IN_FORCE_MS));
    },
    sweep: () =>
      store.exclusively((file) => {
        file.transaction(() => sweepLeases(file, ledgerKey, storedPools(file), clock.at)).immediate();
      }),
    work: (work) => store.exclusively(work),
    browser: (site) => openBrowser(http, { site }),
    dial,
    call: async (did, options) => {
      const row = await records.ended(dial(did, options).callId);
      await until('what follows the call', () => {
        const sql = 'SELECT 1 FROM call WHERE id = ? AND spam_score IS NOT NULL';
        return records.query(sql, row.call.id).length > 0;
      });
      return row;
    },
    close: async () => {
      await gateway.stop({ now: true });
      await store.close();
      await Promise.all([carrier.close(), line.close()]);
      await ports.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
