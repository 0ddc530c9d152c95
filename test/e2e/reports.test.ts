import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandOf, type Finished } from '../support/command.ts';
import { hostPort } from '../support/sip-message.ts';
import { BLOCKED, CARRIER, DID, openStage, SOURCE, type Stage, statusOf } from '../support/stage.ts';

/** What real calls leave for those who read reports, exports and recordings, by command and over HTTP. */

const TOKEN = 'a-token-of-the-tests';
const TO_ECHO = '+493023125051';
const ALICE = '+493023125601';
const BOB = '+493023125602';

let stage: Stage;
let dialtrace: (...words: readonly string[]) => Promise<Finished>;
/** In the order in which they were made. */
const ids: string[] = [];
const startedAt = Date.now();

const from = (number: string): string => `<sip:${number}@carrier.example>`;

beforeAll(async () => {
  stage = await openStage({
    http: { token: TOKEN },
    extend: () => ({
      lines: [{ id: 'echo', type: 'echo' }],
      numbers: [{ number: TO_ECHO, source: SOURCE.id, lines: ['echo'] }],
    }),
  });
  dialtrace = commandOf(stage.gateway);

  const talk = async (
    caller: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<void> => {
    const row = await stage.finish(await stage.answered({ from: from(caller), headers }), { talkMs: 600 });
    ids.push(row.call.id);
  };
  const fail = async (caller: string, status: number): Promise<void> => {
    stage.first.onCall((line) => line.respond(486, 'Busy Here'));
    const call = stage.dial({ did: DID.first, from: from(caller), media: await stage.phone(CARRIER) });
    expect(statusOf(await call.final())).toBe(status);
    ids.push((await stage.record(call)).call.id);
  };
  await talk(ALICE);
  await talk(BOB);
  await fail(ALICE, 486);
  await talk(ALICE);
  await talk(ALICE, [['Privacy', 'id']]);
  await fail(BLOCKED, 603);
  // Nobody's customer: in the call log, but neither in reports nor in a caller's history.
  const tested = await dialtrace('test-call', TO_ECHO, '--caller', ALICE, '--seconds', '1');
  expect(tested.code, tested.stdout).toBe(0);
  await talk(ALICE);
});
afterAll(() => stage?.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://${hostPort(stage.gateway.http)}${path}`, {
    headers: { Authorization: `Bearer ${TOKEN}`, ...headers },
  });

