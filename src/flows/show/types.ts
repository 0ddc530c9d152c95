import type { StepPlan } from '../../config/index.ts';

/** Where an exit leads: to a step, to another flow, to a name that no step has, or to the end of the call. */
export type DrawnTarget =
  | { readonly type: 'step'; readonly name: string }
  | { readonly type: 'flow'; readonly name: string }
  | { readonly type: 'missing'; readonly name: string }
  | { readonly type: 'end' };

/** Exits of a step that lead to one place. */
export type DrawnExit = { readonly labels: readonly string[]; readonly target: DrawnTarget };

export type DrawnStep = {
  readonly name: string;
  readonly kind: StepPlan['do'];
  /** What it does, in few words; empty where its kind says all. */
  readonly words: string;
  readonly exits: readonly DrawnExit[];
};

/** A flow as it is drawn. */
export type Drawing = {
  readonly id: string;
  /** The flow's name, its language and time zone. */
  readonly title: string;
  readonly start: string;
  /** In reading order, beginning with the first; those that nothing leads to come last. */
  readonly steps: readonly DrawnStep[];
  /** Names of steps that nothing leads to. */
  readonly unreached: readonly string[];
};
