import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call, PhoneState } from '../../../src/web/softphone/contract.ts';
import { openBrowser, type ToneBrowser } from '../../support/browser.ts';
import { until } from '../../support/wait.ts';
import {
  buildCore,
  type FakeGateway,
  fakeGateway,
  ORIGIN,
  respond,
  type Sip,
  sip,
} from '../../support/web/fake-gateway.ts';

const ENTRY = fileURLToPath(new URL('../../../src/web/softphone/core/index.ts', import.meta.url));

let browser: ToneBrowser;
let core: string;

beforeAll(async () => {
  [core, browser] = await Promise.all([buildCore(ENTRY), openBrowser(440)]);
});
afterAll(() => browser?.close());

type Opened = { readonly page: Page; readonly gateway: FakeGateway };

const run = <T>(page: Page, expression: string, ...parts: readonly unknown[]): Promise<T> =>
  page.evaluate<T>(`(${expression})(...${JSON.stringify(parts)})`);

const stateOf = (page: Page): Promise<PhoneState> =>
  run(page, '() => JSON.parse(JSON.stringify(globalThis.dialtracePhone.state))');

const act = (page: Page, name: string, ...parts: readonly unknown[]): Promise<void> =>
  run(page, '(name, parts) => void globalThis.dialtracePhone.actions[name](...parts)', name, parts);

const when = <T>(page: Page, what: string, probe: (state: PhoneState) => T | undefined | false): Promise<T> =>
  until(what, async () => probe(await stateOf(page)), { timeoutMs: 12_000 });

const inPhase = (page: Page, phase: Call['phase'], party?: string): Promise<Call> =>
  when(page, `a call is ${phase}`, ({ calls }) =>
    calls.find((call) => call.phase === phase && (party === undefined || call.party === party)),
  );

const open = async (): Promise<Opened> => {
  const page = await browser.open();
  const gateway = await fakeGateway(page, core);
  await page.goto(`${ORIGIN}/phone/`);
  await when(page, 'registered', ({ connection }) => connection === 'ready');
  return { page, gateway };
};

const contactOf = (message: Sip): string => /<([^>]+)>/.exec(message.header('contact'))?.[1] ?? '';

/** Requests within the call that the fake gateway made. */
const inDialog = (ok: Sip, method: string, cseq: number, extra: readonly string[] = [], body = ''): string =>
  sip(
    [
      `${method} ${contactOf(ok)} SIP/2.0`,
      `Via: SIP/2.0/WS gw.invalid;branch=z9hG4bK${method}${cseq}`,
      `From: ${ok.header('from')}`,
      `To: ${ok.header('to')}`,
      `Call-ID: ${ok.header('call-id')}`,
      `CSeq: ${cseq} ${method}`,
      'Max-Forwards: 70',
      'Contact: <sip:gw@gw.invalid;transport=ws>',
      ...extra,
    ],
    body,
  );

/** Rings the page. @returns the 200 with which it answers */
const ring = async ({ page, gateway }: Opened): Promise<Sip> => {
  const target = contactOf(gateway.seen.findLast(({ method }) => method === 'REGISTER') as Sip);
  const offer = await run<string>(page, '() => far.offer()');
  const lines = [
    `INVITE ${target} SIP/2.0`,
    'Via: SIP/2.0/WS gw.invalid;branch=z9hG4bKfirst',
    'From: "Jane" <sip:+4930123456@example.com>;tag=gw',
    'To: <sip:alice@example.com>',
    'Call-ID: ring@gw.invalid',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'Contact: <sip:gw@gw.invalid;transport=ws>',
    'X-Dialtrace-Call: 01CALL',
  ];
  gateway.send(sip(lines, offer));
  const call = await inPhase(page, 'ringing');
  expect(call).toMatchObject({ direction: 'in', party: 'Jane', id: '01CALL' });
  await when(page, 'who calls', ({ calls }) => calls[0]?.context?.sourceName === 'Search ad');
  await act(page, 'answer', call.key);
  const ok = await gateway.next('the answer', ({ status, method }) => status === 200 && method === 'INVITE');
  gateway.send(inDialog(ok, 'ACK', 1));
  await run(page, '(sdp) => far.accept(sdp)', ok.body);
  await inPhase(page, 'talking');
  return ok;
};

