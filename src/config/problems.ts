import type { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { type JsonSchema, keysAt } from './json-schema.ts';
import { found, oneOf, pathText, suggestion } from './wording.ts';

type Issue = z.core.$ZodIssue;
type Union = Extract<Issue, { code: 'invalid_union' }>;

const SECRET_KEYS = ['password', 'secret', 'token'];

/** Every complaint of a schema about `input` as a path, what was found there and how to mend it. */
export const problemsOf = (error: z.ZodError, input: unknown, schema: JsonSchema): readonly Problem[] =>
  error.issues.flatMap((issue) => issueProblems(issue, input, schema));

const issueProblems = (issue: Issue, input: unknown, schema: JsonSchema): readonly Problem[] => {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, schema);
  if (issue.code === 'invalid_union') return unionProblems(issue, input, schema);
  if (issue.code === 'invalid_key') {
    const mend = issue.issues.map(({ message }) => message).join(', or ');
    return [{ path: pathText(issue.path), message: 'is no name that may stand here', mend }];
  }
  const mend = valueAt(input, issue.path) === null ? `${mendOf(issue)}, or remove the line` : mendOf(issue);
  return [{ path: pathText(issue.path), message: foundAt(input, issue.path), mend }];
};

const foundAt = (input: unknown, path: readonly PropertyKey[]): string => {
  const value = valueAt(input, path);
  if (value === undefined) return 'is missing';
  const secret = path.some((key) => SECRET_KEYS.includes(String(key)));
  return secret && typeof value !== 'object'
    ? `found ${value === '' ? 'an empty text' : `a ${typeof value}`}`
    : `found ${found(value)}`;
};

const unknownKeys = (
  issue: Extract<Issue, { code: 'unrecognized_keys' }>,
  schema: JsonSchema,
): readonly Problem[] => {
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => ({
    path: pathText([...issue.path, key]),
    message: `there is no field “${key}” here`,
    // Known all the same: entries of another type have it.
    mend: known.includes(key) ? 'it does not go with this type: leave it out' : suggestion(key, known),
  }));
};

/** Complaints of the alternative that fits best: the one that fails deepest; else what all of them are. */
const unionProblems = (issue: Union, input: unknown, schema: JsonSchema): readonly Problem[] => {
  const inner = issue.errors.filter((issues) =>
    issues.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'),
  );
  const best = inner[0];
  if (best && typeof valueAt(input, issue.path) === 'object') {
    return best.flatMap((one) =>
      issueProblems({ ...one, path: [...issue.path, ...one.path] } as Issue, input, schema),
    );
  }
  const choices =
    discriminatorChoices(issue) ?? issue.errors.flatMap((issues) => issues.slice(0, 1).map(mendOf));
  return [
    {
      path: pathText(issue.path),
      message: foundAt(input, issue.path),
      mend: [...new Set(choices)].join(', or '),
    },
  ];
};

const discriminatorChoices = (issue: Union): readonly string[] | undefined => {
  const options: unknown = 'options' in issue ? issue.options : undefined;
  return Array.isArray(options) ? [`use ${oneOf(options.map(String))}`] : undefined;
};

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'write text (in quotes if it looks like a number, true, false or null)',
  number: 'write a number, without quotes',
  int: 'write a whole number, without quotes',
  boolean: 'write true or false',
  object: 'write a mapping: indented `key: value` lines',
  record: 'write a mapping: indented `key: value` lines',
  array: 'write a list (`- item` lines, or [a, b])',
};

const mendOf = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return EXPECTED[issue.expected] ?? issue.message;
    case 'invalid_value':
      return `use ${oneOf(issue.values.map(String))}`;
    case 'too_big':
      if (issue.origin === 'string') return `use at most ${issue.maximum} characters`;
      return `use at most ${issue.maximum}`;
    case 'too_small':
      if (issue.origin === 'string') return 'write something: it must not be empty';
      if (issue.origin === 'array') return `name at least ${issue.minimum}`;
      return issue.inclusive === false ? `use more than ${issue.minimum}` : `use at least ${issue.minimum}`;
    default:
      return issue.message;
  }
};

export const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let current: unknown = input;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
};
