import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAtCommas } from '../../../../src/sip-engine/message/address.ts';
import {
  nameAddressToString,
  parseNameAddress,
  parseNameAddressList,
  parseUri,
  parseVia,
  splitHeaderList,
  uriToString,
  viaToString,
} from '../../../../src/sip-engine/message/index.ts';
import { withQuotedDisplay, withTagFirst } from '../../../../src/sip-engine/message/repair.ts';

describe('parseUri', () => {
  it('takes a URI apart', () => {
    const uri = parseUri('sip:alice:secret@[2001:db8::1]:5070;transport=TCP;lr?subject=x');
    expect(uri).toMatchObject({
      scheme: 'sip',
      user: 'alice',
      password: 'secret',
      host: '2001:db8::1',
      port: 5070,
      headers: 'subject=x',
    });
    expect([...(uri?.parameters ?? [])]).toEqual([
      ['transport', 'TCP'],
      ['lr', ''],
    ]);
  });

  it.each([
    ['sip:example.com', { user: undefined, host: 'example.com', port: undefined }],
    ['SIPS:bob@example.com', { scheme: 'sips', user: 'bob' }],
    ['sip:+1(555)123;ext=9@gw.example', { user: '+1(555)123;ext=9', host: 'gw.example' }],
    ['sip:a@b.example;', { host: 'b.example' }],
    ['sip:李@b.example', { user: '李' }],
    ['tel:+4930123456;phone-context=example.com', { scheme: 'tel', host: '+4930123456', user: undefined }],
    ['isbn:2983792873', { scheme: 'other', host: '2983792873' }],
  ])('reads %s', (text, parts) => {
    expect(parseUri(text)).toMatchObject(parts);
  });

  it.each([
    '',
    'bob',
    'bob@example.com',
    'sip:',
    'sip:@example.com',
    'sip:bob@',
    'sip:bob@exam ple.com',
    'sip:bob@example.com:',
    'sip:bob@example.com:99999',
    'sip:bob@example.com:5o60',
    'sip:bob@a@b',
    'sip:bob@[::1',
    'sip:bob@[1.2.3.4]',
    'sip:b%zzb@example.com',
    'sip:bob%4@example.com',
    'sip:bob@example.com;a b',
    'sip:bob@example.com>',
    '<sip:bob@example.com>',
    '1sip:bob',
  ])('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  it('writes what it reads', () => {
    const host = fc.constantFrom('example.com', '192.0.2.1', '[2001:db8::1]');
    const user = fc.stringMatching(/^[a-z0-9+._~!;=-]{1,12}$/);
    const parameter = fc.stringMatching(/^[a-z]{1,6}(=[A-Za-z0-9.:-]{1,6})?$/);
    const parameters = fc.uniqueArray(parameter, { maxLength: 4, selector: (text) => text.split('=')[0] });
    const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(host, user, parameters, port, (h, u, p, n) => {
        const text = `sip:${u}@${h}${n === undefined ? '' : `:${n}`}${p.map((each) => `;${each}`).join('')}`;
        const uri = parseUri(text);
        expect(uri && uriToString(uri)).toBe(text);
      }),
    );
  });
});

describe('parseNameAddress', () => {
  it.each([
    ['"A \\"B\\", C" <sip:a@b>;tag=1', 'A "B", C', 'sip:a@b', '1'],
    ['<sip:a@b;lr>', undefined, 'sip:a@b;lr', undefined],
    ['sip:a@b;tag=x', undefined, 'sip:a@b', 'x'],
    ['Bob Smith<sip:a@b> ; tag = y', 'Bob Smith', 'sip:a@b', 'y'],
    ['sip:a@b;x="<y>";tag=z', undefined, 'sip:a@b', 'z'],
    ['Jörg (Büro) <sip:a@b>', 'Jörg (Büro)', 'sip:a@b', undefined],
    ['"" <sip:a@b>', '', 'sip:a@b', undefined],
  ])('reads %s', (text, display, uri, tag) => {
    const address = parseNameAddress(text);
    expect(address?.display).toBe(display);
    expect(address?.uri.raw).toBe(uri);
    expect(address?.parameters.get('tag')).toBe(tag);
  });

  it.each([
    '',
    '*',
    '<>',
    '<sip:a@b',
    '"open <sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b >',
    'Bell, Alexander <sip:a@b>',
    '<sip:a@b>, <sip:c@d>',
    '<sip:a@b>;;tag=1',
    '<sip:a@b>;tag=1;tag=2',
    '<sip:a@b> x',
    'sip:a@b?Route=c',
    'sip:a@b, sip:c@d',
  ])('refuses %j', (text) => {
    expect(parseNameAddress(text)).toBeUndefined();
  });

  it('gives back any display name and tag that was written', () => {
    const uri = parseUri('sip:a@example.com');
    if (!uri) throw new Error('unreadable');
    const display = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(display, fc.stringMatching(/^[A-Za-z0-9]{1,13}$/), (name, tag) => {
        const text = nameAddressToString({ display: name, uri, parameters: new Map([['tag', tag]]) });
        const address = parseNameAddress(text);
        expect(address?.display).toBe(name);
        expect(address?.parameters.get('tag')).toBe(tag);
      }),
    );
  });

  it('quotes a display name that strict readers would choke on, and no other', () => {
    expect(withQuotedDisplay('Jörg (Büro) <sip:a@b>;tag=1')).toBe('"Jörg (Büro)" <sip:a@b>;tag=1');
    for (const fine of ['Bob Smith <sip:a@b>', '"Jörg" <sip:a@b>', '<sip:a@b>', 'sip:a@b', 'a, b <sip:a@b>'])
      expect(withQuotedDisplay(fine)).toBe(fine);
  });
});

