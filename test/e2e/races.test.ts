import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bothHear } from '../support/hearing.ts';
import { need } from '../support/sip-message.ts';
import { CARRIER, DID, LINE, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** What crosses, comes twice, gets lost or forks. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
beforeEach(() => stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable')));

describe('races', () => {
  test('a 200 that crosses the CANCEL: the line is hung up, the caller gets 487 or a BYE', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER);
    const far = await stage.phone(LINE);
    const call = stage.dial({ did: DID.first, media: near });
    const line = await arriving;
    line.respond(180, 'Ringing');
    await call.ringing();
    line.onRequest((request, answer) => {
      if (request.method !== 'CANCEL') return false;
      line.accept(far);
      answer(200, 'OK');
      return true;
    });
    await call.cancel();
    const final = statusOf(await call.final());
    expect([200, 487]).toContain(final);
    await line.acked();
    await until('BYE to the line', () => line.requests.some(({ message }) => message.method === 'BYE'));
    if (final === 200) await call.ended();
    expect((await stage.record(call)).call.status).toBe('cancelled');
  });

  test('a CANCEL that comes after the 200 does nothing', async () => {
    const answered = await stage.answered();
    const reply = await answered.call.cancel();
    expect([200, 481]).toContain(statusOf(reply));
    await bothHear(answered);
    expect((await stage.finish(answered, { talkMs: 50 })).call.status).toBe('answered');
  });

  test('re-INVITEs from both sides at once', async () => {
    const answered = await stage.answered();
    const refuse491 = (side: 'call' | 'line', pending: () => boolean): void =>
      answered[side].onRequest((request, answer) => {
        if (request.method !== 'INVITE' || !pending()) return false;
        answer(491, 'Request Pending');
        return true;
      });
    let open = true;
    refuse491('call', () => open);
    refuse491('line', () => open);
    const replies = await Promise.all([answered.call.reinvite(), answered.line.reinvite()]);
    open = false;
    for (const reply of replies) expect([200, 491]).toContain(statusOf(reply));
    await bothHear(answered);
    await stage.finish(answered, { talkMs: 50 });
  });

  test('BYE right behind the ACK: the line is hung up at once, ten times out of ten', async () => {
    for (let round = 0; round < 10; round += 1) {
      const arriving = stage.nextCall();
      const call = stage.dial({ did: DID.first, media: await stage.phone(CARRIER), autoAck: false });
      const line = await arriving;
      line.accept(await stage.phone(LINE));
      await call.final();
      call.ack();
      const bye = call.bye();
      expect((await line.ended()).message.method).toBe('BYE');
      expect(statusOf(await bye)).toBe(200);
      expect((await stage.record(call)).call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
    }
  });

  test('hold right behind the ACK, ten times out of ten', async () => {
    for (let round = 0; round < 10; round += 1) {
      const arriving = stage.nextCall();
      const near = await stage.phone(CARRIER);
      const call = stage.dial({ did: DID.first, media: near, autoAck: false });
      const line = await arriving;
      line.accept(await stage.phone(LINE));
      await call.final();
      call.ack();
      let reply = await call.reinvite({ sdp: near.sdp({ direction: 'sendonly' }) });
      // RFC 3261 14.2: 500 with Retry-After asks for another try.
      if (statusOf(reply) === 500) {
        await sleep(1000 * Number(need(reply, 'retry-after')));
        reply = await call.reinvite({ sdp: near.sdp({ direction: 'sendonly' }) });
      }
      expect(statusOf(reply)).toBe(200);
      expect(reply.body).toMatch(/a=recvonly/);
      await call.bye();
      await stage.record(call);
    }
  });

  test('two re-INVITEs of one side at once: each gets a final response, the call goes on', async () => {
    const answered = await stage.answered();
    const replies = await Promise.all([answered.call.reinvite(), answered.call.reinvite()]);
    for (const reply of replies) expect([200, 491, 500]).toContain(statusOf(reply));
    await bothHear(answered);
    await stage.finish(answered, { talkMs: 50 });
  });
});

describe('repeats', () => {
  test('INVITE, 200, ACK and BYE sent again leave one record', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER, { frequency: 400 });
    const far = await stage.phone(LINE, { frequency: 700 });
    const call = stage.dial({ did: DID.first, media: near });
    call.resend('INVITE');
    await sleep(50);
    call.resend('INVITE');
    const line = await arriving;
    line.respond(180, 'Ringing');
    line.accept(far);
    await call.final();
    await line.acked();
    line.resend('response');
    line.resend('response');
    call.resend('ACK');
    call.resend('INVITE');
    await until(
      'an ACK for each 200',
      () => line.requests.filter(({ message }) => message.method === 'ACK').length >= 3,
    );
    near.start();
    await sleep(300);
    await call.bye();
    call.resend('BYE');
    call.resend('BYE');
    const row = await stage.record(call);
    await sleep(300);
    const same = stage.gateway.records.calls().filter((each) => each.call.sip_call_id === call.callId);
    expect(same).toHaveLength(1);
    expect(row.legs).toHaveLength(2);
    expect(row.events.filter((event) => event.type === 'ended')).toHaveLength(1);
  });

  test('a lost 200 and a lost ACK are made good', async () => {
    let lost = 0;
    stage.carrier.lose(
      (message) => message.status === 200 && need(message, 'cseq') === '1 INVITE' && lost++ < 1,
    );
    let acks = 0;
    stage.first.lose((message) => message.method === 'ACK' && acks++ < 1);
    const answered = await stage.answered();
    stage.carrier.lose(undefined);
    stage.first.lose(undefined);
    expect([lost >= 1, acks >= 1]).toEqual([true, true]);
    await bothHear(answered);
    expect((await stage.finish(answered, { talkMs: 50 })).call.status).toBe('answered');
  });

  test('a carrier that loses the 200 for good ends in a record', { timeout: 60_000 }, async () => {
    stage.carrier.lose((message) => message.status === 200 && need(message, 'cseq').endsWith('INVITE'));
    const arriving = stage.nextCall();
    const call = stage.dial({ did: DID.first, media: await stage.phone(CARRIER) });
    const line = await arriving;
    line.accept(await stage.phone(LINE));
    await line.acked();
    const row = await stage.gateway.records.ended(call.callId, 45_000);
    stage.carrier.lose(undefined);
    expect(row.call.hangup_by).toBe('gateway');
    await until('BYE to the line', () => line.requests.some(({ message }) => message.method === 'BYE'));
  });
});

