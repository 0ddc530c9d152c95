/** Traffic whose truth is known, sent through a real gateway: how often a call is credited to what brought it. */
export { reliabilityPlot, SYSTEM_NAMES, sourcePlot } from './plots.ts';
export { type Run, type Spread, type Summary, type System, summaries } from './report.ts';
export type { Bin, Reliability, Score } from './score.ts';
export { type Simulation, type SimulationOptions, simulate } from './simulate.ts';
export { createRandom, type WorkloadName } from './traffic/index.ts';
