import { parse } from 'yaml';
import { errorMessage, type Problem } from '../base/errors.ts';
import { type JsonSchema, keysAt, schemasAt, wantsText } from './json-schema.ts';
import { nearest, pathText } from './wording.ts';

const PREFIX = 'DIALTRACE_';

/** Names that mean something to the command or to scripts, and are no fields of the configuration. */
const RESERVED_VARIABLES: readonly string[] = [
  'DIALTRACE_CONFIG',
  'DIALTRACE_CACHE',
  'DIALTRACE_DEBUG',
  'DIALTRACE_HOME',
  'DIALTRACE_MEDIASOUP_WORKER',
];

/** Kubernetes gives every container these for a service called `dialtrace`. */
const SERVICE_LINK = /^DIALTRACE_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(UDP|TCP|SCTP)(_\w+)?)?)$/;

/** One field that a variable sets. */
export type Override = {
  readonly name: string;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
};
type Reading = { readonly overrides: readonly Override[]; readonly problems: readonly Problem[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads fields of the configuration from the environment: `DIALTRACE_HTTP__PORT=9090` sets `http.port`,
 * `DIALTRACE_SIP__LISTEN__0__PORT` sets `sip.listen[0].port`. Two underscores nest, one joins words (`RTP_PORTS` is
 * `rtpPorts`), numbers count list items from 0. Values are YAML where the field is no text; an empty one counts as unset.
 */
export const readEnvironment = (env: Environment, schema: JsonSchema): Reading => {
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  // Sorted, so that list items come in order.
  for (const name of Object.keys(env).sort()) {
    const text = env[name];
    if (!isField(name) || text === undefined || text === '') continue;
    const reading = readVariable(name, text, schema);
    if ('message' in reading) problems.push(reading);
    else overrides.push(reading);
  }
  return { overrides, problems };
};

const isField = (name: string): boolean =>
  name.startsWith(PREFIX) && !RESERVED_VARIABLES.includes(name) && !SERVICE_LINK.test(name);

const readVariable = (name: string, text: string, schema: JsonSchema): Override | Problem => {
  const path = fieldPath(name);
  if (schemasAt(schema, path).length === 0) {
    return { path: name, message: 'sets no field of the configuration', mend: variableMend(name, schema) };
  }
  if (wantsText(schema, path)) return { name, path, value: text };
  try {
    return { name, path, value: parse(text) };
  } catch (error) {
    return {
      path: name,
      message: `its value is no valid YAML: ${firstLine(errorMessage(error))}`,
      mend: 'quote it',
    };
  }
};

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').replace(/:$/, '');

const fieldPath = (name: string): readonly (string | number)[] =>
  name
    .slice(PREFIX.length)
    .split('__')
    .map((word) => (/^\d{1,2}$/.test(word) ? Number(word) : camelCase(word)));

const camelCase = (word: string): string =>
  word.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const upperSnake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Follows the path as far as it is known and proposes the nearest name for the first word that is not. */
const variableMend = (name: string, schema: JsonSchema): string => {
  const path = fieldPath(name);
  const known = path.findIndex((_, index) => schemasAt(schema, path.slice(0, index + 1)).length === 0);
  const parent = path.slice(0, known);
  const names = keysAt(schema, parent);
  const word = String(path[known]);
  const meant = nearest(word, names) ?? names.find((key) => word.toLowerCase().startsWith(key.toLowerCase()));
  const written = (keys: readonly (string | number)[]): string =>
    PREFIX + keys.map((key) => upperSnake(String(key))).join('__');
  if (meant !== undefined)
    return `did you mean ${written([...parent, meant])}? Two underscores nest: DIALTRACE_HTTP__PORT`;
  if (names.length === 0) return 'unset it';
  return `possible here: ${names.map((key) => written([...parent, key])).join(', ')}`;
};

/** A copy of the file's values with the overrides set in it. One item of a list that the file leaves out changes the default. */
export const withOverrides = (values: unknown, overrides: readonly Override[], schema: JsonSchema): unknown =>
  overrides.reduce((current, { path, value }) => setIn(current, path, 0, value, schema), values);

/** Says of problems with values from the environment where they come from: the file shows nothing of them. */
export const withOrigins = (
  problems: readonly Problem[],
  overrides: readonly Override[],
): readonly Problem[] =>
  problems.map((problem) => {
    const origin = overrides.find(({ path }) => isWithin(problem.path, pathText(path)));
    return origin ? { ...problem, message: `${problem.message} (from ${origin.name})` } : problem;
  });

const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const setIn = (
  target: unknown,
  path: Override['path'],
  depth: number,
  value: unknown,
  schema: JsonSchema,
): unknown => {
  const key = path[depth];
  if (key === undefined) return value;
  const base = target ?? schemasAt(schema, path.slice(0, depth))[0]?.default;
  if (typeof key === 'number') {
    const list: unknown[] = Array.isArray(base) ? [...base] : [];
    while (list.length < key) list.push(undefined);
    list[key] = setIn(list[key], path, depth + 1, value, schema);
    return list;
  }
  const mapping = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  const before: unknown = Object.hasOwn(mapping, key) ? Reflect.get(mapping, key) : undefined;
  return { ...mapping, [key]: setIn(before, path, depth + 1, value, schema) };
};
