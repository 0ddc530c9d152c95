import type { Problem } from '../base/errors.ts';
import { parsePhone, type Region } from '../base/phone.ts';
import { found, nearest } from './wording.ts';

/** `wrong`: the plan names a region that is none, so that nothing can be said about its numbers. */
export type KnownRegion = Region | 'wrong' | undefined;

/** What is to be said of the id of something that does not exist. */
export const reference = (
  path: string,
  kind: string,
  id: string,
  known: readonly string[],
  otherwise: string,
): readonly Problem[] => {
  if (known.includes(id)) return [];
  const meant = nearest(id, known);
  const choice =
    meant === undefined
      ? `, or use one that exists: ${known.slice(0, 20).join(', ')}`
      : `, or did you mean “${meant}”?`;
  const mend = known.length === 0 ? otherwise : otherwise + choice;
  return [{ path, message: `there is no ${kind} “${id}”`, mend }];
};

/** Undefined: it is none, or the region is wrong. */
export const phoneOf = (text: string, region: KnownRegion) =>
  region === 'wrong' ? undefined : parsePhone(text, region);

/** What is to be said of a text that is no phone number. */
export const phoneProblem = (
  path: string,
  text: string,
  region: KnownRegion,
  shown: (text: string) => string = (same) => same,
): readonly Problem[] => {
  if (region === 'wrong' || parsePhone(text, region)) return [];
  const where =
    region === undefined
      ? 'with its country code, such as +12025550123, or set region'
      : `such as +12025550123, or a national one of ${region}`;
  return [
    { path, message: `${found(shown(text))} is no possible phone number`, mend: `write the number ${where}` },
  ];
};
