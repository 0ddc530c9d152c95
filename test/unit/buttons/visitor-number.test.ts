import { describe, expect, it } from 'vitest';
import { isEmergency } from '../../../src/base/phone.ts';
import { numberRegions, visitorNumber } from '../../../src/buttons/visitor-number.ts';

const read = (text: string, use: 'sms' | 'call' = 'sms') =>
  visitorNumber(text, { regions: ['DE', 'CN', 'US'], use });

describe('visitorNumber', () => {
  it.each([
    ['0151 23456789', '+4915123456789'],
    ['+86 138 1234 5678', '+8613812345678'],
    // The numbering plan of North America doesn't tell.
    ['+1 202 555 0143', '+12025550143'],
  ])('takes %s', (text, e164) => {
    expect(read(text)).toMatchObject({ type: 'good', e164 });
  });

  it.each([
    ['110', 'emergency'],
    ['0112', 'emergency'],
    ['1 2 0', 'emergency'],
    ['+41 79 123 45 67', 'not-allowed'],
    ['+49 900 1234567', 'not-allowed'],
    ['030 23125000', 'number'],
    ['+49 15', 'number'],
    ['me', 'number'],
    ['', 'number'],
  ])('refuses %s for a code', (text, code) => {
    expect(read(text)).toMatchObject({ type: 'refused', code });
  });

  it.each(['+49 180 5123456', '+49 137 1234567', '+49 700 12345678', '+1 800 555 0199', '400 123 4567'])(
    'refuses %s for a call: a service, nobody has it as a telephone',
    (text) => {
      const regions = text.startsWith('+') ? (['DE', 'US'] as const) : (['CN'] as const);
      expect(visitorNumber(text, { regions, use: 'call' })).toMatchObject({ code: 'not-allowed' });
    },
  );

  it('takes landlines for calls', () => {
    expect(read('030 23125000', 'call')).toMatchObject({ type: 'good', e164: '+493023125000', region: 'DE' });
  });
});

describe('numberRegions', () => {
  it("is the country of the button's number where none is configured", () => {
    const button = { number: '+493023125000' };
    expect(numberRegions({ regions: [] }, button)).toEqual(['DE']);
    expect(numberRegions({ regions: ['CN'] }, button)).toEqual(['CN']);
  });
});

describe('isEmergency', () => {
  it.each([
    '110',
    '112',
    '911',
    '9-1-1',
    '9–1–1',
    '９１１',
    '9\u200b11',
    '0112',
    '00911',
    '+112',
    '15',
    '1122',
  ])('is %s', (text) => {
    expect(isEmergency(text)).toBe(true);
  });
  it.each(['1101', '4001234567', '+493012', '', 'hello'])('is not %s', (text) => {
    expect(isEmergency(text)).toBe(false);
  });
});
