import { UsageError } from '../../base/errors.ts';
import { parsePhone } from '../../base/phone.ts';
import type { Flow, FlowFacts } from '../types.ts';
import type { GroupAnswering, Scenario } from './types.ts';

export const ANSWERINGS = [
  'answer',
  'busy',
  'no-answer',
  'rejected',
  'unavailable',
  'full',
  'empty',
] as const satisfies readonly GroupAnswering[];

/** A call as a person describes it. */
export type CallDescription = {
  /** E.164; undefined: withheld. */
  readonly from?: string | undefined;
  readonly did?: string | undefined;
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly keyword?: string | undefined;
  readonly channel?: string | undefined;
  readonly landing?: string | undefined;
  /** The call button that was pressed, and what was chosen there. */
  readonly button?: string | undefined;
  readonly intent?: string | undefined;
  readonly country?: string | undefined;
  readonly area?: string | undefined;
  readonly city?: string | undefined;
  readonly priorCalls?: number | undefined;
  /** Line that answered this caller last. */
  readonly lastLine?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As in {@link Scenario}. */
  readonly keys?: readonly string[] | undefined;
  readonly answers?: Readonly<Record<string, GroupAnswering>> | undefined;
  readonly decisions?: Readonly<Record<string, string>> | undefined;
  readonly patienceMs?: number | undefined;
};

const factsOf = (call: CallDescription): FlowFacts => ({
  callId: 'simulated',
  callerKey: call.from ?? 'simulated',
  callerNumber: call.from,
  country: call.country ?? (call.from === undefined ? undefined : parsePhone(call.from)?.region),
  area: call.area,
  city: call.city,
  priorCalls: call.from === undefined ? undefined : (call.priorCalls ?? 0),
  lastLine: call.lastLine,
  did: call.did,
  source: call.source,
  medium: call.medium,
  campaign: call.campaign,
  keyword: call.keyword,
  channel: call.channel,
  landing: call.landing,
  sourceName: undefined,
  button: call.button,
  intent: call.intent,
});

const rung = (flow: Flow): ReadonlySet<string> => {
  const named = [...flow.steps.values()].flatMap(({ step }) =>
    step.do === 'dial' ? [...(step.lines ?? []), ...(step.users ?? [])] : [],
  );
  const members = [...flow.groups.values()].flatMap(({ id, members: all }) => [
    id,
    ...all.map(({ line, user }) => line ?? user ?? ''),
  ]);
  return new Set([...named, ...members]);
};

/** What is said about somebody or some step that the flow does not have would go unnoticed. */
const checkNames = (flow: Flow, { answers = {}, decisions = {} }: CallDescription): void => {
  const known = rung(flow);
  const stranger = Object.keys(answers).find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new UsageError(`The flow rings no ${stranger}: it rings ${[...known].join(', ') || 'nobody'}`);
  }
  const deciding = [...flow.steps].flatMap(([name, { step }]) => (step.do === 'decide' ? [name] : []));
  const other = Object.keys(decisions).find((name) => !deciding.includes(name));
  if (other !== undefined) {
    throw new UsageError(`There is no decide step ${other}: there are ${deciding.join(', ') || 'none'}`);
  }
};

/**
 * The scenario of a call that a person describes.
 *
 * @throws UsageError when it names somebody whom the flow does not ring, or a step that it does not have
 */
export const scenarioOf = (
  flow: Flow,
  call: CallDescription,
  lineRingMs: Scenario['lineRingMs'] = new Map(),
): Scenario => {
  checkNames(flow, call);
  return {
    facts: factsOf(call),
    at: call.at,
    keys: call.keys ?? [],
    answers: new Map(Object.entries(call.answers ?? {})),
    decisions: new Map(Object.entries(call.decisions ?? {})),
    lineRingMs,
    promptMs: new Map(),
    patienceMs: call.patienceMs,
  };
};
