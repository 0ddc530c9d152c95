import type { Trunk } from './table.ts';

/** Headers of a request as a trunk wants them: some left out, some added or replaced. Names are compared without case. */
export const applyHeaderRules = (
  headers: Readonly<Record<string, string>>,
  { add, remove }: Trunk['headers'],
): Record<string, string> => {
  const dropped = new Set([...remove, ...Object.keys(add)].map((name) => name.toLowerCase()));
  const kept = Object.entries(headers).filter(([name]) => !dropped.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...add };
};