/** Answers what the page offers, as a gateway that takes everything. */
const takeEverything = ({ page, gateway }: Opened): void => {
  gateway.on(async (request) => {
    if (request.method !== 'INVITE')
      return request.method === 'ACK' ? [] : [respond(request, '202 Accepted')];
    const again = /;tag=/.test(request.header('to'));
    const body = await run<string>(page, '(sdp, again) => far.answer(sdp, again)', request.body, again);
    const headers = ['Contact: <sip:gw@gw.invalid;transport=ws>', 'X-Dialtrace-Call: 02CALL'];
    return [respond(request, '200 OK', headers, body)];
  });
};

const heard = (page: Page): Promise<number> =>
  when(
    page,
    'sound comes in',
    ({ calls }) => calls.find(({ phase }) => phase === 'talking')?.levels.speaker || false,
  );

describe('the softphone in a browser', () => {
  it('registers with short-lived credentials, and takes a call that is held, moved, cut off and ended', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    const [first, second] = gateway.seen.filter(({ method }) => method === 'REGISTER');
    expect(first?.header('contact')).toMatch(
      /;reg-id=1;\+sip\.instance="<urn:uuid:[\da-f-]{36}>";expires=180$/,
    );
    expect(second?.header('authorization')).toContain('username="1999999999.alice"');
    takeEverything(opened);

    const ok = await ring(opened);
    await heard(page);
    await when(page, 'a good call', ({ calls }) => calls[0]?.quality.level === 'good');

    const [talked] = (await stateOf(page)).calls;
    await act(page, 'hold', talked?.key, true);
    const held = await gateway.next('hold', ({ method, body }) => method === 'INVITE' && body !== '');
    expect(held.body).toContain('a=sendonly');
    await inPhase(page, 'held');
    await act(page, 'hold', talked?.key, false);
    await inPhase(page, 'talking');

    // A gateway whose media worker died: other credentials, another certificate.
    const offer = await run<string>(page, '() => far.offer()');
    gateway.send(inDialog(ok, 'INVITE', 2, [], offer));
    const moved = await gateway.next(
      'the other answer',
      ({ status, header }) => status === 200 && header('cseq') === '2 INVITE',
    );
    gateway.send(inDialog(ok, 'ACK', 2));
    await run(page, '(sdp) => far.accept(sdp)', moved.body);
    expect(/^o=.*$/m.exec(moved.body)?.[0].split(' ')[1]).toBe(/^o=.*$/m.exec(held.body)?.[0].split(' ')[1]);
    await until('the audio runs again', async () => (await run(page, '() => far.state()')) === 'connected');
    await until('the new tone is heard', async () => {
      const { shares } = await run<{ shares: number[] }>(page, '() => probe.listen([440], 300)');
      return (shares[0] ?? 0) > 0.5;
    });

    const before = gateway.seen.filter(({ method }) => method === 'REGISTER').length;
    gateway.cut(1500);
    await when(
      page,
      'lost',
      ({ connection, problems }) => connection === 'lost' && problems[0]?.type === 'connection-lost',
    );
    await when(page, 'back', ({ connection }) => connection === 'ready');
    const again = gateway.seen.filter(({ method }) => method === 'REGISTER').slice(before);
    expect(contactOf(again[0] as Sip)).toBe(contactOf(first as Sip));
    expect((await inPhase(page, 'talking')).key).toBe(talked?.key);

    gateway.send(inDialog(ok, 'BYE', 3));
    const ended = await inPhase(page, 'ended');
    expect(ended.end).toEqual({ by: 'other', text: '' });
    const wrapUp = await when(page, 'the wrap-up', (state) => state.wrapUp);
    expect(wrapUp).toMatchObject({ callId: '01CALL', party: '+4930123456', saved: false });
    await act(page, 'draftWrapUp', { disposition: 'sale', tags: ['new'], note: 'again', value: null });
    await act(page, 'saveWrapUp');
    await when(page, 'saved and closed', (state) => state.wrapUp === undefined);
    expect(gateway.asked).toContain(
      'POST calls/01CALL/wrap-up {"disposition":"sale","tags":["new"],"note":"again","value":null}',
    );
    await page.context().close();
  }, 60_000);

  it('takes its call up again after a reload, which a duplicate of the page does not', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    takeEverything(opened);
    await act(page, 'dial', '+49 30 1234-56', '+49305550100');
    const invite = await gateway.next('the call', ({ method }) => method === 'INVITE');
    expect(invite.start).toBe('INVITE sip:+4930123456@example.com SIP/2.0');
    expect(invite.header('x-dialtrace-identity')).toBe('+49305550100');
    const talked = await inPhase(page, 'talking');
    expect(talked.id).toBe('02CALL');
    await act(page, 'mute', talked.key, true);
    await act(page, 'press', talked.key, '1#');
    await when(page, 'keys', ({ calls }) => calls[0]?.keys === '1#');

    const copy = await page.context().newPage();
    const storage = await run<string>(page, '() => JSON.stringify(sessionStorage)');
    await copy.addInitScript(
      `if (location.origin === '${ORIGIN}') Object.assign(sessionStorage, ${storage})`,
    );
    const other = await fakeGateway(copy, core);
    await copy.goto(`${ORIGIN}/phone/`);
    await when(copy, 'registered', ({ connection }) => connection === 'ready');
    const instance = (from: FakeGateway): string =>
      /urn:uuid:[^>]+/.exec(from.seen[0]?.header('contact') ?? '')?.[0] ?? '';
    expect(instance(other)).not.toBe(instance(gateway));
    expect((await stateOf(copy)).calls).toEqual([]);
    await copy.close();

    const byes = gateway.seen.filter(({ method }) => method === 'BYE').length;
    await page.reload();
    const resumed = await gateway.next('the resumption', ({ start }) =>
      start.startsWith('INVITE sip:resume@'),
    );
    const fromTag = /tag=([^;]+)/.exec(invite.header('from'))?.[1];
    expect(resumed.header('replaces')).toBe(`${invite.header('call-id')};to-tag=gw;from-tag=${fromTag}`);
    const back = await inPhase(page, 'talking');
    expect(back).toMatchObject({ id: '02CALL', party: '+49 30 1234-56', muted: true, keys: '1#' });
    expect(back.answeredAt).toBe(talked.answeredAt);
    expect(gateway.seen.filter(({ method }) => method === 'BYE')).toHaveLength(byes);
    await page.context().close();
  }, 60_000);

  it('keeps a call whose transfer fails, and joins two', async () => {
    const opened = await open();
    const { page, gateway } = opened;
    takeEverything(opened);
    await act(page, 'dial', 'bob', undefined);
    const invite = await gateway.next('the call', ({ method }) => method === 'INVITE');
    const { key } = await inPhase(page, 'talking');
    const dialog = (request: Sip): Sip => {
      const from = request.header('from');
      const to = `${request.header('to')};tag=gw`;
      return { ...request, header: (name) => ({ from: to, to: from })[name] ?? request.header(name) };
    };

    await act(page, 'transfer', key, 'carol');
    const refer = await gateway.next('the transfer', ({ method }) => method === 'REFER');
    expect(refer.header('refer-to')).toContain('sip:carol@example.com');
    const about = ['Event: refer', 'Subscription-State: terminated;reason=noresource'];
    gateway.send(inDialog(dialog(invite), 'NOTIFY', 1, about, 'SIP/2.0 486 Busy Here'));
    const problem = await when(page, 'the failure', ({ problems }) =>
      problems.find(({ type }) => type === 'refused'),
    );
    expect(problem).toEqual({ type: 'refused', status: 486, text: 'Busy Here' });
    expect((await inPhase(page, 'talking')).key).toBe(key);

    await act(page, 'consult', key, 'carol');
    const consult = await gateway.next('the consultation', ({ start }) =>
      start.startsWith('INVITE sip:carol@'),
    );
    const second = await inPhase(page, 'talking', 'carol');
    expect(second.consultsFor).toBe(key);
    await inPhase(page, 'held', 'bob');
    await act(page, 'completeTransfer', second.key);
    const join = await gateway.next('the join', ({ method }) => method === 'REFER');
    const tag = /tag=([^;]+)/.exec(consult.header('from'))?.[1] ?? '';
    const replaces = `${consult.header('call-id')};to-tag=gw;from-tag=${tag}`;
    expect(decodeURIComponent(join.header('refer-to'))).toContain(`Replaces=${replaces}`);
    gateway.send(inDialog(dialog(invite), 'NOTIFY', 2, about, 'SIP/2.0 200 OK'));
    await when(page, 'both are over', ({ calls }) => calls.every(({ phase }) => phase === 'ended'));
    await page.context().close();
  }, 60_000);
});
