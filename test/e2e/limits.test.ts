import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { commandOf, runDialtrace } from '../support/command.ts';
import { bothHear } from '../support/hearing.ts';
import { header } from '../support/sip-message.ts';
import { CARRIER, DID, openStage, type Stage, type StageOptions, statusOf } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/** What a gateway refuses: more calls than a trunk may have, calls while it stops, a second gateway, ports in use. */

let stage: Stage | undefined;
const open = async (options: StageOptions = {}): Promise<Stage> => {
  stage = await openStage(options);
  return stage;
};
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const refused = async (on: Stage) => {
  const call = on.dial({ did: DID.first, media: await on.phone(CARRIER) });
  const final = await call.final();
  return { final, row: await on.record(call) };
};

test("a trunk's calls above maxCalls get 503, also those that only ring, and each frees its place at its end", async () => {
  const on = await open({ trunks: [{ id: 'carrier', sources: [CARRIER], region: 'DE', maxCalls: 2 }] });
  const talking = await on.answered();
  const arriving = on.nextCall();
  const ringing = on.dial({ did: DID.first, media: await on.phone(CARRIER) });
  const line = await arriving;
  line.respond(180, 'Ringing');
  await ringing.ringing();

  const { final, row } = await refused(on);
  expect(statusOf(final)).toBe(503);
  expect(header(final, 'retry-after')).toMatch(/^\d+$/);
  expect(header(final, 'reason')).toContain('cause=42');
  expect(row.call).toMatchObject({
    status: 'failed',
    sip_code: 503,
    q850_cause: 42,
    hangup_by: 'gateway',
    did: DID.first,
    source_id: 'summer-ads',
  });
  expect(row.call.end_reason).toContain('trunk carrier has its 2 calls up already');
  expect(row.legs.map((leg) => leg.role)).toEqual(['A']);

  await ringing.cancel();
  await on.record(ringing);
  const next = await on.answered();
  expect(statusOf((await refused(on)).final)).toBe(503);
  await on.finish(talking, { talkMs: 100 });
  await on.finish(next, { talkMs: 100 });
  expect((await on.finish(await on.answered(), { talkMs: 100 })).call.status).toBe('answered');
});

test('a call for which no port is left gets 503 with cause 34, so that the carrier tries another way', async () => {
  const on = await open({ rtpPorts: 4 });
  const talking = await on.answered();
  const { final, row } = await refused(on);
  expect(statusOf(final)).toBe(503);
  expect(header(final, 'reason')).toContain('cause=34');
  expect(row.call).toMatchObject({ status: 'failed', sip_code: 503, q850_cause: 34, hangup_by: 'gateway' });
  expect(row.call.end_reason).toContain('widen media.rtpPorts');
  await on.finish(talking, { talkMs: 100 });
});

