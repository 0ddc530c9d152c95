import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  reliabilityPlot,
  type Simulation,
  type Spread,
  type Summary,
  SYSTEM_NAMES,
  sourcePlot,
  summaries,
} from '../src/simulate/index.ts';

/**
 * Writes the tables of docs/accuracy.md and its plots from what `dialtrace simulate --out` has written:
 * `npx tsx scripts/make-accuracy.ts FOLDER/accuracy.json …`. Runs of several files on one workload are put together.
 */

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url));

const percent = (share: number): string => (share * 100).toFixed(1);

const cell = (spread: Spread): string =>
  spread === null ? '–' : `${percent(spread.mean)} % [${percent(spread.least)}–${percent(spread.most)}]`;

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const sources = (lines: readonly Summary[]): string =>
  table(
    [
      'numbers',
      'system',
      'source right',
      "of visits' calls",
      'strangers left out',
      'ad visit named',
      'unattributed',
    ],
    lines.map((line) => [
      line.numbers,
      SYSTEM_NAMES[line.system],
      cell(line.sourceRight),
      cell(line.sourceRightOfVisits),
      cell(line.strangersRight),
      cell(line.adVisitRight),
      cell(line.unattributed),
    ]),
  );

const sureness = (lines: readonly Summary[]): string =>
  table(
    ['numbers', 'calls', 'Brier', 'off by', 'p ≥ .95', 'of them right'],
    lines.map((line) => [
      line.numbers,
      line.pooled?.calls ?? 0,
      line.brier === null ? '–' : line.brier.mean.toFixed(3),
      line.pooled?.error == null ? '–' : `${percent(line.pooled.error)} %`,
      cell(line.sureShare),
      cell(line.sureRight),
    ]),
  );

/** What the tables are made of, so that the page says no more than was run. */
const caption = (workload: string): string => {
  const chosen = files.filter(({ options }) => options.workload === workload).map(({ options }) => options);
  const all = (values: readonly number[]): string =>
    [...new Set(values)].toSorted((a, b) => a - b).join(', ');
  return (
    `${all(chosen.map(({ days }) => days))} days, ${all(chosen.map(({ visitsPerDay }) => visitsPerDay))} visits a day, ` +
    `seeds ${all(chosen.flatMap(({ seeds }) => seeds))}: mean [worst–best].`
  );
};

/** What stands between two marks of the document. */
const put = (text: string, mark: string, words: string): string => {
  const pattern = new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*?(<!-- /${mark} -->)`);
  if (!pattern.test(text)) throw new Error(`docs/accuracy.md has no mark ${mark}`);
  return text.replace(pattern, (_, start: string, end: string) => `${start}\n${words}\n\n${end}`);
};

const files = await Promise.all(
  process.argv.slice(2).map(async (path) => JSON.parse(await readFile(path, 'utf8')) as Simulation),
);
const ofWorkload = (workload: string): readonly Summary[] =>
  summaries(
    files.filter(({ options }) => options.workload === workload).flatMap(({ runs }) => runs),
  ).toSorted((a, b) => a.numbers - b.numbers);

let text = await readFile(join(DOCS, 'accuracy.md'), 'utf8');
for (const workload of ['usual', 'plain', 'ads']) {
  const lines = ofWorkload(workload);
  if (lines.length === 0) continue;
  const calibrated = lines.filter(({ pooled }) => pooled !== null);
  text = put(text, workload, `${caption(workload)}\n\n${sources(lines)}\n\n${sureness(calibrated)}`);
  if (workload !== 'usual') continue;
  await writeFile(join(DOCS, 'images/accuracy-sources.svg'), sourcePlot(lines));
  const pooled = calibrated.find(({ numbers }) => numbers === 12)?.pooled ?? calibrated[0]?.pooled;
  if (pooled) await writeFile(join(DOCS, 'images/accuracy-reliability.svg'), reliabilityPlot(pooled));
}
await writeFile(join(DOCS, 'accuracy.md'), text);
