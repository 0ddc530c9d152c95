import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { parsePhone } from '../base/phone.ts';
import type { FlowPlan, TrackingPlan } from '../config/index.ts';
import {
  closeDefinition,
  compileFlow,
  type Flow,
  type FlowDefinition,
  impliedFlow,
  keptFlow,
  type LintContext,
  lintContext,
  lintLines,
  promptLanguages,
  scheduleInForce,
} from '../flows/index.ts';
import type { Prompt } from '../prompts/index.ts';
import type { Store } from '../store/index.ts';
import { readPlan } from './plan-input.ts';
import { openPrompts } from './prompt-library.ts';
import { homeRegion, isMissing, type Session } from './session.ts';

export type FlowOptions = {
  readonly plan?: string;
  readonly stored?: boolean;
};

/** A flow with what is known beside it. */
export type FoundFlow = {
  readonly definition: FlowDefinition;
  /** @throws FailureError when it can't be run: `dialtrace flow lint` tells what is wrong */
  readonly flow: () => Flow;
  /** Undefined: of the plan file. */
  readonly version: number | undefined;
  /** Where it comes from, for people. */
  readonly origin: string;
  readonly lineRingMs: ReadonlyMap<string, number>;
};

/** How a flow is named. */
export const FLOW_WORDS = "a flow's id, `id@3` for version 3 of the database, or a tracking number";

/** `--plan` and `--stored`. */
export const addFlowOptions = (command: Command): Command =>
  command
    .option('--plan <file>', 'flows of this tracking plan (default: the one that `trackingPlan` names)')
    .option('--stored', 'flows of the database: the versions that calls run');

/** The tracking plan with the imported events of calendars, where there is a database that has them. */
export const flowPlan = async (session: Session, file: string | undefined): Promise<TrackingPlan> => {
  const config = session.config();
  const plan = readPlan(config, file === undefined ? undefined : resolve(session.directory, file));
  const named = plan.schedules.some(({ calendars }) => calendars.length > 0);
  if (!named || (await isMissing(config.database.path))) return plan;
  return session.withStore('read', (store) =>
    store.exclusively((open) => ({
      ...plan,
      schedules: plan.schedules.map((schedule) => scheduleInForce(open, schedule).schedule),
    })),
  );
};

const none = (id: string, flows: readonly Pick<FlowPlan, 'id'>[]): UsageError => {
  const known = flows.map((flow) => flow.id).join(', ');
  return new UsageError(
    known === '' ? 'The tracking plan has no flows' : `There is no flow ${id}: there are ${known}`,
  );
};

/** The flow that calls on a number run: its own, its pool's, or the implied one of its lines. */
const flowOfNumber = (plan: TrackingPlan, e164: string): FlowDefinition => {
  const number = plan.numbers.find((each) => each.number === e164);
  if (!number) throw new UsageError(`There is no number ${e164} in the tracking plan`);
  const pool = plan.pools.find(({ id }) => id === number.pool);
  const id = number.flow ?? pool?.flow;
  if (id !== undefined) return closeDefinition(id, plan);
  return impliedFlow(number.lines ?? pool?.lines ?? []).definition;
};

const ofPlan = async (session: Session, id: string, file: string | undefined): Promise<FoundFlow> => {
  const plan = await flowPlan(session, file);
  const number = id.startsWith('+') ? parsePhone(id, homeRegion(session.config())) : undefined;
  if (number === undefined && !plan.flows.some((flow) => flow.id === id)) throw none(id, plan.flows);
  const definition = number ? flowOfNumber(plan, number.e164) : closeDefinition(id, plan);
  return {
    definition,
    flow: () => compileFlow(definition),
    version: undefined,
    origin: number && definition.flow.id === 'implied' ? `implied by ${number.e164}` : 'tracking plan',
    lineRingMs: new Map(plan.lines.map((line) => [line.id, line.ringTimeoutSeconds * 1000])),
  };
};

/** How long lines ring that the database knows. */
export const storedRingMs = async ({ db }: Pick<Store, 'db'>): Promise<ReadonlyMap<string, number>> => {
  const lines = await db.selectFrom('line').select(['id', 'ring_timeout_s']).execute();
  return new Map(lines.map((line) => [line.id, line.ring_timeout_s * 1000]));
};

const ofStore = (session: Session, id: string, version: number | undefined): Promise<FoundFlow> =>
  session.withStore('read', async (store) => {
    const kept = await keptFlow(store.flows, id, version);
    return {
      definition: kept.definition,
      flow: () => kept.flow,
      version: kept.version,
      origin: `version ${kept.version}`,
      lineRingMs: await storedRingMs(store),
    };
  });

/** A flow's id with the version behind an @, if there is one. */
const readName = (name: string): { id: string; version: number | undefined } => {
  const [, id = name, version] = /^(.+)@(\d{1,9})$/.exec(name) ?? [];
  return { id, version: version === undefined ? undefined : Number(version) };
};

/**
 * The flow that a person names: `main` of the plan file, `main@3` of the database, or the telephone number whose calls run it.
 *
 * @throws UsageError when there is none
 */
export const findFlow = (session: Session, name: string, options: FlowOptions): Promise<FoundFlow> => {
  const { id, version } = readName(name);
  const stored = options.stored === true || version !== undefined;
  return stored ? ofStore(session, id, version) : ofPlan(session, id, options.plan);
};

const promptsOf = async (session: Session, store: Store): Promise<readonly Prompt[]> => {
  const library = openPrompts(session, store);
  return library.list().finally(() => library.close());
};

/**
 * What flows may refer to: lines of the plan or of the database, users and prompts of the database. Without a database those
 * are not checked.
 *
 * @param plan undefined: of the database
 */
export const knownToLint = async (session: Session, plan: TrackingPlan | undefined): Promise<LintContext> => {
  const config = session.config();
  const trunkIds = config.trunks.map(({ id }) => id);
  const own = plan && lintLines(plan.lines, trunkIds);
  if (await isMissing(config.database.path)) return { lines: own };
  return session.withStore('read', async (store) => {
    const prompts = await promptsOf(session, store);
    const known = await lintContext(store, { trunkIds, prompts });
    return { ...known, lines: own ?? known.lines, prompts: promptLanguages(prompts) };
  });
};
