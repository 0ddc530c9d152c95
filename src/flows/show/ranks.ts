/** A box to be placed, in pixels. */
export type LayoutNode = { readonly id: string; readonly width: number; readonly height: number };
export type LayoutEdge = { readonly from: string; readonly to: string; readonly label: string };

const SWEEPS = 6;
/** Room that an edge takes where it passes a rank. */
const PASSING = 12;

/** Items by their key, keys and items in their order. */
export const grouped = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
};

/** Nodes in reverse postorder of a walk from the first, and edges that lead back to where the walk came from. */
export const walk = (
  ids: readonly string[],
  edges: readonly LayoutEdge[],
): { order: readonly string[]; back: ReadonlySet<LayoutEdge> } => {
  const out = grouped(edges, ({ from }) => from);
  const seen = new Set<string>();
  const open = new Set<string>();
  const back = new Set<LayoutEdge>();
  const left: string[] = [];
  for (const root of ids) {
    if (seen.has(root)) continue;
    seen.add(root);
    open.add(root);
    const stack = [{ id: root, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = out.get(top.id)?.[top.next];
      top.next += 1;
      if (edge === undefined) {
        stack.pop();
        open.delete(top.id);
        left.push(top.id);
      } else if (open.has(edge.to)) back.add(edge);
      else if (!seen.has(edge.to)) {
        seen.add(edge.to);
        open.add(edge.to);
        stack.push({ id: edge.to, next: 0 });
      }
    }
  }
  return { order: left.reverse(), back };
};

/** The longest way from the first to each. */
export const ranksOf = (order: readonly string[], forward: readonly LayoutEdge[]): Map<string, number> => {
  const ranks = new Map(order.map((id) => [id, 0]));
  const out = grouped(forward, ({ from }) => from);
  for (const id of order) {
    const rank = (ranks.get(id) ?? 0) + 1;
    for (const { to } of out.get(id) ?? []) ranks.set(to, Math.max(rank, ranks.get(to) ?? 0));
  }
  return ranks;
};

/** A box, or the place where an edge passes a rank. */
export type Cell = {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly rank: number;
};
type Link = readonly [from: string, to: string];

export type Ranked = {
  readonly ranks: Cell[][];
  /** Between neighbouring ranks. */
  readonly links: readonly Link[];
  /** Cells that each edge goes through. */
  readonly ways: ReadonlyMap<LayoutEdge, readonly string[]>;
};

export const rankCells = (
  nodes: readonly LayoutNode[],
  forward: readonly LayoutEdge[],
  ranksById: ReadonlyMap<string, number>,
): Ranked => {
  const rankOf = (id: string): number => ranksById.get(id) ?? 0;
  const ranks: Cell[][] = [];
  const put = (cell: Cell): void => {
    while (ranks.length <= cell.rank) ranks.push([]);
    ranks[cell.rank]?.push(cell);
  };
  for (const node of nodes) put({ ...node, rank: rankOf(node.id) });
  const links: Link[] = [];
  const ways = new Map<LayoutEdge, readonly string[]>();
  forward.forEach((edge, index) => {
    const way = [edge.from];
    for (let rank = rankOf(edge.from) + 1; rank < rankOf(edge.to); rank += 1) {
      const id = `${index} ${rank}`;
      put({ id, width: PASSING, height: 0, rank });
      way.push(id);
    }
    way.push(edge.to);
    for (let at = 1; at < way.length; at += 1) links.push([way[at - 1] ?? '', way[at] ?? '']);
    ways.set(edge, way);
  });
  return { ranks, links, ways };
};

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Orders each rank by the mean place of its neighbours in the rank before, downwards and upwards in turn. */
export const orderRanks = ({ ranks, links }: Ranked): void => {
  const above = grouped(links, ([, to]) => to);
  const below = grouped(links, ([from]) => from);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    const place = new Map(ranks.flatMap((rank) => rank.map((cell, index) => [cell.id, index] as const)));
    for (const rank of down ? ranks : [...ranks].reverse()) {
      const wanted = new Map(
        rank.map((cell, index) => {
          const neighbours = down
            ? (above.get(cell.id) ?? []).map(([from]) => from)
            : (below.get(cell.id) ?? []).map(([, to]) => to);
          return [cell.id, mean(neighbours.map((id) => place.get(id) ?? 0)) ?? index];
        }),
      );
      rank.sort((a, b) => (wanted.get(a.id) ?? 0) - (wanted.get(b.id) ?? 0));
      rank.forEach((cell, index) => void place.set(cell.id, index));
    }
  }
};
