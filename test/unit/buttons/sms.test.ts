import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillBody, fillUrl, messageText } from '../../../src/buttons/sms/template.ts';

const FILLING = { to: '+4915123456789', text: 'Say "hi" & {code}\n', code: '012345' };

describe('fillBody', () => {
  it('escapes for JSON where the template is JSON', () => {
    const body = fillBody('{"to":"{to}","message":{"text":"{text}"}}', FILLING);
    expect(JSON.parse(body)).toEqual({ to: FILLING.to, message: { text: FILLING.text } });
  });

  it('escapes for a form else', () => {
    const body = fillBody('To={to}&Body={text}&From=us', FILLING);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      To: FILLING.to,
      Body: FILLING.text,
      From: 'us',
    });
  });

  it('lets no text out of its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const filling = { ...FILLING, text };
        expect(JSON.parse(fillBody('[{"t":"{text}"}]', filling))).toEqual([{ t: text }]);
        expect(new URLSearchParams(fillBody('a={text}&b=1', filling)).get('a')).toBe(text);
        expect(new URL(fillUrl('https://sms.example/{text}?t={text}', filling)).host).toBe('sms.example');
      }),
    );
  });

  it('leaves other braces alone', () => {
    expect(fillBody('{"a":{"b":"{else}"}}', FILLING)).toBe('{"a":{"b":"{else}"}}');
  });
});

describe('messageText', () => {
  it('is in the language of the visitor, or in English', () => {
    expect(messageText({}, 'zh', '012345')).toContain('012345');
    expect(messageText({}, 'zh', '012345')).toContain('验证码');
    expect(messageText({}, 'de', '012345')).toMatch(/^012345 is your code/);
    expect(messageText({ de: 'Code: {code}' }, 'de', '012345')).toBe('Code: 012345');
  });
});
