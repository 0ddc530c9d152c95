import { createHash } from 'node:crypto';

/** Texts in the order of their UTF-16 code units, which no locale changes. */
export const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const write = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => byCodeUnits(a, b))
      .map(([key, entry]) => `${JSON.stringify(key)}:${write(entry)}`);
    return `{${pairs.join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError(`${value} is no whole number: it has no canonical form`);
  return JSON.stringify(value);
};

/**
 * JSON that is the same whoever writes it: keys sorted, no spaces, whole numbers only (RFC 8785, where its numbers are
 * whole).
 *
 * @throws TypeError for a fraction
 */
export const canonicalJson = (value: object): string => write(value);

/** SHA-256, hex. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
