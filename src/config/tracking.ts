import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { parsePhone, type Region } from '../base/phone.ts';
import { jsonSchema } from './json-schema.ts';
import { problemsOf } from './problems.ts';
import type { SitePlan } from './site-schema.ts';
import { type PlanContext, planProblems, rightParts } from './tracking-checks.ts';
import { type TrackingPlan, trackingPlanSchema } from './tracking-schema.ts';
import { countOf } from './wording.ts';
import { parseYaml, readText } from './yaml-file.ts';

/**
 * Reads `tracking.yaml`. All numbers of the returned plan are E.164.
 *
 * @throws UsageError with every problem found, references between the parts included
 */
export const loadTrackingPlan = (path: string, context: PlanContext): TrackingPlan => {
  const file = resolve(path);
  const text = readText(file, 'copy config/tracking.example.yaml to it, or name another file');
  const values = parseYaml(text, file, jsonSchema('tracking'));
  if (isEmpty(values)) {
    // A shell that fails to fill the file leaves it so: `dialtrace export > tracking.yaml`.
    throw new UsageError(`${file} is empty`, [
      {
        path: '',
        message: 'to apply it would remove everything',
        mend: 'if that is meant, write `numbers: []`',
      },
    ]);
  }
  return parseTrackingPlan(values, context, file);
};

const isEmpty = (values: unknown): boolean =>
  typeof values === 'object' && values !== null && Object.keys(values).length === 0;

/**
 * Checks a plan given as plain values.
 *
 * @param name how the error calls it: the file's path, or what the user asked for
 * @throws UsageError with every problem found
 */
export const parseTrackingPlan = (
  values: unknown,
  context: PlanContext,
  name = 'the tracking plan',
): TrackingPlan => {
  const result = trackingPlanSchema.safeParse(values);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error, values, jsonSchema('tracking'))),
    ...planProblems(result.success ? result.data : rightParts(values), context),
  ];
  if (!result.success || problems.length > 0)
    throw new UsageError(`${name} has ${countOf(problems)}`, problems);
  return normalised(result.data, result.data.region ?? context.defaultRegion);
};

const normalised = (plan: TrackingPlan, region: Region | undefined): TrackingPlan => {
  const e164 = (text: string): string => parsePhone(text, region)?.e164 ?? text;
  const { blockedCallers, ...rest } = plan;
  return {
    ...rest,
    lines: plan.lines.map((line) => (line.type === 'trunk' ? { ...line, number: e164(line.number) } : line)),
    numbers: plan.numbers.map((entry) => ({ ...entry, number: e164(entry.number) })),
    pools: plan.pools.map(({ overflow, ...pool }) => ({
      ...pool,
      ...(overflow !== undefined && { overflow: e164(overflow) }),
    })),
    sites: plan.sites.map((site) => normalisedSite(site, e164)),
    buttons: plan.buttons.map((button) => ({ ...button, number: e164(button.number) })),
    ...(blockedCallers && { blockedCallers: [...new Set(blockedCallers.map(e164))] }),
  };
};

const normalisedSite = (site: SitePlan, e164: (text: string) => string): SitePlan => ({
  ...site,
  targets: site.targets.map((target) => ({ ...target, number: e164(target.number) })),
  rules: site.rules.map((rule) => ({
    ...rule,
    ...(rule.targets && { targets: rule.targets.map(e164) }),
    use: 'number' in rule.use ? { number: e164(rule.use.number) } : rule.use,
  })),
  ...(site.codes && { codes: { ...site.codes, number: e164(site.codes.number) } }),
});
