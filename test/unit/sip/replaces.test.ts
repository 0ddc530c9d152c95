import { describe, expect, it } from 'vitest';
import { parseReferTo } from '../../../src/sip/refer.ts';
import { parseReplaces } from '../../../src/sip/replaces.ts';

describe('Replaces', () => {
  it('names a dialog (RFC 3891 6.1)', () => {
    expect(parseReplaces('425928@bobster.example.org;to-tag=7743;from-tag=6472')).toEqual({
      callId: '425928@bobster.example.org',
      toTag: '7743',
      fromTag: '6472',
    });
  });

  it('takes its parameters in any order, with blanks and flags', () => {
    expect(parseReplaces(' a ; From-Tag=2 ;early-only; to-tag=1 ')).toEqual({
      callId: 'a',
      toTag: '1',
      fromTag: '2',
    });
  });

  it.each([
    undefined,
    '',
    'a',
    'a;to-tag=1',
    'a;to-tag=;from-tag=2',
    ';to-tag=1;from-tag=2',
    'a b;to-tag=1;from-tag=2',
  ])('is nothing without call id and both tags: %s', (header) => {
    expect(parseReplaces(header)).toBeUndefined();
  });
});

describe('Refer-To', () => {
  it('names whom to call', () => {
    expect(parseReferTo('"Bob" <sip:bob@example.com>;x=1')).toEqual({
      target: 'sip:bob@example.com',
      replaces: undefined,
    });
    expect(parseReferTo('sip:bob@example.com')).toEqual({
      target: 'sip:bob@example.com',
      replaces: undefined,
    });
  });

  it('names a dialog to be replaced (RFC 5589 7.2)', () => {
    const header =
      '<sip:bob@192.0.2.4?Require=replaces&Replaces=090459243588173445%3Bto-tag%3D9m2n3wq%3Bfrom-tag%3D763231>';
    expect(parseReferTo(header)).toEqual({
      target: 'sip:bob@192.0.2.4',
      replaces: { callId: '090459243588173445', toTag: '9m2n3wq', fromTag: '763231' },
    });
  });

  it.each(['', '<http://example.com>', '<sip:>', '<sip:a@b?Replaces=x>', '<sip:a@b?Replaces=%zz>'])(
    'is refused when it can not be understood: %s',
    (header) => {
      expect(parseReferTo(header)).toBeUndefined();
    },
  );
});
