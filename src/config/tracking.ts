import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { parsePhone, type Region } from '../base/phone.ts';
import { jsonSchema } from './json-schema.ts';
import { problemsOf } from './problems.ts';
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
    ...(blockedCallers && { blockedCallers: [...new Set(blockedCallers.map(e164))] }),
  };
};
