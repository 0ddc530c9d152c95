import { escapeMarkup } from '../../base/markup.ts';
import { type LayoutEdge, type LayoutNode, layOut, type PlacedEdge, type PlacedNode } from './layout.ts';
import { cutText, textWidth } from './text-width.ts';
import type { Drawing, DrawnExit } from './types.ts';

const MARGIN = 24;
const HEAD = 40;
/** Of a column of text at the size that the drawing has. */
const COLUMN = 7.2;
const BOX = { least: 120, most: 252, padding: 12, height: 54 } as const;
const END = { width: 92, height: 28 } as const;
const WORD_COLUMNS = Math.floor((BOX.most - 2 * BOX.padding) / COLUMN) + 2;
const LABEL_COLUMNS = 28;

const STYLE = `
svg { --paper: #ffffff; --ink: #1c2430; --quiet: #5b6675; --line: #8a94a3; --box: #f4f6f9; --edge: #c3cad4; --warn: #b3261e; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14181f; --ink: #e6eaf0; --quiet: #9aa5b5; --line: #76818f; --box: #1f2630; --edge: #3b4553; --warn: #ff8a80; }
}
text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); }
.title { font-size: 16px; font-weight: 600; }
.name { font-weight: 600; }
.kind, .words { fill: var(--quiet); font-size: 12px; }
.box { fill: var(--box); stroke: var(--edge); stroke-width: 1; }
.start { stroke: var(--line); stroke-width: 2.5; }
.alone { stroke: var(--warn); }
.other { fill: none; stroke: var(--edge); }
.missing { stroke: var(--warn); stroke-dasharray: 4 3; }
.way { fill: none; stroke: var(--line); stroke-width: 1.4; }
.back { stroke-dasharray: 2 4; }
.arrow { fill: var(--line); }
.label { font-size: 12px; text-anchor: middle; paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
`;

// Characters that XML 1.0 has no place for are left out.
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const escapeXml = (text: string): string => escapeMarkup(text.replace(NOT_XML, ''));

const round = (value: number): number => Math.round(value * 10) / 10;

/** What stands in the drawing: a step, or the end of a way. */
type Shape = {
  readonly node: LayoutNode;
  readonly name: string;
  readonly kind: string;
  readonly words: string;
  readonly look: string;
};

const stepShape = (drawing: Drawing, step: Drawing['steps'][number]): Shape => {
  const words = cutText(step.words, WORD_COLUMNS);
  const columns = Math.max(textWidth(`${step.name}  ${step.kind}`) + 1, textWidth(words));
  const width = Math.min(BOX.most + 40, Math.max(BOX.least, columns * COLUMN + 2 * BOX.padding));
  const look = [
    'box',
    ...(step.name === drawing.start ? ['start'] : []),
    ...(drawing.unreached.includes(step.name) ? ['alone'] : []),
  ].join(' ');
  const node = { id: `step ${step.name}`, width, height: words === '' ? 34 : BOX.height };
  return { node, name: step.name, kind: step.kind, words, look };
};

/** The place where an exit ends that leads to no step; each step has its own, so that lines stay short. */
const endShape = (from: string, { target }: DrawnExit): Shape | undefined => {
  if (target.type === 'step') return undefined;
  const name =
    target.type === 'end' ? 'call ends' : target.type === 'flow' ? `flow ${target.name}` : `${target.name} ?`;
  const width = Math.max(END.width, textWidth(name) * COLUMN + 2 * BOX.padding);
  const look = target.type === 'missing' ? 'other missing' : 'other';
  return { node: { id: `end ${from} ${name}`, width, height: END.height }, name, kind: '', words: '', look };
};

const edgeLabel = ({ labels }: DrawnExit): string => cutText(labels.join(', '), LABEL_COLUMNS);

const shapesAndEdges = (drawing: Drawing): { shapes: readonly Shape[]; edges: readonly LayoutEdge[] } => {
  const shapes = drawing.steps.map((step) => stepShape(drawing, step));
  const ends: Shape[] = [];
  const edges: LayoutEdge[] = [];
  for (const step of drawing.steps) {
    for (const exit of step.exits) {
      const end = endShape(step.name, exit);
      if (end) ends.push(end);
      const to = exit.target.type === 'step' ? `step ${exit.target.name}` : (end?.node.id ?? '');
      edges.push({ from: `step ${step.name}`, to, label: edgeLabel(exit) });
    }
  }
  return { shapes: [...shapes, ...ends], edges };
};

