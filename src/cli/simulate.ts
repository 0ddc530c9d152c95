import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Simulation, Spread, Summary, System, WorkloadName } from '../simulate/index.ts';
import { plural } from './format.ts';
import { examples, wholeNumber } from './options.ts';
import type { Cells } from './output.ts';
import { act, type Cli } from './session.ts';

type Options = {
  readonly seed: number;
  readonly seeds?: readonly number[];
  readonly days: number;
  readonly visitsPerDay: number;
  readonly numbers: readonly number[];
  readonly allocator: keyof typeof ALLOCATORS;
  readonly workload: WorkloadName;
  readonly calls: 'real' | 'direct';
  readonly out?: string;
};

const ALLOCATORS = {
  hybrid: ['gateway'],
  pool: ['lru'],
  hash: ['hash'],
  random: ['random'],
  all: ['gateway', 'hybrid-last', 'lru', 'hash', 'random'],
} as const satisfies Readonly<Record<string, readonly System[]>>;

const MOST_SEEDS = 100;
const MOST_NUMBERS = 200;

/** `1-5`, `1,4,9` or both. */
export const parseSeeds = (text: string): readonly number[] => {
  const seeds = text.split(',').flatMap((part) => {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    if (match === null) throw new InvalidArgumentError('Write them as 1-5 or 1,4,9.');
    const from = Number(match[1]);
    const to = Number(match[2] ?? from);
    if (to < from || to - from >= MOST_SEEDS)
      throw new InvalidArgumentError(`Ask for 1 to ${MOST_SEEDS} seeds, the lower one first.`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(seeds)];
};

const parseNumbers = (text: string): readonly number[] => [
  ...new Set(text.split(',').map((part) => wholeNumber(4, MOST_NUMBERS)(part.trim()))),
];

const percent = (share: number): string => (share * 100).toFixed(1);

/** The mean, and from the worst to the best seed. */
const shareCell = (spread: Spread, seeds: number): string | null => {
  if (spread === null) return null;
  const { mean, least, most } = spread;
  return seeds === 1 ? `${percent(mean)} %` : `${percent(mean)} % [${percent(least)}–${percent(most)}]`;
};

const SOURCES_HEAD = [
  'Numbers',
  'System',
  'Source right',
  "of visits' calls",
  'Strangers left out',
  'Ad visit named',
  'Unattributed',
];
const SURE_HEAD = ['Numbers', 'Calls', 'Brier', 'Off by', 'p ≥ .95', 'of them right'];

const sourceCells = (row: Summary, name: string): Cells => [
  row.numbers,
  name,
  shareCell(row.sourceRight, row.seeds),
  shareCell(row.sourceRightOfVisits, row.seeds),
  shareCell(row.strangersRight, row.seeds),
  shareCell(row.adVisitRight, row.seeds),
  shareCell(row.unattributed, row.seeds),
];

const sureCells = (row: Summary): Cells => [
  row.numbers,
  row.pooled?.calls ?? null,
  row.brier === null ? null : row.brier.mean.toFixed(3),
  // Of all seeds together: over the few calls of one, chance alone puts the bins off.
  row.pooled?.error == null ? null : `${percent(row.pooled.error)} %`,
  shareCell(row.sureShare, row.seeds),
  shareCell(row.sureRight, row.seeds),
];

const printSimulation = (
  { out }: Pick<Cli, 'out'>,
  { options, summaries }: Simulation,
  names: Readonly<Record<System, string>>,
): void => {
  const { days, visitsPerDay, workload, seeds } = options;
  out.line(
    `${out.paint('bold', 'Simulated traffic')}  ${plural(days, 'day')}, ${visitsPerDay} visits a day, ` +
      `${plural(summaries[0]?.calls ?? 0, 'call')}, workload ${workload}, seeds ${seeds.join(', ')}`,
  );
  out.line();
  out.table(
    SOURCES_HEAD,
    summaries.map((row) => sourceCells(row, names[row.system])),
    [0],
  );
  out.line(
    'Source right: of all calls, credited to what brought them; those that no visit led to, to nobody.',
  );
  const gateway = summaries.filter(({ pooled }) => pooled !== null);
  if (gateway.length === 0) return;
  out.line();
  out.line(
    `${out.paint('bold', 'How sure, and how right')}  calls on lent numbers that were matched to a visit`,
  );
  out.table(SURE_HEAD, gateway.map(sureCells), [0, 1]);
  out.line('Off by: distance of the probability that was said from the share that was right, in the mean.');
};

const writeFiles = async (
  directory: string,
  simulation: Simulation,
  plots: Pick<typeof import('../simulate/index.ts'), 'sourcePlot' | 'reliabilityPlot'>,
): Promise<void> => {
  await mkdir(directory, { recursive: true });
  const { summaries } = simulation;
  await writeFile(join(directory, 'accuracy.json'), `${JSON.stringify(simulation, null, 2)}\n`);
  await writeFile(join(directory, 'accuracy-sources.svg'), plots.sourcePlot(summaries));
  const calibrated = summaries.findLast(({ pooled }) => pooled !== null)?.pooled;
  if (calibrated)
    await writeFile(join(directory, 'accuracy-reliability.svg'), plots.reliabilityPlot(calibrated));
};

export const addSimulate = (program: Command, cli: Cli): void => {
  const command = program
    .command('simulate')
    .summary('how often calls are credited rightly, on traffic whose truth is known')
    .description(
      'Makes traffic of a web site with its truth (who came how, who called, and why), sends it through a gateway of its own on ' +
        'a simulated clock, pages by HTTP and calls, and says how often each call was credited to what brought it, beside ' +
        'simpler systems. Touches neither the configuration nor the database. The same seed makes the same traffic. A simulated ' +
        'month takes about a minute.',
    )
    .option('--seed <number>', 'seed of the traffic', wholeNumber(0, 999_999_999), 1)
    .option('--seeds <list>', 'several: 1-5 or 1,4,9', parseSeeds)
    .option('--days <days>', 'length of the traffic', wholeNumber(1, 365), 60)
    .option('--visits-per-day <visits>', 'visits of people, in the mean', wholeNumber(1, 20_000), 600)
    .option(
      '--numbers <list>',
      'tracking numbers, three of them of sources: 12, or 6,12,20',
      parseNumbers,
      [12],
    )
    .addOption(
      new Option('--allocator <name>', 'what gives numbers to visits; only hybrid is the gateway itself')
        .choices(Object.keys(ALLOCATORS))
        .default('all'),
    )
    .addOption(
      new Option('--workload <name>', 'plain: one call a visit and no strangers; ads: more visits by ads')
        .choices(['usual', 'plain', 'ads'])
        .default('usual'),
    )
    .addOption(
      new Option('--calls <how>', 'real: by SIP into a started gateway; direct: written to its call log')
        .choices(['direct', 'real'])
        .default('direct'),
    )
    .option('--out <folder>', 'also write accuracy.json and plots (SVG) there')
    .action(
      act<[Options]>(cli, async (session, options) => {
        // It carries a whole gateway with it.
        const { simulate, sourcePlot, reliabilityPlot, SYSTEM_NAMES } = await import('../simulate/index.ts');
        const simulation = await simulate({
          seeds: options.seeds ?? [options.seed],
          days: options.days,
          visitsPerDay: options.visitsPerDay,
          workload: options.workload,
          numbers: options.numbers,
          systems: ALLOCATORS[options.allocator],
          calls: options.calls,
          onProgress: (words) => cli.out.note(words),
        });
        if (options.out !== undefined)
          await writeFiles(resolve(cli.directory, options.out), simulation, { sourcePlot, reliabilityPlot });
        if (session.json) cli.out.json(simulation);
        else printSimulation(cli, simulation, SYSTEM_NAMES);
      }),
    );
  examples(command, [
    'dialtrace simulate --days 14',
    'dialtrace simulate --seeds 101-105 --numbers 6,12,20,30 --out accuracy',
    'dialtrace simulate --days 2 --calls real --allocator hybrid',
  ]);
};
