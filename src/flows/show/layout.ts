import {
  type Cell,
  grouped,
  type LayoutEdge,
  type LayoutNode,
  mean,
  orderRanks,
  type Ranked,
  rankCells,
  ranksOf,
  walk,
} from './ranks.ts';

export type { LayoutEdge, LayoutNode } from './ranks.ts';

type Point = { readonly x: number; readonly y: number };
/** A box with the middle of its upper edge. */
export type PlacedNode = LayoutNode & Point & { readonly rank: number };
/** An edge with the points that it passes, from the box that it leaves to the box that it comes to. */
export type PlacedEdge = LayoutEdge & { readonly back: boolean; readonly points: readonly Point[] };
export type Layout = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
};

const GAP_X = 28;
const GAP_Y = 76;
const LANE = 18;
const CORNER = 10;
const SWEEPS = 6;

/**
 * Places as near to the wanted ones as their order and widths allow (isotonic regression by pooling neighbours that
 * would overlap).
 */
const settle = (cells: readonly Cell[], wanted: readonly number[]): readonly number[] => {
  const offsets: number[] = [];
  cells.forEach((cell, index) => {
    const before = cells[index - 1];
    const room = before === undefined ? 0 : (before.width + cell.width) / 2 + GAP_X;
    offsets.push((offsets[index - 1] ?? 0) + room);
  });
  const blocks: { sum: number; count: number }[] = [];
  wanted.forEach((place, index) => {
    let block = { sum: place - (offsets[index] ?? 0), count: 1 };
    for (let last = blocks.at(-1); last !== undefined; last = blocks.at(-1)) {
      if (last.sum / last.count <= block.sum / block.count) break;
      blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  });
  const places = blocks.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count));
  return places.map((place, index) => place + (offsets[index] ?? 0));
};

const placeAcross = ({ ranks, links }: Ranked): Map<string, number> => {
  const neighbours = new Map<string, string[]>();
  const note = (id: string, other: string): void => {
    const known = neighbours.get(id);
    if (known) known.push(other);
    else neighbours.set(id, [other]);
  };
  for (const [from, to] of links) {
    note(from, to);
    note(to, from);
  }
  const x = new Map<string, number>();
  const apply = (rank: readonly Cell[], wanted: readonly number[]): void =>
    settle(rank, wanted).forEach((place, index) => void x.set(rank[index]?.id ?? '', place));
  for (const rank of ranks)
    apply(
      rank,
      rank.map(() => 0),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const rank of sweep % 2 === 0 ? ranks : [...ranks].reverse()) {
      const wanted = rank.map(({ id }) => mean((neighbours.get(id) ?? []).map((other) => x.get(other) ?? 0)));
      apply(
        rank,
        wanted.map((place, index) => place ?? x.get(rank[index]?.id ?? '') ?? 0),
      );
    }
  }
  return x;
};

const tops = (ranks: readonly (readonly Cell[])[]): readonly number[] => {
  const found: number[] = [];
  let y = 0;
  for (const rank of ranks) {
    found.push(y);
    y += Math.max(0, ...rank.map((cell) => cell.height)) + GAP_Y;
  }
  return found;
};

/** Where along its box an edge leaves or comes in: spread by where its other end lies. */
const spread = (
  edges: readonly LayoutEdge[],
  end: 'from' | 'to',
  x: (edge: LayoutEdge) => number,
  nodes: ReadonlyMap<string, PlacedNode>,
): Map<LayoutEdge, number> => {
  const found = new Map<LayoutEdge, number>();
  for (const [id, group] of grouped(edges, (edge) => edge[end])) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const sorted = [...group].sort((a, b) => x(a) - x(b));
    sorted.forEach((edge, index) => {
      const share = (index + 1) / (sorted.length + 1) - 0.5;
      found.set(edge, node.x + share * node.width * 0.9);
    });
  }
  return found;
};

/**
 * Boxes in ranks by the longest way from the first, edges between them; edges that lead back run along the right side.
 *
 * @param nodes the first one is the beginning
 * @param edges between nodes that are there
 */
export const layOut = (nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout => {
  const { order, back } = walk(
    nodes.map(({ id }) => id),
    edges,
  );
  const forward = edges.filter((edge) => !back.has(edge));
  const ranked = rankCells(nodes, forward, ranksOf(order, forward));
  orderRanks(ranked);
  const across = placeAcross(ranked);
  const down = tops(ranked.ranks);
  const cells = ranked.ranks.flat();
  const left = Math.min(0, ...cells.map((cell) => (across.get(cell.id) ?? 0) - cell.width / 2));
  const xOf = (id: string): number => (across.get(id) ?? 0) - left;
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const placed = nodes.map((node): PlacedNode => {
    const rank = byId.get(node.id)?.rank ?? 0;
    return { ...node, x: xOf(node.id), y: down[rank] ?? 0, rank };
  });
  const placedById = new Map(placed.map((node) => [node.id, node]));
  const boxesEnd = Math.max(0, ...cells.map((cell) => xOf(cell.id) + cell.width / 2));

  const second = (edge: LayoutEdge): number => xOf(ranked.ways.get(edge)?.[1] ?? edge.to);
  const last = (edge: LayoutEdge): number => xOf(ranked.ways.get(edge)?.at(-2) ?? edge.from);
  const leave = spread(forward, 'from', second, placedById);
  const arrive = spread(forward, 'to', last, placedById);

  const forwardPoints = (edge: LayoutEdge): readonly Point[] => {
    const from = placedById.get(edge.from);
    const to = placedById.get(edge.to);
    // Straight down beside the boxes of a rank.
    const passing = (ranked.ways.get(edge) ?? []).slice(1, -1).flatMap((id) => {
      const rank = byId.get(id)?.rank ?? 0;
      const top = down[rank] ?? 0;
      const x = xOf(id);
      return [
        { x, y: top },
        { x, y: (down[rank + 1] ?? top + GAP_Y) - GAP_Y },
      ];
    });
    return [
      { x: leave.get(edge) ?? from?.x ?? 0, y: (from?.y ?? 0) + (from?.height ?? 0) },
      ...passing,
      { x: arrive.get(edge) ?? to?.x ?? 0, y: to?.y ?? 0 },
    ];
  };
  let lane = boxesEnd;
  /** Out below a box, along the right side, and in above the other: always between the ranks. */
  const backPoints = (edge: LayoutEdge): readonly Point[] => {
    const [from, to] = [placedById.get(edge.from), placedById.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    lane += LANE;
    const bottom = from.y + from.height;
    const [out, into] = [from.x + from.width / 2 - CORNER, to.x + to.width / 2 - CORNER];
    return [
      { x: out, y: bottom },
      { x: out, y: bottom + CORNER },
      { x: lane, y: bottom + CORNER },
      { x: lane, y: to.y - CORNER },
      { x: into, y: to.y - CORNER },
      { x: into, y: to.y },
    ];
  };
  const placedEdges = edges.map((edge): PlacedEdge => {
    const isBack = back.has(edge);
    return { ...edge, back: isBack, points: isBack ? backPoints(edge) : forwardPoints(edge) };
  });
  const height = Math.max(0, ...placed.map((node) => node.y + node.height));
  return { width: lane, height, nodes: placed, edges: placedEdges };
};