/** A smooth line down through the points; one that leads back has corners. */
const pathOf = ({ points, back }: PlacedEdge): string => {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  let from = first;
  for (const to of rest) {
    const middle = round((from.y + to.y) / 2);
    path += back
      ? `L${round(to.x)} ${round(to.y)}`
      : `C${round(from.x)} ${middle} ${round(to.x)} ${middle} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  return path;
};

const edgeSvg = (edge: PlacedEdge): string =>
  `<path class="way${edge.back ? ' back' : ''}" d="${pathOf(edge)}" marker-end="url(#tip)"/>`;

type Label = { readonly text: string; readonly x: number; readonly y: number };

/** In the middle of the edge's first piece, where edges of one step lie apart. */
const labelOf = ({ label, points, back }: PlacedEdge): readonly Label[] => {
  const [a, b, c] = points;
  if (label === '' || a === undefined || b === undefined) return [];
  if (back && c !== undefined) return [{ text: label, x: Math.min(c.x, a.x + 24), y: c.y + 4 }];
  return [{ text: label, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + 4 }];
};

const ROW = 15;
/** Below, above, and where a label belongs. */
const ROWS = [0, ROW, -ROW] as const;

/** Labels that would cover each other are moved up or down a row. */
const apart = (labels: readonly Label[]): readonly Label[] => {
  const placed: Label[] = [];
  const half = ({ text }: Label): number => (textWidth(text) * COLUMN) / 2;
  const free = (label: Label): boolean =>
    placed.every(
      (other) =>
        Math.abs(other.y - label.y) >= ROW || Math.abs(other.x - label.x) >= half(other) + half(label) + 4,
    );
  for (const label of labels) {
    const moved = ROWS.map((by) => ({ ...label, y: label.y + by }));
    placed.push(moved.find(free) ?? label);
  }
  return placed;
};

const labelSvg = ({ text, x, y }: Label): string =>
  `<text class="label" x="${round(x)}" y="${round(y)}">${escapeXml(text)}</text>`;

const shapeSvg = (shape: Shape, placed: PlacedNode | undefined): string => {
  if (placed === undefined) return '';
  const left = round(placed.x - placed.width / 2);
  const { width, height, y } = placed;
  const box = `<rect class="${shape.look}" x="${left}" y="${y}" width="${round(width)}" height="${height}" rx="${shape.kind === '' ? height / 2 : 8}"/>`;
  if (shape.kind === '') {
    return `${box}<text class="kind" text-anchor="middle" x="${round(placed.x)}" y="${y + 18}">${escapeXml(shape.name)}</text>`;
  }
  const text = left + BOX.padding;
  const head = `<text x="${text}" y="${y + 22}"><tspan class="name">${escapeXml(shape.name)}</tspan><tspan class="kind" dx="8">${shape.kind}</tspan></text>`;
  const words =
    shape.words === ''
      ? ''
      : `<text class="words" x="${text}" y="${y + 41}">${escapeXml(shape.words)}</text>`;
  return `<g>${box}${head}${words}</g>`;
};

const targetWords = ({ target }: DrawnExit): string => {
  if (target.type === 'end') return 'the call ends';
  if (target.type === 'flow') return `on to flow ${target.name}`;
  return target.type === 'missing' ? `to ${target.name}, which is no step` : `on to ${target.name}`;
};

/** The drawing in words, for who can't see it. */
const description = (drawing: Drawing): string =>
  drawing.steps
    .map((step) => {
      const exits = step.exits.map((exit) => `${exit.labels.join(', ')}: ${targetWords(exit)}`).join('; ');
      return `${step.name}, ${step.kind}${step.words === '' ? '' : ` (${step.words})`}. ${exits}`.trim();
    })
    .join('\n');

/**
 * A flow as an SVG document: boxes in ranks from the first step down, ways labelled with their exits, ways back dotted.
 * Light and dark as the reader's system is; in words as its description.
 */
export const drawingSvg = (drawing: Drawing): string => {
  const { shapes, edges } = shapesAndEdges(drawing);
  const layout = layOut(
    shapes.map(({ node }) => node),
    edges,
  );
  const placed = new Map(layout.nodes.map((node) => [node.id, node]));
  const title = `${drawing.id}: ${drawing.title}`;
  const titleWidth = textWidth(title) * 9;
  const width = Math.ceil(Math.max(layout.width, titleWidth) + 2 * MARGIN);
  const height = Math.ceil(layout.height + HEAD + 2 * MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="flow-title flow-description">`,
    `<title id="flow-title">Flow ${escapeXml(title)}</title>`,
    `<desc id="flow-description">${escapeXml(description(drawing))}</desc>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0L8 4L0 8z"/></marker></defs>',
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="${MARGIN}" y="${MARGIN + 12}">${escapeXml(title)}</text>`,
    `<g transform="translate(${MARGIN} ${MARGIN + HEAD})">`,
    ...layout.edges.map(edgeSvg),
    ...shapes.map((shape) => shapeSvg(shape, placed.get(shape.node.id))),
    ...apart(layout.edges.flatMap(labelOf)).map(labelSvg),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
};
