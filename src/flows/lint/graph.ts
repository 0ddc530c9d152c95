import type { Layout } from '../layout.ts';
import { exitsOf } from '../steps/index.ts';

/** Which steps follow each step. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Steps and what follows them; exits that lead nowhere are left out. */
export const graphOf = ({ steps }: Layout): Graph =>
  new Map(
    [...steps].map(([name, { step }]) => [
      name,
      [...new Set(exitsOf(step).flatMap(([, to]) => (to !== undefined && steps.has(to) ? [to] : [])))],
    ]),
  );

/** The part of a graph that consists of some steps only. */
export const partOf = (graph: Graph, keep: (name: string) => boolean): Graph =>
  new Map([...graph].filter(([name]) => keep(name)).map(([name, next]) => [name, next.filter(keep)]));

/** All that can be come to from these steps, they themselves among it. */
export const reachedFrom = (graph: Graph, starts: readonly string[]): ReadonlySet<string> => {
  const reached = new Set(starts.filter((name) => graph.has(name)));
  // Entries that are added meanwhile are walked as well.
  for (const name of reached) for (const next of graph.get(name) ?? []) reached.add(next);
  return reached;
};

/** Takes away, again and again, what nothing leads to or what leads to nothing: what stays is in or between circles. */
const trimmed = (graph: Graph): Graph => {
  const led = new Set([...graph.values()].flat());
  const kept = partOf(graph, (name) => led.has(name) && (graph.get(name)?.length ?? 0) > 0);
  return kept.size === graph.size ? graph : trimmed(kept);
};

/** The shortest way from a step back to it. */
const circleAt = (graph: Graph, start: string): readonly string[] | undefined => {
  const cameFrom = new Map<string, string>();
  const order = [start];
  for (const name of order) {
    for (const next of graph.get(name) ?? []) {
      if (next === start) return wayTo(cameFrom, start, name);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      order.push(next);
    }
  }
  return undefined;
};

const wayTo = (cameFrom: ReadonlyMap<string, string>, start: string, end: string): readonly string[] => {
  const way: string[] = [];
  for (let at: string | undefined = end; at !== undefined && at !== start; at = cameFrom.get(at))
    way.unshift(at);
  return [start, ...way];
};

/** Circles, a shortest one for each step that is in one and in none that was told before. */
export const circlesOf = (graph: Graph): readonly (readonly string[])[] => {
  const core = trimmed(graph);
  const told = new Set<string>();
  const found: (readonly string[])[] = [];
  for (const name of core.keys()) {
    if (told.has(name)) continue;
    const circle = circleAt(core, name);
    if (!circle) continue;
    found.push(circle);
    for (const each of circle) told.add(each);
  }
  return found;
};
