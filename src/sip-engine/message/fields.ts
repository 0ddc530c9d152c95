import { splitHeaderList } from './address.ts';
import { canonicalName, headerKey, isListHeader } from './names.ts';
import type { HeaderField } from './types.ts';

type Headers = { readonly headers: readonly HeaderField[] };

/** A header field from a name in any spelling. The value must be free of line ends (the writer replaces them by blanks). */
export const header = (name: string, value: string): HeaderField => ({
  key: headerKey(name),
  name: canonicalName(name),
  value,
});

/** Value of the first line with this key, whole; undefined when there is none. */
export const headerValue = (message: Headers, key: string): string | undefined => {
  for (const field of message.headers) if (field.key === key) return field.value;
  return undefined;
};

/** All values of a header in order: each item apart for headers that are lists, each line apart for the others. */
export const headerValues = (message: Headers, key: string): string[] => {
  const values: string[] = [];
  const list = isListHeader(key);
  for (const field of message.headers) {
    if (field.key !== key) continue;
    if (list) values.push(...splitHeaderList(field.value));
    else values.push(field.value);
  }
  return values;
};

/** The headers without those of the given keys. */
export const withoutHeaders = (headers: readonly HeaderField[], ...keys: readonly string[]): HeaderField[] =>
  headers.filter((field) => !keys.includes(field.key));

/** The headers with one line of this name: in place of the first that was there, else at the end. */
export const withHeader = (headers: readonly HeaderField[], name: string, value: string): HeaderField[] => {
  const field = header(name, value);
  const at = headers.findIndex((other) => other.key === field.key);
  if (at < 0) return [...headers, field];
  return headers.flatMap((other, index) => {
    if (index === at) return [field];
    return other.key === field.key ? [] : [other];
  });
};
