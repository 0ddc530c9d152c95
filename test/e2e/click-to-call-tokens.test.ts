import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { silentLogger } from '../../src/base/logger.ts';
import { loadGatewayConfig, parseTrackingPlan } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { openStore } from '../../src/store/index.ts';
import { applyPlan } from '../../src/tracking/index.ts';
import { askButton, inviteWithToken, openPageWire, tokenBody } from '../support/call-button-api.ts';
import { type ButtonStage, openButtonStage } from '../support/call-button-stage.ts';
import { openWebPhone, type WebPhone } from '../support/phone.ts';
import { claimPorts, type PortBlock } from '../support/ports.ts';
import { hostPortOf, need } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { LINE, statusOf } from '../support/stage.ts';

/** Who may call through a button, and who may not: at HTTP, and again at the WebSocket. */

const OFFER = readFileSync(new URL('../fixtures/browser-sdp/chromium-offer.sdp', import.meta.url), 'utf8');
const ELSEWHERE = 'https://evil.example';

describe('a token', () => {
  let stage: ButtonStage;
  const wires: WebPhone[] = [];
  beforeAll(async () => {
    stage = await openButtonStage();
    for (const line of [stage.first, stage.second]) line.onCall((call) => call.respond(486, 'Busy Here'));
  });
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close();
  });
  afterAll(() => stage?.close());

  const wireOf = async (origin: string | undefined = stage.site.origin): Promise<WebPhone> => {
    const wire = await openPageWire(stage, origin);
    wires.push(wire);
    return wire;
  };
  const given = async (button: string, more: object = {}): Promise<{ token: string; uri: string }> => {
    const { status, body } = await askButton(stage, 'token', tokenBody(stage, button, more));
    expect(status, JSON.stringify(body)).toBe(200);
    return { token: String(body['token']), uri: String(body['uri']) };
  };
  const calls = () => stage.gateway.records.calls().length;

  test('lets one call in, to the lines of its button, and its record says what brought it', async () => {
    const asked = tokenBody(stage, 'ask', { intent: 'aftersale' });
    const { status, headers, body } = await askButton(stage, 'token', asked);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(stage.site.origin);
    expect(body).toMatchObject({ expiresIn: 60, maxSeconds: 3600 });
    expect(String(body['uri'])).toMatch(/^sip:ask@/);
    expect(body['servers']).toEqual([expect.stringMatching(/^ws:/)]);
    // Nothing of what it says of its holder can be read as a password or as a number.
    expect(JSON.stringify(body)).not.toMatch(/password|\+49/);
    const rung: string[] = [];
    stage.second.onCall((call) => {
      rung.push('second');
      call.respond(486, 'Busy Here');
    });
    const { final } = await inviteWithToken(await wireOf(), {
      uri: String(body['uri']),
      token: String(body['token']),
      sdp: OFFER,
    });
    expect(statusOf(final)).toBe(486);
    expect(rung).toEqual(['second']);
    const id = need(final, 'x-dialtrace-call');
    const [row] = stage.gateway.records.query<Record<string, unknown>>(
      'SELECT * FROM web_call WHERE call_id = ?',
      id,
    );
    expect(row).toMatchObject({
      kind: 'browser',
      press_id: asked['press'],
      viewer: asked['viewer'],
      button_id: 'ask',
      site_id: 'main',
      intent: 'aftersale',
      origin: stage.site.origin,
      page: '/',
      device: 'desktop',
    });
    // Whose address the visitor had is kept nowhere.
    const legs = stage.gateway.records.query('SELECT peer FROM leg WHERE call_id = ? AND role = ?', id, 'A');
    expect(legs).toEqual([{ peer: 'ws' }]);
  });

  test('is good for one call: the second one is refused with a reason', async () => {
    const { token, uri } = await given('sales');
    const first = await inviteWithToken(await wireOf(), { uri, token, sdp: OFFER });
    expect(statusOf(first.final)).toBe(486);
    const before = calls();
    for (const wire of [wires[0] ?? (await wireOf()), await wireOf()]) {
      const { final } = await inviteWithToken(wire, { uri, token, sdp: OFFER });
      expect(statusOf(final)).toBe(403);
      expect(need(final, 'reason')).toMatch(/^SIP ?;cause=403;text="/);
    }
    expect(calls()).toBe(before);
  });

  test('of a page is good for no other page, and for no program', async () => {
    for (const origin of [ELSEWHERE, 'null', undefined]) {
      const { token, uri } = await given('sales');
      const wire = await openPageWire(stage, origin);
      wires.push(wire);
      const { final } = await inviteWithToken(wire, {
        uri,
        token,
        sdp: OFFER,
        // Only the gateway's own word for it counts.
        headers: [['X-Dialtrace-Origin', stage.site.origin]],
      });
      expect(statusOf(final), String(origin)).toBe(403);
    }
  });

  test('that was changed, made up, or left out lets nobody in', async () => {
    const { token, uri } = await given('sales');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      `${head}.${encode({ ...said, exp: 4_000_000_000 })}.${signature}`,
      `${encode({ alg: 'none' })}.${claims}.AAAA`,
      `${encode({ alg: 'HS256' })}.${claims}.${createHmac('sha256', '').update(`${head}.${claims}`).digest('base64url')}`,
      `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    ];
    const wire = await wireOf();
    for (const each of forged) {
      const { final } = await inviteWithToken(wire, { uri, token: each, sdp: OFFER });
      expect(statusOf(final), each.slice(0, 60)).toBe(403);
    }
    // Who shows none is a stranger like others: he gets no answer.
    for (const each of [undefined, 'x'.repeat(4000), `${head}.${claims}.`])
      await expect(
        inviteWithToken(wire, {
          uri,
          ...(each !== undefined && { token: each }),
          sdp: OFFER,
          patienceMs: 300,
        }),
      ).rejects.toThrow('not within');
    // None of this has used it up.
    expect(statusOf((await inviteWithToken(wire, { uri, token, sdp: OFFER })).final)).toBe(486);
  });

  test('leads where its button leads, whatever is dialled with it', async () => {
    const rung: string[] = [];
    stage.first.onCall((call) => {
      rung.push('first');
      call.respond(486, 'Busy Here');
    });
    const { token } = await given('sales');
    const wire = await wireOf();
    const target = 'sip:+4990012345678@phones.example';
    const { final } = await inviteWithToken(wire, { uri: target, token, sdp: OFFER });
    expect([403, 404, 486]).toContain(statusOf(final));
    expect(rung.length).toBeLessThanOrEqual(1);
  });

  test('is given to pages of the site alone', async () => {
    const body = tokenBody(stage, 'sales');
    for (const origin of [ELSEWHERE, 'null', '']) {
      const answer = await askButton(stage, 'token', body, { origin });
      expect(answer.status, origin).toBe(403);
      expect(answer.body['code']).toBe('origin');
      expect(answer.headers.get('access-control-allow-origin')).not.toBe(ELSEWHERE);
    }
    const button = await askButton(stage, 'token', tokenBody(stage, 'elsewhere'));
    expect(button.status).toBe(404);
    const nothing = await askButton(stage, 'token', tokenBody(stage, 'no-such-button'));
    expect(nothing.status).toBe(404);
    expect((await askButton(stage, 'token', tokenBody(stage, 'ask', { intent: 'no-such' }))).status).toBe(
      403,
    );
  });

  test('of a button that is closed, or that wants a code, is not to be had without', async () => {
    const closed = await askButton(stage, 'token', tokenBody(stage, 'night'));
    expect([closed.status, closed.body['code']]).toEqual([403, 'closed']);
    const unproven = await askButton(stage, 'token', tokenBody(stage, 'proven'));
    expect([unproven.status, unproven.body['code']]).toEqual([403, 'verify']);
    const madeUp = await askButton(stage, 'token', tokenBody(stage, 'proven', { proof: 'x.y.z' }));
    expect([madeUp.status, madeUp.body['code']]).toEqual([403, 'verify']);
  });

  test('costs a machine some work', async () => {
    const body = tokenBody(stage, 'sales', { automated: true });
    const asked = await askButton(stage, 'token', body);
    expect([asked.status, asked.body['code']]).toEqual([428, 'work']);
    const { challenge, bits } = asked.body['work'] as { challenge: string; bits: number };
    expect(bits).toBe(18);
    const lazy = await askButton(stage, 'token', { ...body, work: { challenge, nonce: 'lazy' } });
    expect(lazy.status).toBe(428);
    const done = (nonce: number): boolean =>
      createHash('sha256').update(`${challenge}:${nonce}`).digest().readUInt32BE() >>> (32 - bits) === 0;
    let nonce = 0;
    while (!done(nonce)) nonce += 1;
    const paid = await askButton(stage, 'token', { ...body, work: { challenge, nonce: String(nonce) } });
    expect(paid.status, JSON.stringify(paid.body)).toBe(200);
    // Once.
    const again = await askButton(stage, 'token', {
      ...tokenBody(stage, 'sales', { automated: true }),
      work: { challenge, nonce: String(nonce) },
    });
    expect(again.status).toBe(428);
    const { text } = await stage.gateway.metrics();
    expect(text).toMatch(/^dialtrace_button_refusals\{question="token",code="work"\} [3-9]$/m);
    expect(text).toContain('dialtrace_button_events{type="token_ok",machine="yes"} 1\n');
    expect(text).toContain('dialtrace_call_backs{state="waiting"} 0\n');
  });
});

describe('with the limits that hold when nothing is said, on a clock of ours', () => {
  const SITE = 'http://www.acme.example';
  const NUMBER = '+493023125100';
  const clock = { at: Date.UTC(2026, 10, 23, 10) };
  let directory: string;
  let ports: PortBlock;
  let line: SipPeer;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let http: string;
  let wire: WebPhone;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialtrace-tokens-'));
    [ports, line] = await Promise.all([claimPorts(60), openSipPeer({ address: LINE, user: 'line' })]);
    const path = join(directory, 'dialtrace.yaml');
    const [wsPort, webrtcPort] = [ports.take(), ports.take()];
    const lowest = ports.from + 10 + (ports.from % 2);
    writeFileSync(
      path,
      stringify({
        sip: {
          listen: [
            { transport: 'udp', address: '127.0.0.1', port: 0 },
            { transport: 'ws', address: '127.0.0.1', port: wsPort },
          ],
        },
        media: {
          address: '127.0.0.1',
          rtpPorts: { from: lowest, to: lowest + 39 },
          webrtc: { address: '127.0.0.1', port: webrtcPort, workers: 1 },
        },
        http: { address: '127.0.0.1', port: 0 },
        log: { level: 'silent' },
        drainSeconds: 0,
      }),
    );
    const config = loadGatewayConfig(path, {});
    const store = await openStore(config.database, silentLogger);
    const plan = parseTrackingPlan(
      {
        region: 'DE',
        sources: [{ id: 'site', name: 'Site', source: 'site' }],
        lines: [{ id: 'line', type: 'sip', uri: line.uri('line') }],
        numbers: [{ number: NUMBER, source: 'site', lines: ['line'] }],
        sites: [{ id: 'main', hosts: ['www.acme.example'], targets: [{ number: NUMBER }] }],
        buttons: [{ id: 'sales', site: 'main', number: NUMBER, lines: ['line'], maxMinutes: 1 }],
      },
      { trunkIds: [], defaultRegion: 'DE' },
    );
    await applyPlan(store, plan, clock.at);
    await store.close();
    gateway = await startGateway(config, silentLogger, { now: () => clock.at });
    http = `http://${gateway.http}`;
    const ws = gateway.sip.find((each) => each.startsWith('ws/')) ?? '';
    wire = await openWebPhone(hostPortOf(`sip:${ws.slice(3)}`), 'visitor', () => undefined, SITE);
  });
  afterAll(async () => {
    wire?.close();
    await gateway?.stop({ now: true });
    await Promise.all([line?.close(), ports?.release()]);
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = async (): Promise<{
    status: number;
    retryAfter: string | null;
    body: Record<string, unknown>;
  }> => {
    const response = await fetch(`${http}/v1/button/token`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', origin: SITE, 'user-agent': 'Mozilla/5.0 Chrome/142.0.0.0' },
      body: JSON.stringify({
        site: 'main',
        ...tokenBody({ site: { origin: SITE } } as ButtonStage, 'sales'),
      }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
  };
  const invite = (body: Record<string, unknown>) =>
    inviteWithToken(wire, { uri: String(body['uri']), token: String(body['token']), sdp: OFFER });

  test('a token is too old after a minute', async () => {
    line.onCall((call) => call.respond(486, 'Busy Here'));
    const { status, body } = await ask();
    expect(status, JSON.stringify(body)).toBe(200);
    clock.at += 59_000;
    const fresh = await ask();
    clock.at += 2000;
    const { final } = await invite(body);
    expect(statusOf(final)).toBe(403);
    expect(need(final, 'reason')).toMatch(/old|expired|over|minute|late/i);
    expect(statusOf((await invite(fresh.body)).final)).toBe(486);
  });

  test('an address gets three tokens a minute, and may have two calls at once', async () => {
    clock.at += 120_000;
    line.onCall((call) => call.respond(180, 'Ringing'));
    const tokens = [await ask(), await ask(), await ask()];
    expect(tokens.map(({ status }) => status)).toEqual([200, 200, 200]);
    const fourth = await ask();
    expect([fourth.status, fourth.body['code']]).toEqual([429, 'too-many']);
    expect(Number(fourth.retryAfter)).toBeGreaterThan(0);
    expect(Number(fourth.retryAfter)).toBeLessThanOrEqual(60);
    const [one, two, three] = tokens.map(({ body }) => body);
    if (!one || !two || !three) throw new Error('no tokens');
    // The first two ring until the gateway stops.
    for (const body of [one, two]) void invite(body).catch(() => undefined);
    await expect
      .poll(() => line.received.filter(({ message }) => message.method === 'INVITE').length)
      .toBe(3);
    expect(statusOf((await invite(three)).final)).toBe(486);
  });
});
