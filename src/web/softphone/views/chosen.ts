import type { Call, PhoneState } from '../contract.ts';

/** Rings here and waits for an answer. */
const isRinging = (call: Call): boolean => call.direction === 'in' && call.phase === 'ringing';

export const ringingCalls = (calls: readonly Call[]): readonly Call[] => calls.filter(isRinging);

/** Calls that were answered or placed. */
export const ownCalls = (calls: readonly Call[]): readonly Call[] => calls.filter((call) => !isRinging(call));

/** How much a call wants to be the one in view. */
const RANK: Readonly<Record<Call['phase'], number>> = {
  talking: 0,
  answering: 1,
  calling: 1,
  resuming: 2,
  ringing: 3,
  held: 4,
  ended: 5,
};

/** The call in view: one that is under way goes before one on hold, and that before one that has ended. */
export const openCall = (calls: readonly Call[]): Call | undefined =>
  [...ownCalls(calls)].sort((a, b) => RANK[a.phase] - RANK[b.phase])[0];

/** The call whose story matters: while somebody is asked about a call, that one's. */
export const storyCall = (calls: readonly Call[], open: Call | undefined): Call | undefined =>
  calls.find(({ key }) => key === open?.consultsFor) ?? open;

export type Stage = 'incoming' | 'call' | 'wrap-up' | 'dial';

/** What the phone's own column shows. */
export const stageOf = (state: PhoneState, dialling: boolean): Stage => {
  const call = openCall(state.calls);
  if (dialling && call) return 'dial';
  // The moment after a call belongs to its wrap-up.
  if (call && !(call.phase === 'ended' && (state.wrapUp || ringingCalls(state.calls).length > 0)))
    return 'call';
  // What is being written stays in view; what rings lies over the page.
  if (state.wrapUp) return 'wrap-up';
  return ringingCalls(state.calls).length > 0 ? 'incoming' : 'dial';
};

const sameCall = (a: Call, b: Call): boolean =>
  (Object.keys(a) as (keyof Call)[]).every(
    (key) => key === 'levels' || key === 'quality' || Object.is(a[key], b[key]),
  );

/** Equal but for sound levels and quality, which change all the time and which few views show. */
export const sameCalls = (a: readonly Call[], b: readonly Call[]): boolean =>
  a.length === b.length &&
  a.every((call, index) => {
    const other = b[index];
    return other !== undefined && (call === other || sameCall(call, other));
  });

/** The same for all of the state. */
export const sameState = (a: PhoneState, b: PhoneState): boolean =>
  (Object.keys(a) as (keyof PhoneState)[]).every((key) => {
    if (key === 'testLevel') return (a.testLevel === undefined) === (b.testLevel === undefined);
    return key === 'calls' ? sameCalls(a.calls, b.calls) : Object.is(a[key], b[key]);
  });
