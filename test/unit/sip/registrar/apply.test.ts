import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyRegister } from '../../../../src/sip/registrar/apply.ts';
import type { Binding, RegisterRequest } from '../../../../src/sip/registrar/types.ts';
import { binding, LIMITS, NOW, register } from './samples.ts';

const apply = (bindings: readonly Binding[], request: Partial<RegisterRequest>, now = NOW) =>
  applyRegister(bindings, register(request), now, LIMITS);

const done = (
  bindings: readonly Binding[],
  request: Partial<RegisterRequest>,
  now = NOW,
): readonly Binding[] => {
  const result = apply(bindings, request, now);
  if (result.type !== 'done') throw new Error(`refused: ${result.status} ${result.reason}`);
  return result.bindings;
};

const life = (request: Partial<RegisterRequest>): number =>
  ((done([], request)[0]?.expiresAt ?? 0) - NOW) / 1000;

describe('applying a REGISTER', () => {
  it.each([
    ['the default', {}, 600],
    ['Expires', { expires: '120' }, 120],
    ["the Contact's own before Expires", { expires: '120', contact: '<sip:a@h>;expires=240' }, 240],
    ['the most there is', { expires: '999999999' }, 3600],
    ['the default for what is no number', { expires: 'soon' }, 600],
  ])('grants %s', (_name, request, seconds) => {
    expect(life(request)).toBe(seconds);
  });

  it('refuses less than the least and says what that is (RFC 3261 10.3 item 7)', () => {
    expect(apply([], { expires: '59' })).toMatchObject({ status: 423, headers: { 'Min-Expires': '60' } });
  });

  it('keeps several contacts with their preference and their parameters', () => {
    const contact =
      '<sip:alice@192.0.2.1>;q=0.5;methods="INVITE, BYE";expires=100, "Alice" <sip:alice@192.0.2.2;transport=tcp>';
    expect(done([], { contact })).toMatchObject([
      { uri: 'sip:alice@192.0.2.1', q: 0.5, parameters: ';methods="INVITE, BYE"' },
      { uri: 'sip:alice@192.0.2.2;transport=tcp', q: 1, parameters: '' },
    ]);
  });

  it('refreshes a contact that is written in another way, and remembers since when', () => {
    const first = done([], { contact: '<sip:alice@Host.example:5060;unknown=1>' });
    const again = done(first, { contact: 'sip:alice@host.EXAMPLE:5060', cseq: 2 }, NOW + 5000);
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ since: NOW, refreshedAt: NOW + 5000, cseq: 2 });
  });

  it('tells contacts of other transports, ports and users apart', () => {
    const contact = ['<sip:a@h>', '<sip:a@h;transport=tcp>', '<sip:a@h:5061>'].join(',');
    expect(done([], { contact })).toHaveLength(3);
  });

  it('removes one contact, and all with a star', () => {
    const two = done([], { contact: '<sip:a@h>, <sip:a@i>' });
    expect(done(two, { contact: '<sip:a@h>;expires=0', cseq: 2 }).map(({ uri }) => uri)).toEqual(['sip:a@i']);
    expect(done(two, { contact: ' * ', expires: '0', cseq: 2 })).toEqual([]);
    expect(apply(two, { contact: '*', cseq: 2 })).toMatchObject({ status: 400 });
    expect(apply(two, { contact: '*, <sip:a@h>', expires: '0', cseq: 2 })).toMatchObject({ status: 400 });
  });

  it('does nothing at all for a request that comes late, and everything for another Call-ID', () => {
    const now = done([], { cseq: 5 });
    expect(apply(now, { cseq: 5 })).toMatchObject({ status: 500 });
    expect(apply(now, { cseq: 4, contact: '<sip:new@h>, <sip:alice@192.0.2.1:5060>' })).toMatchObject({
      status: 500,
    });
    expect(apply(now, { cseq: 4, contact: '*', expires: '0' })).toMatchObject({ status: 500 });
    expect(done(now, { callId: 'call-2', cseq: 1 })).toHaveLength(1);
  });

  it.each([
    ['no SIP URI', { contact: '<mailto:a@h>' }],
    ['a malformed one', { contact: '<sip:a@h' }],
    ['none in a list', { contact: '' }],
    ['a path that is none', { path: '<tel:1>' }],
  ])('refuses %s', (_name, request) => {
    expect(apply([], request)).toMatchObject({ type: 'refused', status: 400 });
  });

  it('keeps the path to the phone (RFC 3327)', () => {
    const path = '<sip:edge.example;lr>,<sip:inner.example;lr>';
    expect(done([], { path })[0]?.path).toEqual(['<sip:edge.example;lr>', '<sip:inner.example;lr>']);
  });

  it('makes room for browsers, which leave contacts behind, but not for other phones', () => {
    const full = [1, 2, 3].map((port) => binding({ key: `${port}`, refreshedAt: NOW - port }));
    expect(apply(full, { callId: 'new' })).toMatchObject({ status: 503 });
    const web = { protocol: 'wss', address: '192.0.2.9', port: 1 };
    const mixed = full.map((each, at) => (at > 0 ? { ...each, peer: web } : each));
    expect(done(mixed, { callId: 'new' }).map(({ key }) => key)).not.toContain('3');
    expect(done(mixed, { callId: 'new' })).toHaveLength(3);
    const lost = mixed.map((each, at) => ({ ...each, flowLost: at === 1 }));
    expect(done(lost, { callId: 'new' }).map(({ key }) => key)).not.toContain('2');
  });
});