describe('forks', () => {
  test('18x of two branches with different tags, then one answers', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER, { frequency: 400 });
    const [one, two] = [
      await stage.phone(LINE, { frequency: 900 }),
      await stage.phone(LINE, { frequency: 700 }),
    ];
    const call = stage.dial({ did: DID.first, media: near });
    const line = await arriving;
    line.respond(183, 'Session Progress', { toTag: 'branch-one', sdp: one.sdp() });
    await sleep(50);
    line.respond(183, 'Session Progress', { toTag: 'branch-two', sdp: two.sdp() });
    await sleep(50);
    line.accept(two, { toTag: 'branch-two' });
    expect(statusOf(await call.final())).toBe(200);
    expect(need(await line.acked(), 'to')).toContain('branch-two');
    near.start();
    const answered = { call, line, near, far: two };
    await bothHear(answered);
    const row = await stage.finish(answered, { talkMs: 50 });
    expect(row.legs).toHaveLength(2);
    expect(row.call.status).toBe('answered');
  });

  test('each caller sees one dialog only, whatever the line forks into', async () => {
    const arriving = stage.nextCall();
    const call = stage.dial({ did: DID.first, media: await stage.phone(CARRIER) });
    const line = await arriving;
    line.respond(180, 'Ringing', { toTag: 'branch-one' });
    line.respond(180, 'Ringing', { toTag: 'branch-two' });
    await sleep(100);
    line.accept(await stage.phone(LINE), { toTag: 'branch-three' });
    await call.final();
    const tags = new Set(
      call.responses
        .filter(({ message }) => (message.status ?? 0) > 100)
        .map(({ message }) => need(message, 'to')),
    );
    expect(tags.size).toBe(1);
    await call.bye();
    await stage.record(call);
  });
});

describe('session timers (RFC 4028)', () => {
  test('a peer that refreshes gets its interval confirmed, by re-INVITE and by UPDATE', async () => {
    const timer = [
      ['Supported', 'timer'],
      ['Session-Expires', '600;refresher=uac'],
    ] as const;
    const answered = await stage.answered({ headers: timer });
    expect(need(await answered.call.final(), 'session-expires')).toMatch(/^600\s*;\s*refresher=uac/);
    const refresh = await answered.call.request('UPDATE', { headers: timer });
    expect(statusOf(refresh)).toBe(200);
    expect(need(refresh, 'session-expires')).toMatch(/^600/);
    const again = await answered.call.reinvite({ headers: timer });
    expect(need(again, 'session-expires')).toMatch(/^600/);
    await bothHear(answered);
    await stage.finish(answered, { talkMs: 50 });
  });

  test('an interval below 90 s gets 422 with Min-SE', async () => {
    const call = stage.dial({
      did: DID.first,
      media: await stage.phone(CARRIER),
      headers: [
        ['Supported', 'timer'],
        ['Session-Expires', '30'],
      ],
    });
    const final = await call.final();
    expect(statusOf(final)).toBe(422);
    expect(Number(need(final, 'min-se'))).toBeGreaterThanOrEqual(90);
  });
});
