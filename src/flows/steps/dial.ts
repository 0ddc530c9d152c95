import type { StepOf } from '../../config/index.ts';
import type { DialFailure, FlowAction, FlowEvent, Leave, StepContext, StepKind } from '../types.ts';
import { countWords, failureWords, reasonWords } from '../words.ts';

/** Who answered a caller within this time is rung first where a step wants that: 30 days, in milliseconds. */
export const STICKY_MS = 30 * 86_400_000;

type DialAction = Extract<FlowAction, { type: 'dial' }>;

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** Who is rung and how, as the group says where the step does not. */
const whom = (
  step: StepOf<'dial'>,
  { flow, here }: StepContext,
): Pick<DialAction, 'targets' | 'turnKey' | 'strategy' | 'ringMs'> => {
  const group = step.group === undefined ? undefined : flow.groups.get(step.group);
  if (group)
    return {
      targets: { type: 'group', group, skills: step.skills ?? [] },
      turnKey: `group/${group.id}`,
      strategy: step.strategy ?? group.strategy,
      ringMs: milliseconds(step.ringSeconds ?? group.ringSeconds),
    };
  return {
    targets: { type: 'lines', lines: step.lines ?? [], users: step.users ?? [] },
    turnKey: `step/${here.flow.id}/${here.name.slice(here.name.indexOf('/') + 1)}`,
    strategy: step.strategy ?? 'sequential',
    ringMs: milliseconds(step.ringSeconds),
  };
};

/** Who answered before is rung only while the step would ring them anyway. */
const firstOf = (step: StepOf<'dial'>, { facts }: StepContext, { targets }: Pick<DialAction, 'targets'>) => {
  const last = facts.lastLine;
  if (!step.sticky || last === undefined) return undefined;
  const names =
    targets.type === 'lines'
      ? [...targets.lines, ...targets.users]
      : targets.group.members.map(({ line, user }) => line ?? user);
  return names.includes(last) ? last : undefined;
};

const failureOf = (event: FlowEvent): DialFailure => (event.type === 'not-reached' ? event.why : 'failed');

const text = (event: FlowEvent): string => {
  if (event.type === 'not-reached')
    return `${failureWords(event.why)} (${event.tried === 0 ? 'none' : countWords(event.tried, 'target')} rung)`;
  return event.type === 'failed' ? `it failed (${reasonWords(event.reason)})` : failureWords('failed');
};

const exitOf = (step: StepOf<'dial'>, why: DialFailure): Pick<Leave, 'exit' | 'to'> => {
  if (why === 'busy' && step.busy !== undefined) return { exit: 'busy', to: step.busy };
  if (why === 'unavailable' && step.unavailable !== undefined)
    return { exit: 'unavailable', to: step.unavailable };
  return { exit: 'next', to: step.next };
};

/** Rings lines, users or a group. The conversation is the end of the flow; what follows is for when nobody answered. */
export const dial: StepKind<'dial'> = {
  exits: ({ next, busy, unavailable }) => [
    ['next', next],
    ...(busy === undefined ? [] : [['busy', busy] as const]),
    ...(unavailable === undefined ? [] : [['unavailable', unavailable] as const]),
  ],
  retarget: (step, names) => ({
    ...step,
    next: step.next && names.step(step.next),
    busy: step.busy && names.step(step.busy),
    unavailable: step.unavailable && names.step(step.unavailable),
  }),
  enter: (step, context) => {
    const rung = whom(step, context);
    return {
      type: 'do',
      action: {
        type: 'dial',
        ...rung,
        maxMs: milliseconds(step.maxSeconds),
        first: firstOf(step, context, rung),
        accept: step.accept,
        whisper: step.whisper,
        hear: step.hear,
      },
    };
  },
  resume: (step, _context, event) => {
    const why = failureOf(event);
    return {
      type: 'leave',
      ...exitOf(step, why),
      input: why,
      text: text(event),
      state: { lastFailure: why },
    };
  },
};
