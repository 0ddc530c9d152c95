import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { FlowPlan } from '../config/index.ts';
import {
  type DrawnPart,
  diffFlows,
  drawFlow,
  drawingSvg,
  drawingText,
  type Finding,
  type FlowDefinition,
  formatFlowDiff,
  impliedFlow,
  lintFlow,
  lintPlan,
  shownDefinition,
} from '../flows/index.ts';
import { findCall } from './calls.ts';
import { Unsuccessful } from './failure.ts';
import {
  addFlowOptions,
  FLOW_WORDS,
  type FlowOptions,
  findFlow,
  flowPlan,
  knownToLint,
} from './flow-input.ts';
import { addFlowReplay } from './flow-replay.ts';
import { addFlowSimulate } from './flow-simulate.ts';
import { formatTime, plural } from './format.ts';
import { addZoneOption, examples } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, type Session } from './session.ts';
import type { Colour } from './style.ts';

type Listed = {
  readonly id: string;
  readonly name: string | null;
  readonly version: number | null;
  readonly steps: number;
  readonly language: string;
  readonly timezone: string;
  readonly numbers: readonly string[];
};

const listed = (flow: FlowPlan, version: number | null, numbers: readonly string[]): Listed => ({
  id: flow.id,
  name: flow.name ?? null,
  version,
  steps: Object.keys(flow.steps).length,
  language: flow.language,
  timezone: flow.timezone,
  numbers,
});

/** Numbers that have no flow run one that rings their lines. */
const implied = (numbers: readonly string[]): readonly Listed[] => {
  const { flow } = impliedFlow([]).definition;
  const name = 'no flow: the lines, one after another';
  return numbers.length === 0 ? [] : [{ ...listed(flow, null, numbers), name }];
};

const listedOfPlan = async (session: Session, file: string | undefined): Promise<readonly Listed[]> => {
  const plan = await flowPlan(session, file);
  const poolFlow = new Map(plan.pools.map((pool) => [pool.id, pool.flow]));
  const flowOf = ({ flow, pool }: (typeof plan.numbers)[number]): string | undefined =>
    flow ?? (pool === undefined ? undefined : poolFlow.get(pool));
  const numbersOf = (id: string | undefined): readonly string[] =>
    plan.numbers.filter((number) => flowOf(number) === id).map(({ number }) => number);
  const flows = plan.flows.map((flow) => listed(flow, null, numbersOf(flow.id)));
  return [...flows, ...implied(numbersOf(undefined))];
};

const listedOfStore = (session: Session): Promise<readonly Listed[]> =>
  session.withStore('read', async (store) => {
    const rows = await store.flows.list();
    const numbers = await store.db.selectFrom('tracking_number').select(['number', 'flow_id']).execute();
    const numbersOf = (id: string | null): readonly string[] =>
      numbers.filter((each) => each.flow_id === id).map(({ number }) => number);
    const flows = rows.map((row) => {
      const { flow } = JSON.parse(row.definition) as FlowDefinition;
      return listed(flow, row.version, numbersOf(flow.id));
    });
    return [...flows, ...implied(numbersOf(null))];
  });

const addList = (group: Command, cli: Cli): void => {
  const command = addFlowOptions(
    group.command('list').description('Flows and the numbers whose calls run them.'),
  ).action(
    act<[FlowOptions]>(cli, async (session, { plan, stored }) => {
      const flows = await (stored === true ? listedOfStore(session) : listedOfPlan(session, plan));
      if (session.json) return session.out.json(flows);
      if (flows.length === 0) return session.out.line('No flows, and no numbers.');
      session.out.table(
        ['Flow', 'Name', 'Version', 'Steps', 'Language', 'Zone', 'Numbers'],
        flows.map((flow) => [
          flow.id,
          flow.name,
          flow.version,
          flow.steps,
          flow.language,
          flow.timezone,
          flow.numbers.length > 3 ? plural(flow.numbers.length, 'number') : flow.numbers.join(', ') || null,
        ]),
        [2, 3],
      );
    }),
  );
  examples(command, ['dialtrace flow list', 'dialtrace flow list --stored --json']);
};

const findings = async (
  session: Session,
  name: string | undefined,
  options: FlowOptions,
): Promise<readonly Finding[]> => {
  const plan =
    options.stored === true || name?.includes('@') ? undefined : await flowPlan(session, options.plan);
  const context = await knownToLint(session, plan);
  if (name !== undefined) return lintFlow((await findFlow(session, name, options)).definition, context);
  if (plan) return lintPlan(plan, context);
  const stored = await session.withStore('read', (store) => store.flows.list());
  return stored.flatMap(({ definition }) => lintFlow(JSON.parse(definition) as FlowDefinition, context));
};

const whereOf = ({ flow, step, group, schedule }: Finding): string => {
  if (group !== undefined) return `group ${group}`;
  if (schedule !== undefined) return `schedule ${schedule}`;
  return step === undefined ? flow : `${flow}, step ${step}`;
};

