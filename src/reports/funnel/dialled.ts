/** A call this long after the dialler was opened comes from there. */
export const DIAL_MS = 600_000;

/** That somebody opened a dialler. */
export type Dial<Press> = {
  readonly visit: string;
  readonly at: number;
  /** Undefined: at a button that is not asked about. */
  readonly press: Press | undefined;
};

/** A call that surely is a visit's. */
type OfVisit = { readonly visit: string; readonly at: number };

const byVisit = <Call extends OfVisit>(calls: readonly Call[]): ReadonlyMap<string, readonly Call[]> => {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const known = groups.get(call.visit);
    if (known === undefined) groups.set(call.visit, [call]);
    else known.push(call);
  }
  return groups;
};

/**
 * Gives each telephone call to the press that opened a dialler last before it, whichever button that was at. Pure.
 *
 * @param calls in the order of time
 */
export const callsOfDials = <Press, Call extends OfVisit>(
  dials: readonly Dial<Press>[],
  calls: readonly Call[],
): readonly { readonly press: Press; readonly call: Call }[] => {
  const groups = byVisit(calls);
  const used = new Set<Call>();
  return [...dials]
    .sort((a, b) => b.at - a.at)
    .flatMap(({ visit, at, press }) => {
      const call = groups.get(visit)?.find((each) => each.at >= at && each.at <= at + DIAL_MS);
      if (call === undefined || used.has(call)) return [];
      used.add(call);
      return press === undefined ? [] : [{ press, call }];
    });
};
