import { errorMessage } from '../../base/errors.ts';
import type { Sound } from '../../config/index.ts';
import { compileFlow, type Flow, type FlowDefinition, impliedFlow, soundsOf } from '../../flows/index.ts';
import type { FlowVersionTable, LineTable } from '../../store/index.ts';
import type { CallServices } from '../types.ts';

/** Flows made ready to run, each version once. */
export type Flows = {
  /**
   * The flow of a call that begins now. A number without one has an implied flow: its lines, one after the other. While the
   * database fails, a flow is as it was last seen.
   *
   * @throws Error when the flow has never been seen
   */
  of(
    route: { readonly id: string; readonly version: number } | undefined,
    lines: readonly Pick<LineTable, 'id'>[],
  ): Promise<Flow>;
};

/** All that a flow and those it leads to may play, and in which languages. */
const wordsOf = (
  definition: FlowDefinition,
): { readonly sounds: readonly Sound[]; readonly languages: readonly string[] } => {
  const flows = [definition.flow, ...definition.flows];
  const steps = flows.flatMap((flow) => Object.values(flow.steps));
  const spoken = steps.flatMap((step) => (step.do === 'set' ? (step.language ?? []) : []));
  return {
    sounds: steps.flatMap(soundsOf),
    languages: [...new Set([...flows.map(({ language }) => language), ...spoken])],
  };
};

type Dependencies = Pick<CallServices, 'store' | 'prompts' | 'logger'>;

export const createFlows = ({ store, prompts, logger }: Dependencies): Flows => {
  /** The version of each flow that was run last. */
  const ready = new Map<string, Flow>();
  let speaking: Promise<void> = Promise.resolve();

  const make = ({ flow_id, version, definition }: FlowVersionTable): Flow => {
    const flow = compileFlow(JSON.parse(definition) as FlowDefinition, version);
    ready.set(flow_id, flow);
    // One flow after the other: calls that need words meanwhile find a free engine.
    speaking = speaking.then(() => speakAhead(flow));
    return flow;
  };

  const speakAhead = async ({ id, definition }: Flow): Promise<void> => {
    const { sounds, languages } = wordsOf(definition);
    const missing = await prompts.warm(sounds, languages).catch(() => sounds.length);
    if (missing > 0) logger.warn({ flow: id, missing }, 'words of a flow can not be spoken');
  };

  const load = async (id: string, version: number): Promise<Flow> => {
    const row = await store.flows.version(id, version);
    if (!row) throw new Error(`there is no version ${version} of flow ${id}`);
    return make(row);
  };

  store.flows.list().then(
    (rows) => {
      for (const row of rows) make(row);
    },
    (error) => logger.error({ error: errorMessage(error) }, 'flows not loaded'),
  );

  return {
    of: async (route, lines) => {
      if (!route) return impliedFlow(lines.map(({ id }) => id));
      const known = ready.get(route.id);
      if (known?.version === route.version) return known;
      try {
        return await load(route.id, route.version);
      } catch (error) {
        logger.error({ flow: route.id, error: errorMessage(error) }, 'flow not loaded');
        if (known) return known;
        throw error;
      }
    },
  };
};
