import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from '../../../src/base/ids.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  type CallPatch,
  type NewCall,
  openStore,
  type Store,
  type StoreOptions,
} from '../../../src/store/index.ts';
import { NO_VISIT, OF_SOURCE } from '../../support/tracking-rows.ts';

export const DID = '+12025550123';
export const CALLER = '+12025550177';

export type SampleStore = {
  readonly directory: string;
  readonly options: StoreOptions;
  readonly store: Store;
  remove(): Promise<void>;
};

/** A fresh database in a directory of its own, with a run, two sources, a line and a tracking number. */
export const makeSampleStore = async (): Promise<SampleStore> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-sample-'));
  const options = {
    path: join(directory, 'dialtrace.db'),
    keyFile: join(directory, 'dialtrace.key'),
    backupDirectory: join(directory, 'backups'),
  };
  const store = await openStore(options, silentLogger);
  await store.runs.start('RUN', Date.UTC(2026, 9, 1));
  await store.db
    .insertInto('source')
    .values([
      {
        ...SOURCE,
        id: 'google-ads',
        name: 'Google Ads',
        source: 'google',
        cost_amount: 310,
        cost_per: 'month',
      },
      {
        ...SOURCE,
        id: 'billboard',
        name: 'Billboard A8',
        source: 'billboard-a8',
        cost_amount: 70,
        cost_per: 'week',
      },
    ])
    .execute();
  await store.db
    .insertInto('line')
    .values({
      id: 'echo',
      name: 'Echo',
      type: 'echo',
      number: null,
      trunk_id: null,
      uri: null,
      nat: 0,
      ring_timeout_s: 20,
    })
    .execute();
  await store.db
    .insertInto('tracking_number')
    .values({
      number: DID,
      label: 'Search ads',
      source_id: 'google-ads',
      ...OF_SOURCE,
      record: null,
      enabled: 1,
    })
    .execute();
  await store.db
    .insertInto('tracking_number_line')
    .values({ number: DID, position: 0, line_id: 'echo' })
    .execute();
  const remove = async (): Promise<void> => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, options, store, remove };
};

const SOURCE = { medium: 'cpc', campaign: null, cost_center: null, cost_currency: 'EUR' } as const;

const newCall = (store: Store, id: string, startedAt: number, more: Partial<NewCall>): NewCall => ({
  id,
  run_id: 'RUN',
  direction: 'inbound',
  trunk_id: 'carrier',
  is_test: 0,
  started_at: startedAt,
  ...store.vault.seal(CALLER),
  caller_region: 'US',
  anonymous: 0,
  did: DID,
  did_raw: '12025550123',
  did_header: 'request-uri',
  ...NO_VISIT,
  source_id: 'google-ads',
  source_name: 'Google Ads',
  source: 'google',
  medium: 'cpc',
  campaign: null,
  cost_center: null,
  keyword: null,
  landing_page: null,
  match_method: 'static',
  match_prob: 1,
  sip_call_id: `${id}@carrier`,
  ...more,
});

/** Writes an ended call; answered for `talkMs` when that is given. */
export const addCall = async (
  { store }: SampleStore,
  startedAt: number,
  { talkMs, call = {}, end = {} }: { talkMs?: number; call?: Partial<NewCall>; end?: CallPatch } = {},
): Promise<string> => {
  const id = ulid(startedAt);
  await store.calls.open(newCall(store, id, startedAt, call), [
    {
      call_id: id,
      seq: 0,
      at: startedAt,
      type: 'received',
      text: 'A call arrived from trunk carrier.',
      detail: '{}',
    },
  ]);
  const answered = talkMs === undefined ? null : startedAt + 2000;
  const endedAt = (answered ?? startedAt) + (talkMs ?? 8000);
  await store.calls.complete(
    id,
    {
      status: answered === null ? 'no_answer' : 'answered',
      answered_at: answered,
      ended_at: endedAt,
      duration_ms: endedAt - startedAt,
      ring_ms: answered === null ? endedAt - startedAt : 2000,
      talk_ms: talkMs ?? 0,
      hangup_by: 'caller',
      ...end,
    },
    [],
    [],
  );
  return id;
};

/** Gives a call a recording of `bytes`. @returns its path in the recordings directory */
export const addRecording = async (sample: SampleStore, callId: string, bytes: Buffer): Promise<string> => {
  const path = `2026/11/${callId}.wav`;
  const id = ulid();
  await mkdir(join(sample.directory, 'recordings/2026/11'), { recursive: true });
  await writeFile(join(sample.directory, 'recordings', path), bytes);
  await sample.store.calls.update(callId, {}, { id, call_id: callId, path, started_at: Date.now() });
  await sample.store.recordings.complete(id, {
    state: 'complete',
    duration_ms: 1000,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  return path;
};
