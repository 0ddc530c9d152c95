/** Call flows: what a version of a flow decides for a call, step by step, pure. */
export * from './areas/index.ts';
export { closeDefinition, definitionDigest, type FlowPlans, type FlowUse, usedBy } from './close.ts';
export { compileFlow, impliedFlow } from './compile.ts';
export { diffFlows, type FlowChange, formatFlowDiff } from './diff/index.ts';
export { advanceFlow, beginFlow, MOST_STEPS } from './interpret.ts';
export { lintFlow, lintPlan } from './lint/index.ts';
export type { Finding, LintContext, LintLine, LintRule } from './lint/types.ts';
export { type PastCall, type Replay, readPastCalls, replayCalls } from './replay/index.ts';
export * from './ring/index.ts';
export * from './schedule/index.ts';
export { type DrawnPart, drawFlow, drawingSvg, drawingText } from './show/index.ts';
export { shownDefinition } from './shown.ts';
export {
  ANSWERINGS,
  type CallDescription,
  type Ending,
  type ManySimulated,
  type Simulation,
  scenarioOf,
  simulateCall,
  simulateMany,
} from './simulate/index.ts';
export { soundsOf } from './sounds.ts';
export { exitsOf, hasAgreed, STICKY_MS, waitsForCaller } from './steps/index.ts';
export { keptFlow, lintContext, lintLines, promptLanguages } from './stored/index.ts';
export { templateValues } from './templates.ts';
export type {
  Advance,
  DialFailure,
  Exit,
  Flow,
  FlowAction,
  FlowDefinition,
  FlowEvent,
  FlowFacts,
  FlowState,
  FlowStep,
  Hear,
  PathEntry,
  RouteCase,
  Targets,
} from './types.ts';
export { explainPath, failureWords, kindName } from './words.ts';
