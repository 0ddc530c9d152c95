import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameAddress, parseUri, parseVia } from '../../../../src/sip-engine/message/index.ts';
import {
  isUsualAddress,
  isUsualCallId,
  isUsualRequestUri,
  usualTag,
  usualViaAt,
} from '../../../../src/sip-engine/message/usual.ts';

/** Text made of pieces that matter here, so that much of it is nearly right. */
const made = (...pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));
const few = (...pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 2 }).map((parts) => parts.join(''));

const address = fc.oneof(
  made(
    '"',
    'A b',
    '" ',
    '<',
    'sip:',
    'sips:',
    'a',
    '@',
    'h.x',
    ':',
    '5060',
    '99999',
    ';',
    'tag=',
    'lr',
    '=',
    '>',
    ',',
  ),
  fc
    .tuple(
      fc.constantFrom('', '"A, b" ', '"" ', 'A '),
      fc.constantFrom(
        'sip:a@h',
        'sips:h:5060',
        'sip:a@h:70000',
        'sip:h;lr;x=y',
        'sip:h?x',
        'tel:+1',
        'sip:%41@h',
      ),
      few(';tag=1', ';tag=a.b-c', ';tag=', ';TAG=2', ';tag="x"', ';x', ';x=y', ' ', ';'),
    )
    .map(([display, uri, parameters]) => `${display}<${uri}>${parameters}`),
);

const via = fc.oneof(
  made(
    'SIP/2.0/',
    'UDP',
    ' ',
    'h',
    '1.2.3.4',
    ':',
    '5060',
    '70000',
    ';',
    'branch=',
    'z9',
    'rport',
    '=1',
    ',',
  ),
  fc
    .tuple(
      fc.constantFrom('SIP/2.0/UDP h', 'SIP/2.0/TLS 1.2.3.4:5061', 'SIP/2.0/UDP h:65536', 'sip/2.0/UDP h'),
      few(';rport', ';branch=a', ';branch=b~c', ';x', ' '),
    )
    .map(([start, parameters]) => `${start}${parameters}`),
);

describe('the short cuts', () => {
  it('accept no address that the grammar refuses, and see the same tag', () => {
    let [usual, tagged] = [0, 0];
    fc.assert(
      fc.property(address, (text) => {
        const grammar = parseNameAddress(text);
        if (isUsualAddress(text, 0, text.length)) {
          usual += 1;
          expect(grammar).toBeDefined();
        }
        const tag = usualTag(text, 0, text.length);
        if (tag === undefined) return;
        if (tag !== '') tagged += 1;
        expect(grammar?.parameters.get('tag') ?? '').toBe(tag);
        expect(grammar?.parameters.size).toBe(tag === '' ? 0 : 1);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(usual, tagged)).toBeGreaterThan(10);
  });

  it('accept no Request-URI that the grammar refuses', () => {
    const uri = made(
      'sip:',
      'SIP:',
      'a',
      '@',
      ':',
      'h',
      '.x',
      '5060',
      '65536',
      ';',
      'lr',
      '=',
      '?',
      '%',
      '[::1]',
      ' ',
    );
    fc.assert(
      fc.property(uri, (text) => {
        if (isUsualRequestUri(text)) expect(parseUri(text)?.headers).toBe('');
      }),
      { numRuns: 5000 },
    );
    expect(isUsualRequestUri('sip:+49@h.x:5060;transport=udp;lr')).toBe(true);
  });

  it('read a Via as the grammar does', () => {
    let usual = 0;
    fc.assert(
      fc.property(via, (text) => {
        const short = usualViaAt(text, 0, text.length);
        if (short === undefined) return;
        usual += 1;
        const long = parseVia(text);
        expect(short).toEqual(long);
        expect([...short.parameters]).toEqual([...(long?.parameters ?? [])]);
      }),
      { numRuns: 5000 },
    );
    expect(usual).toBeGreaterThan(10);
  });

  it('read only between their two positions', () => {
    expect(isUsualAddress('<sip:a@b>;x', 0, 9)).toBe(false);
    expect(isUsualAddress('x <sip:a@b>', 2, 11)).toBe(true);
    expect(usualTag('<sip:a@b>;tag=1', 0, 9)).toBeUndefined();
    expect(isUsualCallId('ab|c', 0, 2)).toBe(true);
    expect(isUsualCallId('ab|c', 0, 4)).toBe(false);
    expect(isUsualCallId('', 0, 0)).toBe(false);
  });
});
