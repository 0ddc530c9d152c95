import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ClockedStage, openClockedStage } from '../support/clocked-stage.ts';
import type { Plan } from '../support/gateway.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import { type Sipp, type SippResult, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CARRIER, LINE } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/** SIPp calls the shop of config/tracking.small-business.yaml. */

const FILE = fileURLToPath(new URL('../../config/tracking.small-business.yaml', import.meta.url));
const TUESDAY_TEN = Date.parse('2026-11-24T10:00:00-08:00');
const SUNDAY_NINE = Date.parse('2026-11-22T21:00:00-08:00');

let stage: ClockedStage;
let ports: PortBlock;
let lines: Sipp;

/** A port for RTP, and the one after it for RTCP. */
const rtpPort = (): number => {
  const port = ports.take();
  ports.take();
  return port;
};

/** Words become tones and questions wait for less: the way is the same whether and how fast anything speaks here. */
const quick = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(quick);
  if (typeof value !== 'object' || value === null) return value;
  if ('say' in value) return { tone: 'beep', seconds: 0.7 };
  const timeout = 'do' in value && value.do === 'menu' ? { timeoutSeconds: 1 } : {};
  return {
    ...Object.fromEntries(Object.entries(value).map(([key, child]) => [key, quick(child)])),
    ...timeout,
  };
};

const shop = (port: number): Plan => {
  const text = readFileSync(FILE, 'utf8').replaceAll('pbx.example:5060', `${LINE}:${port}`);
  return quick(parse(text)) as Plan;
};

beforeAll(async () => {
  ports = await claimPorts(40);
  const port = ports.take();
  lines = startSipp({
    scenario: lineScenario({ media: { type: 'elsewhere', port: rtpPort(), law: 'PCMU' } }),
    at: { address: LINE, port },
    calls: 100,
    timeoutMs: 110_000,
  });
  stage = await openClockedStage(() => shop(port), TUESDAY_TEN);
});
afterAll(async () => {
  await lines?.stop();
  await stage?.close();
  await ports?.release();
});

type Key = { readonly afterMs: number; readonly key: string };

const info = ({ afterMs, key }: Key, index: number): string =>
  `<pause milliseconds="${afterMs}"/><send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:+16045550177@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${index + 2} INFO
[routes]
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=${key}
Duration=160
]]></send><recv response="200"/>`;

/** A caller who presses these keys, then talks for two seconds, or stays until the gateway hangs up. */
const scenarioOf = (keys: readonly Key[], hangup: 'caller' | 'line'): string => {
  const media = { type: 'elsewhere', port: rtpPort(), law: 'PCMU' } as const;
  const text = callerScenario({ media, from: '+16045550177', hangup });
  const end = hangup === 'caller' ? '<pause/>' : '<recv request="BYE"/>';
  return text.replace(end, `${keys.map(info).join('')}${end}`).replace('CSeq: 2 BYE', 'CSeq: 9 BYE');
};

const call = (keys: readonly Key[], hangup: 'caller' | 'line', talkMs = 2000): Promise<SippResult> =>
  startSipp({
    scenario: scenarioOf(keys, hangup),
    at: { address: CARRIER, port: ports.take() },
    remote: stage.sip,
    service: '+16045550120',
    calls: 1,
    pauseMs: talkMs,
    timeoutMs: 55_000,
  }).done;

type Row = {
  readonly id: string;
  readonly status: string;
  readonly line_id: string | null;
  readonly flow_id: string | null;
};

const ended = async (count: number): Promise<readonly Row[]> => {
  const sql = "SELECT id, status, line_id, flow_id FROM call WHERE status <> 'in_progress' ORDER BY id";
  await until('the calls to be over', () => stage.records.query(sql).length >= count);
  return stage.records.query<Row>(sql);
};

const wayOf = ({ id }: Row): string =>
  stage.records
    .query<{ step: string }>('SELECT step FROM call_step WHERE call_id = ? ORDER BY seq', id)
    .map(({ step }) => step)
    .filter((step, index, all) => step !== all[index - 1])
    .filter((step) => !step.startsWith('greeting') && step !== 'winter')
    .join(' ');

const pressing = (...keys: readonly Key[]): readonly Key[] => keys;

test('a shop answers by department while it is open', { timeout: 80_000 }, async () => {
  const results = await Promise.all([
    call(pressing({ afterMs: 700, key: '1' }, { afterMs: 4000, key: '1' }), 'caller', 6000),
    call(pressing({ afterMs: 700, key: '2' }, { afterMs: 4000, key: '2' }), 'caller', 8000),
    call([], 'caller', 20_000),
  ]);
  expect(results.map(({ code, errors }) => [code, errors])).toEqual(results.map(() => [0, '']));
  const rows = await ended(3);
  expect(rows.map(({ status, flow_id }) => [status, flow_id])).toEqual(rows.map(() => ['answered', 'shop']));
  expect(rows.map(wayOf).sort()).toEqual([
    'language chinese hours recording departments workshop',
    'language english hours recording departments sales',
    'language english hours recording departments sales',
  ]);
  expect(rows.filter(({ line_id }) => line_id === 'mia' || line_id === 'leo')).toHaveLength(2);
  expect(rows.filter(({ line_id }) => line_id?.startsWith('bench-'))).toHaveLength(1);
});

test('and takes messages when it is closed', async () => {
  stage.clock.at = SUNDAY_NINE;
  const result = await call(pressing({ afterMs: 700, key: '2' }), 'line');
  expect([result.code, result.errors]).toEqual([0, '']);
  const rows = await ended(4);
  expect(rows.map(wayOf)).toContain('language chinese hours closed message');
});
