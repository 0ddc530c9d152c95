import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type IFlattenedRuleSet, type IModule } from 'dependency-cruiser';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAXIMUM_LINES = 400;
const USUAL_LINES = 300;
const EMPTY_NAMES = /(?:^|[-._])(?:utils?|utilities|helpers?|managers?|services?)(?:[-._]|$)/i;

type RuleFile = { readonly forbidden: IFlattenedRuleSet['forbidden']; readonly options: object };
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as RuleFile;

/** Paths below `folder`, relative to `root`, of the TypeScript files that people write. */
const sourceFiles = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

const importsOf = async (root: string): Promise<{ modules: readonly IModule[]; problems: string[] }> => {
  const { output } = await cruise(['src'], {
    ...options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: forbidden ?? [] },
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser reported in words');
  return {
    modules: output.modules,
    problems: output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort(),
  };
};

/** The folder of src/ that a file belongs to, or undefined outside and for files of src/ itself. */
const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

/** Circles of whole folders, which no circle of files need cause: a → b by one file, b → a by another. */
const folderCircles = (modules: readonly IModule[]): string[] => {
  const edges = new Set<string>();
  for (const { source, dependencies } of modules) {
    const from = folderOf(source);
    for (const { resolved } of dependencies) {
      const to = folderOf(resolved);
      if (from && to && from !== to) edges.add(`${from} ${to}`);
    }
  }
  const next = (folder: string): string[] =>
    [...edges].flatMap((edge) => (edge.startsWith(`${folder} `) ? edge.slice(folder.length + 1) : []));
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    next(from).some(
      (folder) => folder === goal || (!seen.has(folder) && reaches(folder, goal, seen.add(folder))),
    );
  return [...new Set(modules.flatMap(({ source }) => folderOf(source) ?? []))]
    .filter((folder) => reaches(folder, folder, new Set()))
    .sort();
};

/** Inside a folder, a sub-folder that has an index.ts is that file from outside, or its types.ts for types. */
const innerFaces = (modules: readonly IModule[]): string[] => {
  const files = new Set(modules.map(({ source }) => source));
  /** The outermost sub-folder with a face that `path` lies in and `from` does not. */
  const faced = (from: string, path: string): string | undefined => {
    const parts = path.split('/');
    const folders = parts.slice(2, -1).map((_, depth) => parts.slice(0, depth + 3).join('/'));
    return folders.find((folder) => !from.startsWith(`${folder}/`) && files.has(`${folder}/index.ts`));
  };
  return modules.flatMap(({ source, dependencies }) =>
    dependencies.flatMap(({ resolved }) => {
      if (folderOf(source) === undefined || folderOf(source) !== folderOf(resolved)) return [];
      const folder = faced(source, resolved);
      const isFace =
        folder === undefined || resolved === `${folder}/index.ts` || resolved === `${folder}/types.ts`;
      return isFace ? [] : [`${source} → ${resolved}`];
    }),
  );
};

const hasDefaultModifier = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);

const isDefaultExport = (node: ts.Node): boolean =>
  ts.isExportAssignment(node) ||
  hasDefaultModifier(node) ||
  (ts.isExportSpecifier(node) && node.name.text === 'default');

