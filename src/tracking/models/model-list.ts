import { UsageError } from '../../base/errors.ts';
import { MARKOV } from './markov.ts';
import { PATH_MODELS } from './path-models.ts';
import type { Model } from './types.ts';

/** Every model, as reports show them. */
export const MODELS: readonly Model[] = [...PATH_MODELS, MARKOV];

/** The model that is shown when nobody asks for another. */
export const DEFAULT_MODEL = 'last-non-direct';

/**
 * A model by its name, `time-decay`, or by name and version, `time-decay@1`.
 *
 * @throws UsageError when there is none
 */
export const findModel = (name: string): Model => {
  const found = MODELS.find(({ id, version }) => name === id || name === `${id}@${version}`);
  if (found) return found;
  throw new UsageError(`There is no model "${name}"`, [
    {
      path: 'model',
      message: `"${name}" is unknown`,
      mend: `use one of ${MODELS.map(({ id }) => id).join(', ')}`,
    },
  ]);
};