const json = async <T>(path: string): Promise<T> => {
  const response = await get(path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};

type Figures = {
  sourceId: string | null;
  calls: number;
  answered: number;
  missed: number;
  blocked: number;
  firstTimeCallers: number;
  totalTalkMs: number;
};
type Report = { sources: Figures[]; totals: Figures };
type View = {
  id: string;
  caller: string | null;
  anonymous: boolean;
  firstCall: boolean | null;
  priorCalls: number | null;
  status: string;
  test: boolean;
};

const EXPECTED = { calls: 6, answered: 5, missed: 1, blocked: 1, firstTimeCallers: 2 };

test('the report by source counts first-time callers once, over the API and by command', async () => {
  const talked = stage.gateway.records
    .calls()
    .filter(({ call }) => call.is_test === 0)
    .reduce((sum, { call }) => sum + (call.talk_ms ?? 0), 0);
  const over = await json<Report>('/v1/reports/sources?period=7d');
  const { stdout } = await dialtrace('report', 'sources', '--period', '7d', '--zone', 'UTC', '--json');
  const by = JSON.parse(stdout) as Report;
  for (const report of [over, by]) {
    expect(report.sources.find(({ sourceId }) => sourceId === SOURCE.id)).toMatchObject({
      ...EXPECTED,
      totalTalkMs: talked,
    });
  }
  const table = await dialtrace('report', 'sources', '--period', '7d', '--zone', 'UTC');
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(new RegExp(`${SOURCE.name} +6 +█* +5 +1 +83 % +2 `));
  const tests = await json<Report>('/v1/reports/sources?period=7d&tests=true');
  expect(tests.sources[0]).toMatchObject({ calls: 7, answered: 6 });
});

test('each call says how often its caller had called before; tests and anonymous calls do not count', async () => {
  const { calls } = await json<{ calls: View[] }>('/v1/calls');
  const oldestFirst = calls.toReversed();
  expect(oldestFirst.map(({ id }) => id)).toEqual(ids);
  expect(oldestFirst.map(({ firstCall, priorCalls }) => [firstCall, priorCalls])).toEqual([
    [true, 0],
    [true, 0],
    [false, 1],
    [false, 2],
    [null, null],
    [true, 0],
    [false, 3],
  ]);
  const { stdout } = await dialtrace('calls', 'explain', ids.at(-1) ?? '');
  expect(stdout).toContain('This caller has called 3 times before.');
});

describe("callers' numbers", () => {
  test('are masked over the API, and shown to who has the token and asks', async () => {
    const text = await (await get('/v1/calls?tests=true')).text();
    for (const number of [ALICE, BOB, BLOCKED]) expect(text).not.toContain(number.slice(1));
    const { calls } = await json<{ calls: View[] }>('/v1/calls?reveal=true');
    expect(calls.toReversed().map(({ caller }) => caller)).toEqual([
      ALICE,
      BOB,
      ALICE,
      ALICE,
      null,
      BLOCKED,
      ALICE,
    ]);
    expect(calls.filter(({ anonymous }) => anonymous)).toHaveLength(1);
    const one = await json<{ call: View } | View>(`/v1/calls/${ids[1]}?reveal=true`);
    expect(JSON.stringify(one)).toContain(BOB);
    const bare = await fetch(`http://${hostPort(stage.gateway.http)}/v1/calls?reveal=true`);
    expect(bare.status).toBe(401);
    expect(await bare.text()).not.toContain(ALICE);
  });

  test('are masked by command, shown with --reveal, and found by the whole number', async () => {
    const words = ['calls', 'list', '--no-tests', '--json'];
    const masked = await dialtrace(...words);
    for (const number of [ALICE, BOB, BLOCKED]) expect(masked.stdout).not.toContain(number.slice(1));
    const found = JSON.parse(
      (await dialtrace(...words, '--caller', '030 23125602', '--reveal')).stdout,
    ) as View[];
    expect(found.map(({ id, caller }) => [id, caller])).toEqual([[ids[1], BOB]]);
  });
});

describe('calls export', () => {
  test('csv: a line a call, newest first', async () => {
    const { code, stdout } = await dialtrace('calls', 'export', 'csv', '--no-tests');
    expect(code).toBe(0);
    const [head = '', ...lines] = stdout.trimEnd().split('\r\n');
    const columns = head.split(',');
    const rows = lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
    });
    expect(rows.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rows.map(({ status }) => status)).toEqual([
      'answered',
      'blocked',
      'answered',
      'answered',
      'busy',
      'answered',
      'answered',
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ source_id: SOURCE.id, did: DID.first, trunk_id: 'carrier', test: 'false' });
      expect(Date.parse(row['started_at'] ?? '')).toBeGreaterThanOrEqual(startedAt);
    }
    expect(stdout).not.toContain(ALICE.slice(1));
  });

  test('jsonl: an object a line, as the API has it; in clear when asked', async () => {
    const { stdout } = await dialtrace('calls', 'export', 'jsonl', '--no-tests');
    const exported = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as View);
    const { calls } = await json<{ calls: View[] }>('/v1/calls');
    expect(exported).toEqual(calls);
    const clear = await dialtrace('calls', 'export', 'jsonl', '--status', 'busy', '--reveal');
    expect(JSON.parse(clear.stdout)).toMatchObject({ id: ids[2], caller: ALICE });
  });
});

test('a recording over HTTP: whole, in ranges, and only with the token', async () => {
  const path = `/v1/calls/${ids[0]}/recording`;
  const row = stage.gateway.records.calls().find(({ call }) => call.id === ids[0]);
  if (!row) throw new Error('no record');
  const file = readFileSync(stage.recording(row).path);

  const whole = await get(path);
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'audio/wav']);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(row.recordings[0]?.sha256);

  const part = await get(path, { Range: 'bytes=1000-1999' });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${file.length}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(1000, 2000))).toBe(true);
  const tail = await get(path, { Range: 'bytes=-500' });
  expect(tail.status).toBe(206);
  expect(Buffer.from(await tail.arrayBuffer()).equals(file.subarray(-500))).toBe(true);
  expect((await get(path, { Range: `bytes=${file.length}-` })).status).toBe(416);
  const known = await get(path, { 'If-None-Match': whole.headers.get('etag') ?? '' });
  expect(known.status).toBe(304);

  expect((await get(`/v1/calls/${ids[2]}/recording`)).status).toBe(404);
  expect((await fetch(`http://${hostPort(stage.gateway.http)}${path}`)).status).toBe(401);
  const verified = await dialtrace('recording', 'verify', '--all');
  expect(verified.code, verified.stdout).toBe(0);
});
