import { describe, expect, it } from 'vitest';
import type { SipRequest, SipUri } from '../../../../src/sip-engine/message/index.ts';
import { header, parseUri } from '../../../../src/sip-engine/message/index.ts';
import { forwardedHeaders, hopsLeft, popVia } from '../../../../src/sip-engine/proxy/headers.ts';
import { courseOf, requestUri, takeOwnRoutes } from '../../../../src/sip-engine/proxy/routes.ts';
import { request } from '../fakes.ts';

const invite = (uri: string, ...lines: readonly string[]): SipRequest =>
  request(
    [
      `INVITE ${uri} SIP/2.0`,
      'Via: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bKone',
      ...lines,
      'From: <sip:a@192.0.2.5>;tag=a',
      'To: <sip:b@192.0.2.1>',
      'Call-ID: one',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );

const isOwn = ({ host }: SipUri): boolean => host === '192.0.2.1';

describe('our own routes', () => {
  it('are taken from the top, as many as there are', () => {
    const two = invite(
      'sip:b@192.0.2.9',
      'Route: <sip:192.0.2.1;transport=tcp;lr>, <sip:192.0.2.1;lr>',
      'Route: <sip:192.0.2.3;lr>, <sip:192.0.2.1;lr>',
    );
    const { uri, routes, taken } = takeOwnRoutes(two, isOwn);
    expect(uri).toBe('sip:b@192.0.2.9');
    expect(routes).toEqual(['<sip:192.0.2.3;lr>', '<sip:192.0.2.1;lr>']);
    expect(taken?.raw).toBe('sip:192.0.2.1;lr');
  });

  it('are found in the Request-URI that a strict router has made of them', () => {
    const strict = invite('sip:192.0.2.1;lr', 'Route: <sip:192.0.2.3;lr>, <sip:b@192.0.2.9>');
    expect(takeOwnRoutes(strict, isOwn)).toMatchObject({
      uri: 'sip:b@192.0.2.9',
      routes: ['<sip:192.0.2.3;lr>'],
    });
  });

  it('are not seen where others stand', () => {
    expect(takeOwnRoutes(invite('sip:b@192.0.2.1'), isOwn).taken).toBeUndefined();
    const other = invite('sip:b@192.0.2.1', 'Route: <sip:192.0.2.3;lr>');
    expect(takeOwnRoutes(other, isOwn)).toMatchObject({ uri: 'sip:b@192.0.2.1', taken: undefined });
  });
});

describe('the course of a request', () => {
  it('goes to the Request-URI, to the first route, or through a strict router', () => {
    const uri = 'sip:b@192.0.2.9';
    expect(courseOf({ uri, routes: [] })).toMatchObject({ uri, nextHop: { raw: uri } });
    const loose = courseOf({ uri, routes: ['<sip:p@192.0.2.3;lr>'] });
    expect(loose).toMatchObject({
      uri,
      routes: ['<sip:p@192.0.2.3;lr>'],
      nextHop: { raw: 'sip:p@192.0.2.3;lr' },
    });
    const strict = courseOf({ uri, routes: ['<sip:192.0.2.3>', '<sip:192.0.2.4;lr>'] });
    expect(strict).toMatchObject({ uri: 'sip:192.0.2.3', nextHop: { raw: 'sip:192.0.2.3' } });
    expect(strict.routes).toEqual(['<sip:192.0.2.4;lr>', '<sip:b@192.0.2.9>']);
  });

  it('leaves out of a Request-URI what may not be there', () => {
    const uri = parseUri('sip:b@192.0.2.9;method=BYE;x=1?Subject=y') as SipUri;
    expect(requestUri(uri)).toBe('sip:b@192.0.2.9;x=1');
    expect(requestUri(parseUri('sip:b@192.0.2.9;X=1') as SipUri)).toBe('sip:b@192.0.2.9;X=1');
  });
});

describe('headers on their way', () => {
  it('keep their order; hops go down, routes and named ones are replaced, what matching needs is kept', () => {
    const before = invite(
      'sip:b@192.0.2.9',
      'Max-Forwards: 5',
      'Route: <sip:192.0.2.1;lr>',
      'X-A: 1',
      'X-A: 2',
    );
    const headers = forwardedHeaders(before, {
      via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKtwo',
      records: [header('Record-Route', '<sip:192.0.2.1;lr>')],
      routes: ['<sip:192.0.2.3;lr>'],
      set: [header('x-a', '3'), header('Call-ID', 'mine'), header('From', '<sip:evil@192.0.2.1>')],
    });
    expect(headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKtwo',
      'Record-Route: <sip:192.0.2.1;lr>',
      'Route: <sip:192.0.2.3;lr>',
      'Max-Forwards: 4',
      'Via: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bKone',
      'From: <sip:a@192.0.2.5>;tag=a',
      'To: <sip:b@192.0.2.1>',
      'Call-ID: one',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
      'x-a: 3',
    ]);
  });

  it.each([
    ['Max-Forwards: 0', -1],
    ['Max-Forwards: 1', 0],
    ['Max-Forwards: 255', 254],
    ['X-None: 1', 70],
  ])('with %s have %s hops left', (line, hops) => {
    expect(hopsLeft(invite('sip:b@192.0.2.9', line))).toBe(hops);
  });

  it('of a response lose our Via, also when it shares its line', () => {
    const via = (value: string) => header('Via', value);
    const own = 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKtwo';
    const next = 'SIP/2.0/UDP 192.0.2.5;branch=z9hG4bKone';
    const apart = popVia([via(own), via(next), header('To', 'x')]);
    expect(apart?.headers.map(({ value }) => value)).toEqual([next, 'x']);
    expect(apart?.next.branch).toBe('z9hG4bKone');
    const together = popVia([via(`${own}, ${next}`), header('To', 'x')]);
    expect(together?.headers).toEqual(apart?.headers);
    expect(popVia([via(own), header('To', 'x')])).toBeUndefined();
    expect(popVia([])).toBeUndefined();
  });
});
