import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codesOf, createCodeReader } from '../../../../src/calls/talk/feature-codes.ts';
import { featuresSchema } from '../../../../src/config/features-schema.ts';

const CODES = codesOf(featuresSchema.parse({}));

/** What is made of keys pressed at once, as text: codes in angles. */
const read = (keys: string, codes = CODES): string => {
  const reader = createCodeReader(codes);
  const reads = [...keys].flatMap((key) => reader.press(key));
  const text = reads.map((each) => (each.type === 'code' ? `<${each.code}>` : each.keys)).join('');
  return text + reader.giveUp();
};

describe('codes', () => {
  it.each([
    ['12#', '12#'],
    ['*2', '<blindTransfer>'],
    ['1*35', '1<attendedTransfer>5'],
    ['**9', '*<pauseRecording>'],
    ['*5', '*5'],
    ['*', '*'],
    ['*2*2', '<blindTransfer><blindTransfer>'],
  ])('%s is %s', (keys, expected) => {
    expect(read(keys)).toBe(expected);
  });

  it('are passed on at once when they can be none any more', () => {
    const reader = createCodeReader(CODES);
    expect(reader.press('4')).toEqual([{ type: 'keys', keys: '4' }]);
    expect(reader.press('*')).toEqual([]);
    expect(reader.pending).toBe('*');
    expect(reader.press('7')).toEqual([{ type: 'keys', keys: '*7' }]);
    expect(reader.pending).toBe('');
  });

  it('may be longer, and switched off', () => {
    const features = featuresSchema.parse({
      blindTransfer: '*77',
      pauseRecording: '#1',
      attendedTransfer: false,
    });
    expect(read('*77#1*3*7', codesOf(features))).toBe('<blindTransfer><pauseRecording>*3*7');
  });

  it('leave no key out, and pass none twice', () => {
    const key = fc.constantFrom(...'0123456789*#');
    fc.assert(
      fc.property(fc.array(key, { maxLength: 30 }), (keys) => {
        const text = read(keys.join(''));
        const back = text
          .replaceAll('<blindTransfer>', '*2')
          .replaceAll('<attendedTransfer>', '*3')
          .replaceAll('<pauseRecording>', '*9');
        expect(back).toBe(keys.join(''));
        expect(text.replaceAll(/<\w+>/g, ' ')).not.toMatch(/\*[239]/);
      }),
    );
  });
});

describe('the features section', () => {
  it('refuses codes of which one begins another', () => {
    const wrong = featuresSchema.safeParse({ blindTransfer: '*2', pauseRecording: '*21' });
    expect(wrong.error?.issues.map(({ path }) => path.join('.'))).toEqual(['blindTransfer']);
    expect(featuresSchema.safeParse({ blindTransfer: '*3' }).success).toBe(false);
    expect(featuresSchema.safeParse({ blindTransfer: '2' }).success).toBe(false);
  });
});
