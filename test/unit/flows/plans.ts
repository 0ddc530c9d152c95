import {
  type FlowPlan,
  flowSchema,
  type GroupPlan,
  groupSchema,
  type SchedulePlan,
  type StepPlan,
  scheduleSchema,
} from '../../../src/config/index.ts';
import {
  type Advance,
  advanceFlow,
  beginFlow,
  compileFlow,
  type Flow,
  type FlowDefinition,
  type FlowEvent,
  type FlowFacts,
} from '../../../src/flows/index.ts';

/** A step as it is written: what it leaves out has its default. */
export type Written = { readonly do: StepPlan['do'] } & Readonly<Record<string, unknown>>;

/** Sunday, 21:00 in Berlin. */
export const SUNDAY_EVENING = Date.parse('2026-11-22T20:00:00Z');
/** Monday, 10:00 in Berlin. */
export const MONDAY_MORNING = Date.parse('2026-11-23T09:00:00Z');

/** A flow that begins with its first step. */
export const flowPlan = (
  steps: Readonly<Record<string, Written>>,
  rest: Readonly<Record<string, unknown>> = {},
): FlowPlan => ({
  ...flowSchema.parse({ id: 'main', start: Object.keys(steps)[0], steps, ...rest }),
  // Each check of a zone takes milliseconds, and properties make many flows.
  timezone: 'Europe/Berlin',
});

export const groupPlan = (rest: Readonly<Record<string, unknown>> = {}): GroupPlan =>
  groupSchema.parse({ id: 'team', members: [{ line: 'one' }, { user: 'alice' }], ...rest });

export const officeHours = (rest: Readonly<Record<string, unknown>> = {}): SchedulePlan =>
  scheduleSchema.parse({
    id: 'office',
    timezone: 'Europe/Berlin',
    hours: { mon: ['09:00-17:00'], tue: ['09:00-17:00'] },
    holidays: [{ date: '2026-11-24', name: 'Founding Day' }],
    ...rest,
  });

export const definitionOf = (flow: FlowPlan, rest: Partial<FlowDefinition> = {}): FlowDefinition => ({
  flow,
  flows: [],
  groups: [],
  schedules: [],
  ...rest,
});

/** Compiled, with a group and a schedule that its steps may name. */
export const flowOf = (
  steps: Readonly<Record<string, Written>>,
  rest: Readonly<Record<string, unknown>> = {},
): Flow =>
  compileFlow(definitionOf(flowPlan(steps, rest), { groups: [groupPlan()], schedules: [officeHours()] }), 1);

export const callFacts = (rest: Partial<FlowFacts> = {}): FlowFacts => ({
  callId: 'call-1',
  callerKey: 'caller-1',
  callerNumber: '+4930901820',
  country: 'DE',
  area: undefined,
  city: 'Berlin',
  priorCalls: 0,
  lastLine: undefined,
  did: '+493012345',
  source: 'google',
  medium: 'cpc',
  campaign: 'Winter',
  keyword: 'roof repair berlin',
  channel: 'Paid search',
  landing: 'https://example.com/roof?x=1',
  sourceName: 'Google Ads',
  ...rest,
});

/** A call in a flow: what is to be done now, and all that it has passed. */
export type Walk = {
  readonly now: () => Advance;
  readonly path: () => Advance['path'];
  /** Texts of the whole path. */
  readonly texts: () => readonly string[];
  readonly tell: (event: FlowEvent, at?: number) => Advance;
};

export const walk = (flow: Flow, facts: FlowFacts = callFacts(), at = SUNDAY_EVENING): Walk => {
  let advance = beginFlow(flow, facts, at);
  const path = [...advance.path];
  return {
    now: () => advance,
    path: () => path,
    texts: () => path.map(({ text }) => text),
    tell: (event, then = at) => {
      advance = advanceFlow(flow, facts, advance.state, event, then);
      path.push(...advance.path);
      return advance;
    },
  };
};

/** A caller's keys as an answer to a question. */
export const keys = (digits: string): FlowEvent => ({
  type: 'gathered',
  digits,
  by: digits === '' ? 'timeout' : 'full',
});

export const BYE: Written = { do: 'hangup' };
