import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/base/errors.ts';
import { type AreaFileOptions, readAreas } from '../../../../src/flows/areas/index.ts';
import type { Area } from '../../../../src/store/index.ts';

/** In pieces of three characters, so that no line comes whole. */
async function* pieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 3) yield text.slice(at, at + 3);
}

const read = async (text: string, options: AreaFileOptions = {}): Promise<readonly Area[]> => {
  const rows: Area[] = [];
  for await (const batch of readAreas(pieces(text), options)) rows.push(...batch);
  return rows;
};

const problemsOf = async (text: string, options: AreaFileOptions = {}): Promise<readonly string[]> => {
  const error: unknown = await read(text, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UsageError)) throw error ?? new Error('nothing was wrong');
  return error.problems.map(({ path, message }) => `${path}: ${message}`);
};

describe('a table of prefixes', () => {
  it('is read with its columns in any order, with marks in the prefixes', async () => {
    expect(
      await read('City,Prefix,Province,Country\n"New York, NY",+1 212,New York,us\n,4930,Berlin,DE\n'),
    ).toEqual([
      { prefix: '1212', country: 'US', area: 'New York', city: 'New York, NY' },
      { prefix: '4930', country: 'DE', area: 'Berlin', city: null },
    ]);
  });

  it('is read with semicolons, a byte order mark, and one country for all', async () => {
    expect(await read('\uFEFFprefix;state\r\n1415;California\r\n', { country: 'US' })).toEqual([
      { prefix: '1415', country: 'US', area: 'California', city: null },
    ]);
  });

  it('is read as Chinese files have it', async () => {
    expect(await read('号段,省份,城市\n1391234,江苏,南京\n0755,广东,深圳\n', { hCodes: true })).toEqual([
      { prefix: '861391234', country: 'CN', area: '江苏', city: '南京' },
      { prefix: '86755', country: 'CN', area: '广东', city: '深圳' },
    ]);
  });

  it('comes in batches', async () => {
    const text = `prefix,area\n${Array.from({ length: 12_001 }, (_, index) => `1${100_000 + index},x`).join('\n')}`;
    const sizes: number[] = [];
    for await (const batch of readAreas(pieces(text), { country: 'US' })) sizes.push(batch.length);
    expect(sizes).toEqual([5000, 5000, 2001]);
  });

  it('names every line that is wrong', async () => {
    expect(
      await problemsOf(
        'prefix,area,country\n0301,Berlin,DE\n4930,,DE\n4930,Berlin,\n4930,Berlin,XX\n49x,Berlin,DE\n',
      ),
    ).toEqual([
      'line 2: "0301" is no prefix',
      'line 3: it names no area',
      'line 4: it names no country',
      'line 5: "XX" is no country',
      'line 6: "49x" is no prefix',
    ]);
    expect(await problemsOf('prefix,area\n139123,x\n', { hCodes: true })).toEqual([
      'line 2: "139123" is no prefix',
    ]);
    expect(await problemsOf('a,b\n1,2\n')).toEqual([
      'line 1: there is no column prefix',
      'line 1: there is no column area',
    ]);
    const many = await problemsOf(`prefix,area\n${'x,y\n'.repeat(30)}`);
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe(': and 10 more');
  });

  it('passes on what goes wrong while it is read', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'prefix,area\n1212,x\n';
      throw new UsageError('the file is not utf-8');
    }
    const rows = readAreas(broken(), { country: 'US' });
    await expect(rows.next()).rejects.toThrow('the file is not utf-8');
  });
});