/** What one file's text has against it. */
const textProblems = (path: string, text: string): string[] => {
  const problems = new Set<string>();
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, false);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) problems.add(`any: ${path}`);
    if (isDefaultExport(node)) problems.add(`default export: ${path}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (
    relative('src', path)
      .split('/')
      .some((part) => EMPTY_NAMES.test(part.replace(/\.tsx?$/, '')))
  )
    problems.add(`name: ${path}`);
  return [...problems];
};

const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

const fileProblems = (root: string, folders: readonly string[]): string[] =>
  folders
    .flatMap((folder) => sourceFiles(root, folder))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      const long = path.startsWith('src/') && lineCount(text) > MAXIMUM_LINES;
      return [...textProblems(path, text), ...(long ? [`${lineCount(text)} lines: ${path}`] : [])];
    });

describe('the house', () => {
  it('keeps its floors, faces and neighbours', async () => {
    const { modules, problems } = await importsOf(ROOT);
    expect(modules.length).toBeGreaterThan(50);
    expect(problems).toEqual([]);
    expect(innerFaces(modules)).toEqual([]);
    expect(folderCircles(modules)).toEqual([]);
  }, 120_000);

  it('has short files with telling names, and neither `any` nor default exports', () => {
    expect(fileProblems(ROOT, ['src'])).toEqual([]);
    const long = sourceFiles(ROOT, 'src').filter(
      (path) => lineCount(readFileSync(join(ROOT, path), 'utf8')) > USUAL_LINES,
    );
    if (long.length > 0)
      process.stderr.write(`over ${USUAL_LINES} lines, consider two files: ${long.join(', ')}\n`);
  });
});

/** A house that breaks each rule once. */
const BROKEN: Readonly<Record<string, string>> = {
  'base/ids.ts': "import { call } from '../calls/index.ts';\nexport const id = call;\n",
  'base/phone-utils.ts': 'export const x = 1;\n',
  'base/long.ts': `${'export {};\n'.repeat(MAXIMUM_LINES + 1)}`,
  'base/loose.ts': 'export const f = (x: any): unknown => x;\n',
  'base/default.ts': 'const x = 1;\nexport default x;\n',
  'base/renamed.ts': 'const x = 1;\nexport { x as default };\n',
  'calls/index.ts': "export { call } from './call.ts';\nexport { leg } from './legs/leg.ts';\n",
  'calls/call.ts': "import type { Part } from './part.ts';\nexport const call: Part = 1;\n",
  'calls/part.ts': "import { call } from './call.ts';\nexport type Part = typeof call | number;\n",
  'calls/legs/leg.ts': "import { ear } from '../ears/ear.ts';\nexport const leg = ear;\n",
  'calls/ears/ear.ts': 'export const ear = 1;\n',
  'calls/ears/index.ts': "export { ear } from './ear.ts';\n",
  'sip/index.ts': "import { frame } from '../media/frame.ts';\nexport const sip = frame;\n",
  'media/index.ts': "export { sip } from '../sip/index.ts';\n",
  'media/frame.ts': "import { nowhere } from './nowhere.ts';\nexport const frame = nowhere;\n",
  'sip-engine/index.ts': "import { sdp } from '../sdp/index.ts';\nexport const engine = sdp;\n",
  'sdp/index.ts': 'export const sdp = 1;\n',
  'cli/main.ts': "import { engine } from '../sip-engine/index.ts';\nexport const cli = engine;\n",
  'gateway.ts': "import { frame } from './media/frame.ts';\nexport const gateway = frame;\n",
  'web/index.ts': "import { call } from '../calls/index.ts';\nexport const web = call;\n",
  'attic/index.ts': "import { web } from '../web/index.ts';\nexport const attic = web;\n",
  'store/index.ts':
    "import { expect } from 'vitest';\nimport { y } from '../../test/y.ts';\nexport const store = [expect, y];\n",
};

describe('the rules', () => {
  const root = mkdtempSync(join(tmpdir(), 'dialtrace-house-'));
  afterAll(() => rmSync(root, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  beforeAll(() => {
    for (const [path, text] of Object.entries(BROKEN)) write(join('src', path), text);
    write('test/y.ts', 'export const y = 1;\n');
    write('package.json', '{ "devDependencies": { "vitest": "*" } }');
    write('node_modules/vitest/package.json', '{ "name": "vitest", "main": "index.js" }');
    write('node_modules/vitest/index.js', 'exports.expect = 1;');
  });

  it('find every import that breaks one', async () => {
    const { modules, problems } = await importsOf(root);
    expect(problems).toEqual([
      'face-for-root: src/gateway.ts → src/media/frame.ts',
      'face: src/sip/index.ts → src/media/frame.ts',
      'floor-0: src/base/ids.ts → src/calls/index.ts',
      'known-folder: src/attic/index.ts → src/web/index.ts',
      'no-circle: src/calls/call.ts → src/calls/part.ts',
      'no-development-package: src/store/index.ts → node_modules/vitest/index.js',
      'no-test-code: src/store/index.ts → test/y.ts',
      'nothing-imports-web: src/attic/index.ts → src/web/index.ts',
      'resolvable: src/media/frame.ts → ./nowhere.ts',
      'sip-engine-by-sip-only: src/cli/main.ts → src/sip-engine/index.ts',
      'sip-engine-stands-alone: src/sip-engine/index.ts → src/sdp/index.ts',
      'web-stands-alone: src/web/index.ts → src/calls/index.ts',
    ]);
    expect(innerFaces(modules)).toEqual(['src/calls/legs/leg.ts → src/calls/ears/ear.ts']);
    expect(folderCircles(modules)).toEqual(['media', 'sip']);
  }, 60_000);

  it('find every file that breaks one', () => {
    expect(fileProblems(root, ['src', 'test'])).toEqual([
      'default export: src/base/default.ts',
      `${MAXIMUM_LINES + 1} lines: src/base/long.ts`,
      'any: src/base/loose.ts',
      'name: src/base/phone-utils.ts',
      'default export: src/base/renamed.ts',
    ]);
  });
});
