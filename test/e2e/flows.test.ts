import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallStepTable, ConsentTable, VoicemailTable } from '../../src/store/index.ts';
import { findTone, readWav, rms } from '../support/audio.ts';
import { commandOf } from '../support/command.ts';
import { joined, keyTone, silence, voice } from '../support/dtmf.ts';
import { hearsOf } from '../support/hearing.ts';
import type { CallRow } from '../support/records.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { runSipp } from '../support/sipp.ts';
import { callerScenario } from '../support/sipp-scenarios.ts';
import { CALLER, CARRIER, LINE, openStage, SOURCE, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** What a flow does to a call, step by step: heard, pressed, answered, kept. */

const DID = {
  menu: '+493023125051',
  collect: '+493023125052',
  consent: '+493023125053',
  ways: '+493023125054',
  decide: '+493023125055',
  voicemail: '+493023125056',
  early: '+493023125057',
  patient: '+493023125058',
} as const;

/** Hz: of the caller, of the line, of the beep, of Germany's busy tone. */
const CALLER_TONE = 400;
const LINE_TONE = 700;
const BEEP = 1000;
const BUSY = 425;

const beep = (seconds: number) => ({ tone: 'beep', seconds }) as const;
const busy = (seconds: number) => ({ tone: 'busy', seconds }) as const;

let stage: Stage;
let server: Server;
let answer: (
  body: Record<string, unknown>,
) => { readonly status?: number; readonly body: unknown } | undefined;
const asked: Record<string, unknown>[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      asked.push(body);
      const given = answer(body);
      if (!given) return;
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json' });
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/route`;
  const always = { timezone: 'Europe/Berlin', hours: daily(['00:00-24:00']) };
  stage = await openStage({
    extend: ({ first, second }) => ({
      lines: [
        { id: 'sales', type: 'sip', uri: first.uri('line'), ringTimeoutSeconds: 10 },
        { id: 'service', type: 'sip', uri: second.uri('line'), ringTimeoutSeconds: 10 },
      ],
      schedules: [
        { id: 'always', ...always },
        { id: 'never', timezone: 'Europe/Berlin', hours: {} },
      ],
      flows: [
        {
          id: 'menu',
          start: 'ask',
          steps: {
            ask: {
              do: 'menu',
              play: busy(1.5),
              keys: { 1: 'sales', 2: 'service' },
              timeoutSeconds: 1,
              tries: 2,
              invalid: beep(0.3),
              silent: beep(0.3),
              otherwise: 'bye',
            },
            sales: { do: 'dial', lines: ['sales'], hear: 'music' },
            service: { do: 'dial', lines: ['service'] },
            bye: { do: 'hangup', cause: 'unavailable' },
          },
        },
        {
          id: 'patient',
          start: 'ask',
          steps: {
            ask: {
              do: 'menu',
              play: { silence: 0.1 },
              keys: { 1: 'sales', 2: 'service' },
              timeoutSeconds: 60,
              otherwise: 'bye',
            },
            sales: { do: 'dial', lines: ['sales'] },
            service: { do: 'dial', lines: ['service'] },
            bye: { do: 'hangup' },
          },
        },
        {
          id: 'collect',
          start: 'card',
          record: 'answer',
          steps: {
            card: {
              do: 'collect',
              play: beep(0.3),
              as: 'card',
              min: 4,
              max: 8,
              sensitive: true,
              next: 'order',
            },
            order: { do: 'collect', play: beep(0.3), as: 'order', max: 3, next: 'ring' },
            ring: { do: 'dial', lines: ['sales'] },
          },
        },
        {
          id: 'consent',
          start: 'tell',
          steps: {
            tell: {
              do: 'consent',
              text: 'recording-2026',
              play: busy(1),
              decline: '9',
              timeoutSeconds: 1,
              next: 'ring',
            },
            ring: { do: 'dial', lines: ['sales'] },
          },
        },
        {
          id: 'ways',
          start: 'open',
          steps: {
            open: { do: 'schedule', schedule: 'always', open: 'closed', closed: 'wrong' },
            closed: { do: 'schedule', schedule: 'never', open: 'wrong', closed: 'who' },
            who: {
              do: 'route',
              cases: [
                { when: { country: 'FR' }, to: 'wrong' },
                { when: { country: ['CH', 'DE'], campaign: 'Summer' }, to: 'half' },
              ],
              otherwise: 'wrong',
            },
            half: { do: 'split', shares: { mark: 100, wrong: 0 } },
            mark: { do: 'tag', tags: ['walked'], next: 'keep' },
            keep: {
              do: 'set',
              variables: { product: 'roof' },
              language: 'zh',
              record: false,
              next: 'further',
            },
            further: { do: 'goto', flow: 'further' },
            wrong: { do: 'hangup', cause: 'rejected' },
          },
        },
        {
          id: 'further',
          start: 'check',
          steps: {
            check: {
              do: 'route',
              cases: [{ when: { variable: { product: 'roof' } }, to: 'ring' }],
              otherwise: 'out',
            },
            ring: { do: 'dial', lines: ['sales'] },
            out: { do: 'hangup', cause: 'rejected' },
          },
        },
        {
          id: 'decide',
          start: 'ask',
          steps: {
            ask: { do: 'decide', url, exits: { vip: 'sales' }, otherwise: 'service' },
            sales: { do: 'dial', lines: ['sales'] },
            service: { do: 'dial', lines: ['service'] },
          },
        },
        {
          id: 'voicemail',
          start: 'ring',
          steps: {
            ring: { do: 'dial', lines: ['sales'], ringSeconds: 1, next: 'box' },
            box: {
              do: 'voicemail',
              box: 'night',
              greeting: busy(0.5),
              silenceSeconds: 1,
              minSeconds: 1,
              next: 'thanks',
            },
            thanks: { do: 'play', play: busy(1), next: 'bye' },
            bye: { do: 'hangup' },
          },
        },
        {
          id: 'early',
          start: 'say',
          steps: {
            say: { do: 'play', play: beep(1), early: true, next: 'out' },
            out: { do: 'hangup', cause: 'busy' },
          },
        },
      ],
      numbers: (
        ['menu', 'collect', 'consent', 'ways', 'decide', 'voicemail', 'early', 'patient'] as const
      ).map((flow) => ({
        number: DID[flow],
        source: SOURCE.id,
        flow,
      })),
    }),
  });
});
afterAll(async () => {
  await stage?.close();
  server?.close();
});
beforeEach(() => {
  answer = () => ({ body: {} });
  for (const line of [stage.first, stage.second])
    line.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
});

function daily(spans: string[]) {
  return Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, spans]));
}

/** How long a phone has heard a tone, in seconds. */
const secondsOf = (phone: RtpPeer, tone: number): number => findTone(phone.audio(), tone).seconds;
const none = new Int16Array();

type Caller = { readonly call: PeerCall; readonly phone: RtpPeer };

/** A caller who is answered and talks. */
const calls = async (
  did: string,
  { telephoneEvent }: { readonly telephoneEvent?: number | undefined } = { telephoneEvent: 101 },
): Promise<Caller> => {
  const phone = await stage.phone(CARRIER, {
    frequency: CALLER_TONE,
    ...(telephoneEvent !== undefined && { telephoneEvent }),
  });
  const call = stage.dial({ did, media: phone });
  expect(statusOf(await call.final())).toBe(200);
  phone.start();
  return { call, phone };
};

const pressInfo = (call: PeerCall, key: string) =>
  call.request('INFO', {
    contentType: 'application/dtmf-relay',
    sdp: `Signal=${key}\r\nDuration=160\r\n`,
  });

/** The next call of a line, answered. */
const answers = async (line: Stage['first']): Promise<{ call: PeerCall; phone: RtpPeer }> => {
  const phone = await stage.phone(LINE, { frequency: LINE_TONE, telephoneEvent: 101 });
  const call = await stage.nextCall(line);
  call.accept(phone);
  return { call, phone };
};

const rowsOf = <Row>(table: string, { call }: CallRow): Row[] =>
  stage.gateway.records.query<Row>(`SELECT * FROM ${table} WHERE call_id = ?`, call.id);
const stepsOf = (row: CallRow) => rowsOf<CallStepTable>('call_step', row);

const pathOf = (row: CallRow): string[] => stepsOf(row).map(({ step, exit }) => `${step}:${exit ?? ''}`);

const ends = async ({ call, phone }: Caller): Promise<CallRow> => {
  phone.stop();
  await call.bye();
  return stage.record(call);
};

describe('a menu', () => {
  test('is heard, a key by RFC 4733 ends it, music plays while the line rings, and both talk', async () => {
    const caller = await calls(DID.menu);
    await until('the question', () => secondsOf(caller.phone, BUSY) > 0.1);
    const arriving = stage.nextCall(stage.first);
    await caller.phone.press('1');
    const line = await arriving;
    line.respond(180, 'Ringing');
    await sleep(300);
    caller.phone.forget();
    await sleep(600);
    const music = caller.phone.audio();
    expect(rms(music)).toBeGreaterThan(-45);
    expect(findTone(music, BUSY).seconds).toBeLessThan(0.2);
    const far = await stage.phone(LINE, { frequency: LINE_TONE });
    line.accept(far);
    expect(await hearsOf(caller.phone, [LINE_TONE, BUSY])).toEqual([LINE_TONE]);
    expect(await hearsOf(far, [CALLER_TONE])).toEqual([CALLER_TONE]);
    const row = await ends(caller);
    expect(row.call).toMatchObject({
      status: 'answered',
      line_id: 'sales',
      flow_id: 'menu',
      flow_version: 1,
    });
    expect(pathOf(row)).toEqual(['ask:1', 'sales:answered']);
  });

  test('takes a key by INFO, and one in the audio where the phone knows no other way', async () => {
    const byInfo = await calls(DID.menu);
    const first = answers(stage.second);
    await pressInfo(byInfo.call, '2');
    await first;
    expect(pathOf(await ends(byInfo))).toEqual(['ask:2', 'service:answered']);

    const inBand = await calls(DID.menu, { telephoneEvent: undefined });
    const second = answers(stage.second);
    inBand.phone.utter(joined(silence(100), keyTone('2'), silence(100)));
    await second;
    expect(pathOf(await ends(inBand))).toEqual(['ask:2', 'service:answered']);
  });

  test('takes keys of a SIPp caller: RFC 4733 with another payload type, too early, then right', async () => {
    const known = stage.gateway.records.calls().length;
    const arriving = answers(stage.second);
    const media = { type: 'file', name: 'none', law: 'PCMU' } as const;
    const telephoneEvent = 'a=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15\na=ptime:20';
    const play = (keys: string): string => `<nop><action><exec play_dtmf="${keys}"/></action></nop>`;
    const scenario = callerScenario({ media })
      .replace(/RTP\/AVP 0/, 'RTP/AVP 0 96')
      .replace('a=ptime:20', telephoneEvent)
      .replaceAll('[rtpstream_audio_port]', '[auto_media_port]')
      .replace(/<nop><action><exec rtp_stream.*?<\/nop>/, `${play('72')}<pause milliseconds="3000"/>`);
    const sipp = runSipp({
      scenario,
      at: { address: CARRIER, port: stage.gateway.spare.take() },
      mediaPort: stage.gateway.spare.take(),
      remote: stage.gateway.sip,
      service: DID.menu,
      calls: 1,
      pauseMs: 500,
      timeoutMs: 20_000,
    });
    const { call } = await arriving;
    const done = await sipp;
    expect(done, done.errors + done.output).toMatchObject({ code: 0, successful: 1 });
    await call.ended();
    const row = (await stage.gateway.records.wait(known + 1, { ended: true })).at(-1);
    expect(row && pathOf(row)).toEqual(['ask:again', 'ask:2', 'service:answered']);
  });

  test('asks again after a wrong key, and ends after the last try without any', async () => {
    const caller = await calls(DID.menu);
    await caller.phone.press('7');
    const { message } = await caller.call.ended();
    expect(message.method).toBe('BYE');
    const row = await stage.record(caller.call);
    expect(row.call).toMatchObject({ status: 'unreachable', answered_at: null, talk_ms: 0 });
    expect(pathOf(row)).toEqual(['ask:again', 'ask:otherwise', 'bye:']);
    expect(secondsOf(caller.phone, BEEP)).toBeGreaterThan(0.15);
  });

  test('is left by a caller who hangs up in it', async () => {
    const caller = await calls(DID.menu);
    await sleep(300);
    const row = await ends(caller);
    expect(row.call).toMatchObject({ status: 'cancelled', hangup_by: 'caller' });
    expect(pathOf(row)).toEqual(['ask:']);
  });
});

test('digits are collected; sensitive ones stand in no recording, log or record', async () => {
  const caller = await calls(DID.collect);
  await until('the question', () => secondsOf(caller.phone, BEEP) > 0.1);
  const line = answers(stage.first);
  await caller.phone.press('4711471');
  caller.phone.say(1500);
  await sleep(500);
  caller.phone.say(CALLER_TONE);
  await caller.phone.press('#');
  caller.phone.forget();
  await until('the next question', () => secondsOf(caller.phone, BEEP) > 0.1);
  await caller.phone.press('382');
  const { phone: far } = await line;
  expect(await hearsOf(far, [CALLER_TONE])).toEqual([CALLER_TONE]);
  const row = await ends(caller);
  expect(row.call.flow_inputs).toBe(JSON.stringify({ order: '382' }));
  const kept = JSON.stringify([row, stepsOf(row)]) + stage.gateway.log();
  expect(kept).not.toContain('4711471');
  expect(pathOf(row)).toEqual(['card:next', 'order:next', 'ring:answered']);

  const [left = none, right = none] = stage.recording(row).channels;
  // Said while the card number was collected.
  expect(findTone(left, 1500).seconds).toBeLessThan(0.05);
  expect(findTone(left, CALLER_TONE).seconds).toBeGreaterThan(0.5);
  expect(findTone(right, LINE_TONE).seconds).toBeGreaterThan(0.5);
});

describe('the announcement of a recording', () => {
  test('is proved: what was heard, for how long, and that the caller stayed', async () => {
    const caller = await calls(DID.consent);
    const line = answers(stage.first);
    await line;
    await sleep(300);
    const row = await ends(caller);
    const [consent] = rowsOf<ConsentTable>('consent', row);
    expect(consent).toMatchObject({
      text_id: 'recording-2026',
      result: 'implied',
      key: null,
      language: 'en',
    });
    expect(consent?.heard_ms).toBeGreaterThanOrEqual(950);
    expect(consent?.total_ms).toBeGreaterThanOrEqual(consent?.heard_ms ?? 0);
    expect(row.recordings[0]).toMatchObject({ state: 'complete' });
  });

  test('who declines is not recorded', async () => {
    const caller = await calls(DID.consent);
    const line = answers(stage.first);
    await caller.phone.press('9');
    await line;
    await sleep(300);
    const row = await ends(caller);
    expect(rowsOf<ConsentTable>('consent', row)).toMatchObject([{ result: 'declined', key: '9' }]);
    expect(row.recordings).toEqual([]);
    expect(row.call.status).toBe('answered');
  });
});

test('schedule, route, split, tag, set and goto lead on without a sound, in their order', async () => {
  const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE });
  const line = answers(stage.first);
  const call = stage.dial({ did: DID.ways, media: phone });
  await line;
  expect(statusOf(await call.final())).toBe(200);
  const row = await ends({ call, phone });
  expect(pathOf(row)).toEqual([
    'open:open',
    'closed:closed',
    'who:case 2',
    'half:mark',
    'mark:next',
    'keep:next',
    'further:next',
    'further/check:case 1',
    'further/ring:answered',
  ]);
  expect(row.recordings).toEqual([]);
  expect(rowsOf<{ tag: string }>('call_tag', row).map(({ tag }) => tag)).toEqual(['walked']);
});

describe('a decision asked for over HTTP', () => {
  test('leads the way; the number of the caller stays here', async () => {
    answer = () => ({ body: { exit: 'vip', variables: { tier: 'gold' }, tags: ['vip'] } });
    const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE });
    const line = answers(stage.first);
    const call = stage.dial({ did: DID.decide, media: phone });
    await line;
    await call.final();
    const row = await ends({ call, phone });
    expect(pathOf(row)).toEqual(['ask:vip', 'sales:answered']);
    expect(asked.at(-1)).toMatchObject({ did: DID.decide, source: 'google', campaign: 'summer' });
    expect(JSON.stringify(asked.at(-1))).not.toContain(CALLER.slice(1));
    expect(rowsOf<{ tag: string }>('call_tag', row).map(({ tag }) => tag)).toEqual(['vip']);
  });

  test.each([
    ['an answer that never comes', () => undefined],
    ['a failure', () => ({ status: 500, body: {} })],
    ['an exit that is none', () => ({ body: { exit: 'moon' } })],
    ['something else than JSON', () => ({ body: '<html>' })],
  ])('%s: the flow goes its own way within a second', async (_name, given) => {
    answer = given;
    const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE });
    const line = answers(stage.second);
    const call = stage.dial({ did: DID.decide, media: phone });
    await line;
    await call.final();
    const row = await ends({ call, phone });
    expect(pathOf(row)).toEqual(['ask:otherwise', 'service:answered']);
  });
});

describe('voicemail', () => {
  test('greeting, beep, the message without its silence, and on', async () => {
    const arriving = stage.nextCall(stage.first);
    const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE, telephoneEvent: 101 });
    const call = stage.dial({ did: DID.voicemail, media: phone });
    (await arriving).respond(180, 'Ringing');
    expect(statusOf(await call.final())).toBe(200);
    await until('the beep', () => secondsOf(phone, BEEP) > 0.1, { everyMs: 20 });
    await sleep(400);
    phone.start();
    phone.say(0);
    phone.utter(voice(3000));
    phone.forget();
    const { message } = await call.ended();
    expect(message.method).toBe('BYE');
    // After the message the flow went on.
    expect(secondsOf(phone, BUSY)).toBeGreaterThan(0.15);
    const row = await stage.record(call);
    expect(row.call).toMatchObject({ status: 'no_answer', voicemail: 1, answered_at: null });
    const [kept] = rowsOf<VoicemailTable>('voicemail', row);
    expect(kept).toMatchObject({ box: 'night', state: 'complete', ended_by: 'silence', heard_at: null });
    expect(kept?.duration_ms).toBeGreaterThan(2500);
    expect(kept?.duration_ms).toBeLessThan(3800);
    const [left = none] = readWav(join(stage.gateway.recordings, kept?.path ?? '')).channels;
    expect(rms(left)).toBeGreaterThan(-40);
    const [announced] = stage.gateway.records.query<{ body: string }>(
      "SELECT body FROM event WHERE type = 'voicemail.received' AND subject = ?",
      kept?.id,
    );
    expect(JSON.parse(announced?.body ?? '{}')).toMatchObject({ call: row.call.id, box: 'night' });
    // The beep is the gateway's: it is not in the message.
    expect(findTone(left, BEEP).seconds).toBeLessThan(0.05);
    expect(pathOf(row)).toEqual(['ring:next', 'box:next', 'thanks:next', 'bye:']);
  });

  test('of who says nothing nothing is kept', async () => {
    const phone = await stage.phone(CARRIER, { frequency: 0, telephoneEvent: 101 });
    const call = stage.dial({ did: DID.voicemail, media: phone });
    expect(statusOf(await call.final())).toBe(200);
    phone.start();
    await call.ended();
    const row = await stage.record(call);
    expect(row.call.voicemail).toBe(0);
    expect(rowsOf<VoicemailTable>('voicemail', row)).toEqual([]);
  });
});

test('an announcement before the answer is heard, and costs nothing', async () => {
  const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE });
  const call = stage.dial({ did: DID.early, media: phone });
  expect(statusOf((await call.ringing()).message)).toBe(183);
  phone.start();
  expect(statusOf(await call.final())).toBe(486);
  expect(secondsOf(phone, BEEP)).toBeGreaterThan(0.15);
  const row = await stage.record(call);
  expect(row.call).toMatchObject({ status: 'busy', answered_at: null });
  expect(pathOf(row)).toEqual(['say:next', 'out:']);
});

test('a call ends on the version that it began on, whatever is applied meanwhile', async () => {
  const { directory, records } = stage.gateway;
  const caller = await calls(DID.patient);
  const file = join(directory, 'tracking.yaml');
  const changed = readFileSync(file, 'utf8').replace(/(id: patient[\s\S]*?1"?: )sales/, '$1service');
  expect(changed).not.toBe(readFileSync(file, 'utf8'));
  writeFileSync(file, changed);
  const applied = await commandOf(stage.gateway)('apply', '--yes');
  expect(applied, applied.stderr).toMatchObject({ code: 0 });

  const before = answers(stage.first);
  await caller.phone.press('1');
  await before;
  await sleep(300);
  const old = await ends(caller);
  expect(old.call).toMatchObject({ flow_version: 1, line_id: 'sales' });

  const next = await calls(DID.patient);
  const after = answers(stage.second);
  await next.phone.press('1');
  await after;
  await sleep(300);
  expect((await ends(next)).call).toMatchObject({ flow_version: 2, line_id: 'service' });
  expect(records.query("SELECT version FROM flow_version WHERE flow_id = 'collect'")).toHaveLength(1);

  const explained = await commandOf(stage.gateway)('calls', 'explain', old.call.id);
  expect(explained.stdout).toContain('Flow patient, version 1');
  expect(explained.stdout).toMatch(/Menu ask: .*pressed 1.*sales/);
});

test('a crash leaves the way that a call has gone so far, and what it has agreed to', async () => {
  const caller = await calls(DID.consent);
  const line = answers(stage.first);
  await line;
  await sleep(300);
  await stage.gateway.kill9();
  caller.phone.stop();
  await stage.gateway.restart();
  const row = await stage.record(caller.call);
  expect(row.call).toMatchObject({ status: 'interrupted', flow_id: 'consent' });
  expect(pathOf(row)).toEqual(['tell:next', 'ring:answered']);
  expect(rowsOf<ConsentTable>('consent', row)).toMatchObject([{ result: 'implied' }]);
});
