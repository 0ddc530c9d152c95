import type { AgentState, SeatedCall } from './states.ts';

type WrapUp = { readonly until: number; readonly callId: string; readonly timer: NodeJS.Timeout };

/** What is known of a line or a user beyond its row. */
export type Spot = {
  rung: number;
  talking: number;
  idleSince: number | undefined;
  wrapUp: WrapUp | undefined;
  /** Call whose notes were written before it was over. */
  noted: string | undefined;
  state: AgentState | undefined;
  since: number;
};

export const newSpot = (since: number): Spot => ({
  rung: 0,
  talking: 0,
  idleSince: undefined,
  wrapUp: undefined,
  noted: undefined,
  state: undefined,
  since,
});

/** In how many answered calls each user sits, those that it makes included. */
export const seatsIn = (calls: readonly SeatedCall[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { users: names, answeredAt, direction } of calls) {
    const seated = answeredAt !== undefined ? names : direction === 'inbound' ? [] : names.slice(0, 1);
    for (const name of seated) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};

export const endWrapUp = (spot: Spot): void => {
  clearTimeout(spot.wrapUp?.timer);
  spot.wrapUp = undefined;
};

/** @param times `over` is told at its end, unless it ends before */
export const beginWrapUp = (
  spot: Spot,
  callId: string,
  { now, ms, over }: { readonly now: number; readonly ms: number; readonly over: () => void },
): void => {
  endWrapUp(spot);
  const end = (): void => {
    spot.wrapUp = undefined;
    over();
  };
  spot.wrapUp = { until: now + ms, callId, timer: setTimeout(end, ms).unref() };
};
