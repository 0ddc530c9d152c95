import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstruction, parsePlace } from '../../../../src/sip-engine/drachtio/instruction.ts';

const read = (action: string, data: unknown) => parseInstruction(JSON.stringify({ action, data }));

describe("a web server's answer", () => {
  it('refuses, with its own reason or the usual one', () => {
    expect(read('reject', { status: 486, reason: 'Not today' })).toEqual({
      type: 'refuse',
      status: 486,
      reason: 'Not today',
    });
    expect(read('reject', { status: '603' })).toEqual({ type: 'refuse', status: 603 });
  });

  it('redirects to URIs and to addresses in brackets', () => {
    expect(read('redirect', { contact: ['sip:a@b', '"A" <sip:c@d>;q=0.5'] })).toEqual({
      type: 'refuse',
      status: 302,
      contacts: ['<sip:a@b>', '"A" <sip:c@d>;q=0.5'],
    });
    expect(read('redirect', { contact: 'sip:a@b' })).toMatchObject({ contacts: ['<sip:a@b>'] });
  });

  it('has a request proxied, 5 s for a first and 60 s for a final response unless told otherwise', () => {
    expect(read('proxy', { destination: ['sip:a@b', 'c.example', 'sips:d@e'] })).toEqual({
      type: 'proxy',
      plan: {
        destinations: ['sip:a@b', 'sip:c.example', 'sips:d@e'],
        remainInDialog: false,
        fullResponse: true,
        followRedirects: false,
        simultaneous: false,
        provisionalTimeout: 5000,
        finalTimeout: 60_000,
        headers: [],
      },
    });
    const all = {
      destination: 'sip:a@b',
      remainInDialog: true,
      followRedirects: true,
      simultaneous: true,
      provisionalTimeout: '',
      finalTimeout: '1500ms',
    };
    expect(read('proxy', all)).toMatchObject({
      plan: {
        remainInDialog: true,
        followRedirects: true,
        simultaneous: true,
        provisionalTimeout: undefined,
        finalTimeout: 1500,
      },
    });
  });

  it('routes to a tag or to a place', () => {
    expect(read('route', { tag: 'support' })).toEqual({ type: 'tag', tag: 'support' });
    expect(read('route', { uri: 'apps.example:4000;transport=tls' })).toEqual({
      type: 'connect',
      place: { host: 'apps.example', port: 4000, secure: true },
    });
  });

  it.each([
    '',
    'nonsense',
    '[]',
    '"reject"',
    '{"action":"reject"}',
    '{"action":"reject","data":[]}',
    '{"action":"reject","data":{"status":200}}',
    '{"action":"reject","data":{"status":486.5}}',
    '{"action":"reject","data":{"status":486,"reason":7}}',
    '{"action":"redirect","data":{"contact":[]}}',
    '{"action":"redirect","data":{"contact":["no uri"]}}',
    '{"action":"redirect","data":{"contact":["<sip:a@b>\\r\\nX: y"]}}',
    '{"action":"proxy","data":{}}',
    '{"action":"proxy","data":{"destination":["sip:a b"]}}',
    '{"action":"proxy","data":{"destination":["sip:a@b"],"finalTimeout":"soon"}}',
    '{"action":"proxy","data":{"destination":["sip:a@b"],"finalTimeout":60}}',
    '{"action":"route","data":{}}',
    '{"action":"route","data":{"uri":"a:0"}}',
    '{"action":"toString","data":{}}',
    '{"action":"__proto__","data":{}}',
  ])('%s makes no sense', (text) => {
    expect(parseInstruction(text)).toBeUndefined();
  });

  it('never throws', () => {
    const data = fc.dictionary(
      fc.constantFrom('status', 'reason', 'contact', 'destination', 'finalTimeout', 'uri', 'tag'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom('reject', 'redirect', 'proxy', 'route'), data, (action, given) => {
        const found = read(action, given);
        expect(['undefined', 'object']).toContain(typeof found);
      }),
    );
  });
});

describe('a place', () => {
  it.each([
    ['apps.example', { host: 'apps.example', port: 9021, secure: false }],
    ['tcp://127.0.0.1:3000', { host: '127.0.0.1', port: 3000, secure: false }],
    ['TLS://apps.example/', { host: 'apps.example', port: 9021, secure: true }],
    ['[2001:db8::1]:3000;transport=tcp', { host: '2001:db8::1', port: 3000, secure: false }],
  ])('%s', (text, place) => expect(parsePlace(text)).toEqual(place));

  it.each(['', 'a b', 'a:70000', 'http://a', 'a:1;transport=udp', 'tcp://a/path', 'user@a'])(
    '%j is none',
    (text) => expect(parsePlace(text)).toBeUndefined(),
  );
});
