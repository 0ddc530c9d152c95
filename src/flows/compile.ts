import { FailureError } from '../base/errors.ts';
import type { FlowPlan } from '../config/index.ts';
import { layOut } from './layout.ts';
import { brokenReferences } from './lint/index.ts';
import type { Flow, FlowDefinition } from './types.ts';

/**
 * Makes a definition ready to run.
 *
 * @param version its number in the store, where it has one
 * @throws FailureError when it refers to a step, flow, group or schedule that is not in it
 */
export const compileFlow = (definition: FlowDefinition, version?: number): Flow => {
  const { start, steps } = layOut(definition);
  const [broken] = brokenReferences(definition, { start, steps });
  if (broken) {
    const where = broken.step === undefined ? broken.flow : `${broken.flow}, step ${broken.step}`;
    throw new FailureError(`Flow ${where}: ${broken.message}.`);
  }
  return {
    id: definition.flow.id,
    version,
    definition,
    start,
    steps,
    groups: new Map(definition.groups.map((group) => [group.id, group])),
    schedules: new Map(definition.schedules.map((schedule) => [schedule.id, schedule])),
  };
};

/** What the flow of a number that has none is called in its calls' records. */
export const IMPLIED_FLOW = 'implied';

/**
 * The flow of a number that has none: its lines ring one after another.
 *
 * @param options.ringSeconds for each line; undefined: as the line says
 */
export const impliedFlow = (
  lineIds: readonly string[],
  options: { readonly id?: string; readonly ringSeconds?: number | undefined } = {},
): Flow => {
  const flow: FlowPlan = {
    id: options.id ?? IMPLIED_FLOW,
    language: 'en',
    timezone: 'UTC',
    start: 'dial',
    steps: {
      dial: {
        do: 'dial',
        lines: [...lineIds],
        strategy: 'sequential',
        ...(options.ringSeconds === undefined ? {} : { ringSeconds: options.ringSeconds }),
        sticky: false,
        hear: 'ringback',
      },
    },
  };
  return compileFlow({ flow, flows: [], groups: [], schedules: [] });
};