describe('flows of a device (RFC 5626)', () => {
  const supported = new Set(['path', 'outbound']);
  const instance = '+sip.instance="<urn:uuid:1>"';
  const contact = `<sip:a@h;ob>;reg-id=1;${instance}`;

  it('replaces the flow of the same reg-id, wherever it comes from, and keeps others', () => {
    const first = apply([], { contact, supported });
    expect(first).toMatchObject({
      type: 'done',
      outbound: true,
      bindings: [{ regId: 1, instance: 'urn:uuid:1' }],
    });
    const second = done(done([], { contact, supported }), {
      contact: contact.replace('a@h', 'a@elsewhere'),
      supported,
      cseq: 2,
    });
    expect(second.map(({ uri }) => uri)).toEqual(['sip:a@elsewhere;ob']);
    const both = done(second, { contact: contact.replace('reg-id=1', 'reg-id=2'), supported, cseq: 3 });
    expect(both).toHaveLength(2);
  });

  it('needs an edge that keeps the flow when there is a proxy between', () => {
    expect(apply([], { contact, supported, hops: 2 })).toMatchObject({ status: 439 });
    expect(apply([], { contact, supported, hops: 2, path: '<sip:edge;lr>' })).toMatchObject({ status: 439 });
    expect(apply([], { contact, supported, hops: 2, path: '<sip:edge;lr;ob>' })).toMatchObject({
      outbound: true,
    });
  });

  it('takes one flow a request, and reg-id for nothing without instance or option tag', () => {
    expect(apply([], { contact: `${contact}, <sip:b@h>`, supported })).toMatchObject({ status: 400 });
    expect(apply([], { contact: '<sip:a@h>;reg-id=1', supported })).toMatchObject({ outbound: false });
    expect(apply([], { contact })).toMatchObject({ outbound: false, bindings: [{ regId: undefined }] });
  });
});

describe('whatever is registered in whatever order', () => {
  const uris = fc.constantFrom('sip:a@h1', 'sip:a@h2', 'sip:a@h3', 'sip:a@h4;transport=ws');
  const requests = fc.record({
    callId: fc.constantFrom('x', 'y'),
    cseq: fc.integer({ min: 1, max: 20 }),
    contact: fc.oneof(
      fc.constant(undefined),
      fc.constant('*'),
      fc
        .array(fc.tuple(uris, fc.constantFrom('', ';expires=0', ';expires=60', ';expires=10', ';q=0.3')), {
          minLength: 1,
          maxLength: 4,
        })
        .map((all) => all.map(([uri, parameters]) => `<${uri}>${parameters}`).join(', ')),
    ),
    expires: fc.constantFrom(undefined, '0', '120', '7200', 'x'),
    protocol: fc.constantFrom('udp', 'ws'),
    after: fc.integer({ min: 0, max: 200_000 }),
  });

  it('bindings stay few, of one key each, in force and within the longest time; a refusal changes nothing', () => {
    fc.assert(
      fc.property(fc.array(requests, { maxLength: 30 }), (all) => {
        let bindings: readonly Binding[] = [];
        let now = NOW;
        for (const { after, protocol, ...fields } of all) {
          now += after;
          const peer = { protocol, address: '192.0.2.1', port: 5060 };
          const before = bindings;
          const result = applyRegister(bindings, register({ ...fields, peer }), now, LIMITS);
          if (result.type === 'refused') {
            expect([400, 423, 500, 503]).toContain(result.status);
            continue;
          }
          bindings = result.bindings;
          expect(bindings.length).toBeLessThanOrEqual(LIMITS.maxContacts);
          expect(new Set(bindings.map(({ key }) => key)).size).toBe(bindings.length);
          for (const { expiresAt } of bindings) {
            expect(expiresAt).toBeGreaterThan(now);
            expect(expiresAt).toBeLessThanOrEqual(now + LIMITS.maxExpires * 1000);
          }
          if (fields.contact === undefined)
            expect(bindings).toEqual(before.filter(({ expiresAt }) => expiresAt > now));
          if (fields.contact === '*') expect(bindings).toEqual([]);
        }
      }),
    );
  });

  it('the same request twice is refused the second time, unless it left nothing to be refused for', () => {
    fc.assert(
      fc.property(requests, ({ after: _, protocol: __, ...fields }) => {
        const first = applyRegister([], register(fields), NOW, LIMITS);
        if (first.type === 'refused' || first.bindings.length === 0) return;
        const second = applyRegister(first.bindings, register(fields), NOW, LIMITS);
        expect(second.type).toBe('refused');
      }),
    );
  });
});
