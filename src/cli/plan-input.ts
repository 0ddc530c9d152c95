import { UsageError } from '../base/errors.ts';
import {
  type GatewayConfig,
  loadTrackingPlan,
  type PlanContext,
  type TrackingPlan,
} from '../config/index.ts';
import { type Finding, lintLines, lintPlan } from '../flows/index.ts';
import { homeRegion } from './session.ts';

/** What a tracking plan may refer to in this configuration. */
export const planContext = (config: GatewayConfig): PlanContext => ({
  trunkIds: config.trunks.map((trunk) => trunk.id),
  defaultRegion: homeRegion(config),
});

/** What lint finds in the flows of a plan; users and prompts are not looked up. */
export const lintOf = (config: GatewayConfig, plan: TrackingPlan): readonly Finding[] =>
  lintPlan(plan, { lines: lintLines(plan.lines, planContext(config).trunkIds) });

const placeOf = ({ flow, step, group, schedule }: Finding): string => {
  if (group !== undefined) return `groups.${group}`;
  if (schedule !== undefined) return `schedules.${schedule}`;
  return step === undefined ? `flows.${flow}` : `flows.${flow}.steps.${step}`;
};

/** What was found, for people. */
export const findingWords = (finding: Finding): string =>
  `${placeOf(finding)}: ${finding.message}; ${finding.mend}`;

/** The tracking plan of the configuration, or of another file. @throws UsageError with every problem of it */
export const readPlan = (config: GatewayConfig, path: string = config.trackingPlan): TrackingPlan =>
  loadTrackingPlan(path, planContext(config));

/** `readPlan` for a plan that calls are to run. @throws UsageError also when its flows can't do what they say */
export const readSoundPlan = (config: GatewayConfig, path: string = config.trackingPlan): TrackingPlan => {
  const plan = readPlan(config, path);
  const problems = lintOf(config, plan)
    .filter(({ level }) => level === 'error')
    .map((finding) => ({ path: placeOf(finding), message: finding.message, mend: finding.mend }));
  if (problems.length > 0) throw new UsageError(`${path} has flows that can not work`, problems);
  return plan;
};