const printFindings = (out: Output, found: readonly Finding[], errors: number): void => {
  for (const finding of found) {
    const level = finding.level === 'error' ? out.paint('red', 'error  ') : out.paint('yellow', 'warning');
    out.line(`${level}  ${whereOf(finding)}: ${finding.message} ${out.paint('dim', `(${finding.rule})`)}`);
    out.line(`         → ${finding.mend}`);
  }
  const warnings = found.length - errors;
  out.line(
    found.length === 0 ? 'Nothing is wrong.' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`,
  );
};

const addLint = (group: Command, cli: Cli): void => {
  const command = addFlowOptions(
    group
      .command('lint')
      .summary('what is wrong with flows')
      .description(
        'Steps that nothing leads to, circles, dead ends, prompts and lines that are not there, schedules with gaps. ' +
          'Exit code 1 when there are errors; warnings alone are 0.',
      )
      .argument('[flow]', `${FLOW_WORDS} (default: all)`),
  ).action(
    act<[string | undefined, FlowOptions]>(cli, async (session, name, options) => {
      const found = await findings(session, name, options);
      const errors = found.filter(({ level }) => level === 'error').length;
      if (session.json) session.out.json({ errors, warnings: found.length - errors, findings: found });
      else printFindings(session.out, found, errors);
      if (errors > 0) throw new Unsuccessful();
    }),
  );
  examples(command, ['dialtrace flow lint', 'dialtrace flow lint main --plan drafts/autumn.yaml --json']);
};

const PART_COLOURS: Readonly<Record<DrawnPart, Colour | undefined>> = {
  title: 'bold',
  name: 'bold',
  kind: 'cyan',
  words: undefined,
  exit: 'green',
  reference: 'yellow',
  warning: 'red',
  frame: 'dim',
};

const addShow = (group: Command, cli: Cli): void => {
  const command = addFlowOptions(
    group
      .command('show')
      .summary('draw a flow')
      .description('Draws a flow: each step once, its exits with where they lead.')
      .argument('<flow>', FLOW_WORDS),
  )
    .option('--svg <file>', 'write the drawing as SVG; - for standard output')
    .action(
      act<[string, FlowOptions & { svg?: string }]>(cli, async (session, name, options) => {
        const { definition, version, origin } = await findFlow(session, name, options);
        const { out } = session;
        const drawing = drawFlow(definition.flow);
        if (options.svg !== undefined) {
          const svg = drawingSvg(drawing);
          if (options.svg === '-') return out.line(svg.trimEnd());
          await writeFile(resolve(session.directory, options.svg), svg);
          return out.note(`Written: ${options.svg}`);
        }
        if (session.json) {
          const shown = shownDefinition(definition);
          return out.json({ version: version ?? null, definition: shown, drawing });
        }
        const title = `${drawing.title} (${origin})`;
        out.line(
          drawingText({ ...drawing, title }, (part, text) => {
            const colour = PART_COLOURS[part];
            return colour === undefined ? text : out.paint(colour, text);
          }),
        );
      }),
    );
  examples(command, [
    'dialtrace flow show main',
    'dialtrace flow show main@3 --svg main.svg',
    'dialtrace flow show +12025550123',
  ]);
};

const addExplain = (group: Command, cli: Cli): void => {
  const command = addZoneOption(
    group
      .command('explain')
      .description(
        'The way of a call through its flow, step by step. `dialtrace calls explain` has all else of it.',
      ),
  )
    .argument('<call>', 'call id, or "last"')
    .action(
      act<[string, { zone?: string }]>(cli, (session, id, { zone }) =>
        session.withStore('read', async (store) => {
          const { call, steps } = await findCall(store.calls, id);
          const { out } = session;
          if (session.json) {
            const path = steps.map(({ call_id: _, seq: __, next_step: to, at, ...step }) => ({
              ...step,
              to,
              at: new Date(at).toISOString(),
            }));
            return out.json({ call: call.id, flow: call.flow_id, version: call.flow_version, path });
          }
          const version =
            call.flow_version === null ? 'implied by its number' : `version ${call.flow_version}`;
          const flow = call.flow_id === null ? 'no flow' : `flow ${call.flow_id}, ${version}`;
          out.line(`${out.paint('bold', call.id)}  ${formatTime(call.started_at, zone)}  ${flow}`);
          if (steps.length === 0) out.line('No step of it is kept.');
          for (const { at, text } of steps) {
            const after = `+${((at - call.started_at) / 1000).toFixed(1)} s`.padStart(9);
            out.line(`${out.paint('dim', after)}  ${text}`);
          }
        }),
      ),
    );
  examples(command, [
    'dialtrace flow explain last',
    'dialtrace flow explain 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --json',
  ]);
};

const addDiff = (group: Command, cli: Cli): void => {
  const command = addFlowOptions(
    group
      .command('diff')
      .summary('what is different between two versions')
      .description(
        'Steps, groups and schedules that the second has otherwise, more or no longer. One name alone: from the version that ' +
          "calls run to the tracking plan's.",
      )
      .argument('<flow>', FLOW_WORDS)
      .argument('[other]', FLOW_WORDS),
  ).action(
    act<[string, string | undefined, FlowOptions]>(cli, async (session, one, other, options) => {
      if (other === undefined && one.includes('@')) throw new UsageError('Name two versions: main@3 main@4');
      const from = await findFlow(session, one, other === undefined ? { stored: true } : options);
      const to = await findFlow(session, other ?? one, options);
      const changes = diffFlows(shownDefinition(from.definition), shownDefinition(to.definition));
      const { out } = session;
      if (session.json) return out.json({ from: from.version ?? null, to: to.version ?? null, changes });
      if (changes.length === 0) return out.line('They say the same.');
      const marks: Readonly<Record<string, Colour>> = { '+': 'green', '-': 'red', '~': 'yellow' };
      for (const line of formatFlowDiff(changes)) {
        const colour = marks[line.charAt(0)];
        out.line(colour === undefined ? line : out.paint(colour, line));
      }
    }),
  );
  examples(command, ['dialtrace flow diff main', 'dialtrace flow diff main@3 main@4 --json']);
};

export const addFlowCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('flow')
    .summary('what happens to a call, step by step')
    .description(
      'Call flows: draw, check and try them. Flows of the tracking plan file, with --stored those of the database.',
    );
  addList(group, cli);
  addLint(group, cli);
  addShow(group, cli);
  addFlowSimulate(group, cli);
  addExplain(group, cli);
  addDiff(group, cli);
  addFlowReplay(group, cli);
};
