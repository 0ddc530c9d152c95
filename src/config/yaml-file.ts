import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLError } from 'yaml';
import { errorCode, errorMessage, type Problem, UsageError } from '../base/errors.ts';
import { type JsonSchema, wantsText } from './json-schema.ts';

/** @throws UsageError when the file can't be read */
export const readText = (path: string, mend: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT';
    const message = missing ? 'there is no such file' : errorMessage(error);
    throw new UsageError(`${path} can't be read: ${message}`, [
      { path: '', message, mend: missing ? mend : 'make it a file that this user may read' },
    ]);
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
  const parsed = parseAllDocuments(text, { uniqueKeys: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  const problems = documents.flatMap((document) => document.errors.map(syntaxProblem));
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
    throw new UsageError(`${name} is no valid YAML`, [{ path: '', message: errorMessage(error) }]);
  }
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
