import { readFileSync, statSync } from 'node:fs';
import { isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLError } from 'yaml';
import { errorCode, errorMessage, type Problem, UsageError } from '../base/errors.ts';
import { type JsonSchema, wantsText } from './json-schema.ts';

/** Bytes of the largest file that is read: ten times a plan of 10,000 numbers. */
const LARGEST = 16 * 1024 * 1024;

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

/** The file's text. @throws UsageError when it can't be read, or is no text in UTF-8 */
export const readText = (path: string, mend: string): string => {
  const refuse = (message: string, otherwise: string): never => {
    throw new UsageError(`${path} can't be read`, [{ path: '', message, mend: otherwise }]);
  };
  try {
    const { size } = statSync(path);
    if (size > LARGEST)
      return refuse(`it has ${size} bytes, and ${LARGEST} are the most`, 'name the right file');
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = errorCode(error) ?? '';
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return refuse('it is no text in UTF-8', 'save it as UTF-8');
    return refuse(
      WORDS[code] ?? errorMessage(error),
      code === 'ENOENT' ? mend : 'make it a file that this user may read',
    );
  }
};

/**
 * Reads YAML 1.2 text into plain values. Where the schema wants text, an unquoted number keeps the digits that were written:
 * `+12025550123` and `0049` stay what they are.
 *
 * @param name how messages call the text: the file's path
 * @throws UsageError with line and column of every syntax error
 */
export const parseYaml = (text: string, name: string, schema: JsonSchema): unknown => {
  // Merge keys (`<<: *anchor`) are no part of YAML 1.2, but everybody's habit. Warnings would be printed.
  const parsed = parseAllDocuments(text, { uniqueKeys: true, merge: true, logLevel: 'error' });
  const documents = Array.isArray(parsed) ? parsed : [];
  const problems = [
    ...controlCharacters(text),
    ...documents.flatMap((document) => document.errors.map(syntaxProblem)),
  ];
  if (problems.length > 0) throw new UsageError(`${name} is no valid YAML`, problems);
  if (documents.length > 1) {
    throw new UsageError(`${name} holds ${documents.length} YAML documents`, [
      {
        path: '',
        message: `${documents.length} documents found`,
        mend: 'keep one, without `---` between parts',
      },
    ]);
  }
  const document = documents[0];
  if (!document) return {};
  keepDigits(document.contents, [], schema);
  return toValues(() => document.toJS({ maxAliasCount: 100 }), name) ?? {};
};

const toValues = (convert: () => unknown, name: string): unknown => {
  try {
    return convert();
  } catch (error) {
    const mend = 'quote a text that begins with *, and write out what is repeated too often';
    throw new UsageError(`${name} is no valid YAML`, [{ path: '', message: errorMessage(error), mend }]);
  }
};

/** Characters that YAML does not allow (1.2.2, 5.1); they come of binary files and of broken editors. */
const controlCharacters = (text: string): readonly Problem[] => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const at = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text)?.index;
  if (at === undefined) return [];
  const line = text.slice(0, at).split('\n').length;
  const code = text.charCodeAt(at).toString(16).padStart(4, '0');
  return [
    {
      path: '',
      message: `line ${line}: control character U+${code}`,
      mend: 'remove it; this file must be text',
    },
  ];
};

const MENDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces, not tabs',
  DUPLICATE_KEY: 'keep one of the two',
  MULTILINE_IMPLICIT_KEY: 'check the colons and quotes of this line and the one before',
  MISSING_CHAR: 'close the quote or bracket',
  BAD_INDENT: 'line it up with the fields beside it',
};

const syntaxProblem = (error: YAMLError): Problem => {
  const [at] = error.linePos ?? [];
  const message = (error.message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  const position = at ? `line ${at.line}, column ${at.col}: ` : '';
  return {
    path: '',
    message: `${position}${message}`,
    mend: MENDS[error.code] ?? 'check indentation, quotes and colons there',
  };
};

const keepDigits = (node: unknown, path: readonly PropertyKey[], schema: JsonSchema): void => {
  if (isScalar(node)) {
    if (typeof node.value === 'number' && node.source !== undefined && wantsText(schema, path))
      node.value = node.source;
    return;
  }
  if (isSeq(node)) {
    node.items.forEach((item, index) => {
      keepDigits(item, [...path, index], schema);
    });
    return;
  }
  if (!isMap<Node, Node | null>(node)) return;
  for (const { key, value } of node.items) {
    if (isScalar(key)) keepDigits(value, [...path, String(key.value)], schema);
  }
};