describe('a gateway that stops', () => {
  test('refuses new calls and OPTIONS with 503 while a call goes on, and ends when that is over', async () => {
    const on = await open({ drainSeconds: 60 });
    const answered = await on.answered();
    expect((await on.carrier.request('OPTIONS', on.gateway.sip)).status).toBe(200);
    const http = `http://${on.gateway.http.address}:${on.gateway.http.port}`;
    process.kill(on.gateway.pid(), 'SIGTERM');
    await until(
      'the drain',
      async () => (await on.carrier.request('OPTIONS', on.gateway.sip)).status === 503,
    );

    const { final, row } = await refused(on);
    expect(statusOf(final)).toBe(503);
    expect(header(final, 'retry-after')).toMatch(/^\d+$/);
    expect(row.call).toMatchObject({
      status: 'failed',
      sip_code: 503,
      end_reason: 'the gateway is stopping',
    });
    const health = await fetch(`${http}/healthz`);
    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([503, 'draining']);

    await bothHear(answered);
    // What changes within the call is still served.
    expect(statusOf(await answered.call.reinvite())).toBe(200);
    const ended = await on.finish(answered, { talkMs: 100 });
    expect(ended.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
    expect(ended.recordings[0]?.state).toBe('complete');
    const gone = until('the gateway is gone', () => !alive(on.gateway.pid()), { timeoutMs: 5000 });
    await gone;
  });

  test('ends its calls at once on the second signal', async () => {
    const on = await open({ drainSeconds: 60 });
    const answered = await on.answered();
    process.kill(on.gateway.pid(), 'SIGTERM');
    await until(
      'the drain',
      async () => (await on.carrier.request('OPTIONS', on.gateway.sip)).status === 503,
    );
    expect(await on.gateway.stop()).toBe(0);
    await Promise.all([answered.call.ended(), answered.line.ended()]);
    expect((await on.record(answered.call)).call).toMatchObject({
      status: 'answered',
      hangup_by: 'gateway',
      end_reason: 'the gateway was stopped',
    });
  });

  test('does not wait for a line that never said a word', async () => {
    const on = await open();
    const call = on.dial({ did: DID.nowhere, media: await on.phone(CARRIER) });
    expect(statusOf(await call.final())).toBe(480);
    const began = performance.now();
    expect(await on.gateway.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(8000);
  });
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a start that can not be', () => {
  test('a second gateway on the same configuration: exit code 1, one sentence, and the first goes on', async () => {
    const on = await open();
    const answered = await on.answered();
    const { code, stdout, stderr } = await commandOf(on.gateway)('start');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^A gateway with this configuration is running already \(process \d+, HTTP \S+\)\.\n$/,
    );
    await bothHear(answered);
    expect((await on.finish(answered, { talkMs: 100 })).call.status).toBe('answered');
  });

  /** The gateway's own configuration with other fields, beside it. */
  const variant = (on: Stage, name: string, fields: Record<string, unknown>): string => {
    const path = join(on.gateway.directory, name);
    const rtpPorts = { from: on.gateway.spare.take({ even: true }), to: on.gateway.spare.take() + 8 };
    writeFileSync(
      path,
      stringify({
        sip: { listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] },
        media: { address: '127.0.0.1', rtpPorts, webrtc: { enabled: false } },
        http: { address: '127.0.0.1', port: 0 },
        log: { format: 'json' },
        trackingPlan: 'tracking.yaml',
        ...fields,
      }),
    );
    return path;
  };

  test('a second gateway on the same database with another run file: refused, and its calls are left alone', async () => {
    const on = await open();
    const answered = await on.answered();
    const path = variant(on, 'second.yaml', { runFile: 'second.json' });
    const { code, stderr } = await runDialtrace(path, 'start');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Another gateway runs on the database \S+dialtrace\.db: stop it first\.\n$/);
    expect((await on.finish(answered, { talkMs: 300 })).call.status).toBe('answered');
  });

  const elsewhere = {
    database: { path: 'e/d.db', keyFile: 'e/d.key', backupDirectory: 'e/b' },
    runFile: 'e/g.json',
  };

  test.each(['udp', 'tcp'] as const)(
    'the SIP port is in use (%s): exit code 1, and it names the port',
    async (transport) => {
      const on = await open();
      const { port } = on.gateway.sip;
      const path = variant(on, 'sip.yaml', {
        ...elsewhere,
        sip: { listen: [{ transport, address: '127.0.0.1', port }] },
      });
      const { code, stdout, stderr } = await runDialtrace(path, 'start');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      const [sentence, ...more] = stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('Applied '));
      expect(more, stderr).toEqual([]);
      expect(sentence).toContain(String(port));
      expect(sentence).toMatch(/another program listens there|the port is taken/);
    },
  );

  test('the HTTP port is in use: exit code 1, and it names the port', async () => {
    const on = await open();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const path = variant(on, 'http.yaml', { ...elsewhere, http: { address: '127.0.0.1', port } });
    const { code, stderr } = await runDialtrace(path, 'start');
    server.close();
    expect(code).toBe(1);
    const [sentence, ...more] = stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('Applied '));
    expect(more, stderr).toEqual([]);
    expect(sentence).toContain(String(port));
    expect(sentence).toMatch(/another program listens there|the port is taken/);
  });

  test('an address that this machine does not have: exit code 1, and it names the address', async () => {
    const on = await open();
    const path = variant(on, 'address.yaml', {
      ...elsewhere,
      sip: { listen: [{ transport: 'udp', address: '192.0.2.1', port: 0 }] },
    });
    const { code, stderr } = await runDialtrace(path, 'start');
    expect(code).toBe(1);
    expect(stderr).toContain('192.0.2.1');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