describe('a repeated tag', () => {
  it('is read where it says the same again, and refused where it does not', () => {
    expect(parseNameAddress('<sip:a@b>;tag=1;x;tag=1')?.parameters.get('tag')).toBe('1');
    expect(parseNameAddress('<sip:a@b>;tag=1;tag=1;tag=2')).toBeUndefined();
  });

  it('is dropped', () => {
    expect(withTagFirst('<sip:a@b>;tag=1;x=2;tag=1;tag=1')).toBe('<sip:a@b>;tag=1;x=2');
    expect(withTagFirst('sip:a@b;tag=1;tag=1')).toBe('sip:a@b;tag=1');
    for (const other of ['<sip:a@b;tag=1>;tag=1', '<sip:a@b>;tag=1;tag=12', '<sip:a@b>;x=";tag=1;tag=1;"'])
      expect(withTagFirst(other)).toBe(other);
  });
});

describe('splitHeaderList', () => {
  it('knows quotes and brackets, and leaves out empty items', () => {
    expect(splitHeaderList('"a,\\",b" <sip:x,y@z>;q="1,2", , c ,')).toEqual([
      '"a,\\",b" <sip:x,y@z>;q="1,2"',
      'c',
    ]);
    expect(splitHeaderList('"open, never closed')).toEqual(['"open, never closed']);
    expect(splitAtCommas('a,,b,', 9)).toEqual(['a', '', 'b', '']);
    expect(splitAtCommas('a,b,c,d', 2)).toEqual(['a', 'b']);
    expect(splitHeaderList('')).toEqual([]);
  });

  it('gives the items that were joined', () => {
    const item = fc.oneof(
      fc.stringMatching(/^[a-z0-9;=]{1,8}$/),
      fc.stringMatching(/^"[a-z, ]{0,8}"$/),
      fc.stringMatching(/^<sip:[a-z,]{1,8}>$/),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 10 }), fc.constantFrom(',', ' , ', ',,'), (items, comma) => {
        expect(splitHeaderList(items.join(comma))).toEqual(items);
      }),
    );
  });

  it('gives no list of addresses when one is bad', () => {
    expect(parseNameAddressList('<sip:a@b>, "c,d" <sip:c@d>')).toHaveLength(2);
    expect(parseNameAddressList('<sip:a@b>, nonsense')).toBeUndefined();
  });
});

describe('parseVia', () => {
  it.each([
    [
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
      { transport: 'UDP', host: '192.0.2.1', port: 5060, branch: 'z9hG4bK1' },
    ],
    [
      'SIP / 2.0 /  tcp   h.example : 5061 ; branch = a',
      { transport: 'TCP', host: 'h.example', port: 5061, branch: 'a' },
    ],
    [
      'SIP/2.0/WSS abc.invalid;branch=b',
      { transport: 'WSS', host: 'abc.invalid', port: undefined, branch: 'b' },
    ],
    [
      'SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=c',
      { host: '2001:db8::9:1', port: undefined, branch: 'c' },
    ],
    ['SIP/2.0/UDP [::1]:5070', { host: '::1', port: 5070, branch: '' }],
  ])('reads %s', (text, parts) => {
    const via = parseVia(text);
    expect(via).toMatchObject(parts);
    expect(via && parseVia(viaToString(via))).toEqual(via);
  });

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ;branch=1',
    'SIP/3.0/UDP h',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP h:;branch=1',
    'SIP/2.0/UDP h;;branch=1',
    'SIP/2.0/UDP h;branch=1;branch=2',
    'SIP/2.0/UDP 2001:db8::1;branch=1',
    'SIP/2.0/UDP a, SIP/2.0/UDP b',
  ])('refuses %j', (text) => {
    expect(parseVia(text)).toBeUndefined();
  });
});
