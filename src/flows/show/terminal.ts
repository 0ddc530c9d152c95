import { cutText, padText, textWidth } from './text-width.ts';
import type { Drawing, DrawnExit, DrawnStep } from './types.ts';

/** What a piece of the drawing is, for its colour. */
export type DrawnPart = 'title' | 'name' | 'kind' | 'words' | 'exit' | 'reference' | 'warning' | 'frame';
/** Puts a piece in colour, or leaves it as it is. */
export type PaintPart = (part: DrawnPart, text: string) => string;

const BOX_COLUMNS = 56;

type Pen = {
  readonly paint: PaintPart;
  readonly steps: ReadonlyMap<string, DrawnStep>;
  readonly drawn: Set<string>;
  /** Steps from the first down to the one being drawn. */
  readonly above: Set<string>;
  readonly lines: string[];
};

const box = (pen: Pen, step: DrawnStep, prefix: string, joined: boolean): void => {
  const head = `${step.name}  ${step.kind}`;
  const words = cutText(step.words, BOX_COLUMNS);
  const inner = Math.max(textWidth(head), textWidth(words));
  const frame = (text: string): string => pen.paint('frame', text);
  const row = (painted: string): void =>
    void pen.lines.push(`${frame(`${prefix}│`)} ${painted} ${frame('│')}`);
  const edge = '─'.repeat(inner + 1);
  pen.lines.push(frame(`${prefix}┌${joined ? '┴' : '─'}${edge}┐`));
  const space = ' '.repeat(inner - textWidth(head));
  row(`${pen.paint('name', step.name)}  ${pen.paint('kind', step.kind)}${space}`);
  if (words !== '') row(pen.paint('words', padText(words, inner)));
  pen.lines.push(frame(`${prefix}└${step.exits.length > 0 ? '┬' : '─'}${edge}┘`));
};

/** Where an exit leads when that place is not drawn below it. */
const reference = (pen: Pen, { target }: DrawnExit): string | undefined => {
  switch (target.type) {
    case 'end':
      return pen.paint('reference', '→ the call ends');
    case 'flow':
      return pen.paint('reference', `→ flow ${target.name}`);
    case 'missing':
      return pen.paint('warning', `→ ${target.name}, which is no step`);
    case 'step':
      if (pen.above.has(target.name)) return pen.paint('reference', `↺ back to ${target.name}`);
      return pen.drawn.has(target.name) ? pen.paint('reference', `→ ${target.name} (above)`) : undefined;
  }
};

const labelOf = ({ labels }: DrawnExit): string => cutText(labels.join(', '), BOX_COLUMNS);

const targetName = ({ target }: DrawnExit): string => (target.type === 'end' ? '' : target.name);

const drawExits = (pen: Pen, exits: readonly DrawnExit[], prefix: string): void => {
  exits.forEach((exit, index) => {
    const last = index === exits.length - 1;
    const elsewhere = reference(pen, exit);
    const branch = pen.paint('frame', `${prefix} ${last ? '└' : '├'}─`);
    const label = pen.paint('exit', labelOf(exit));
    pen.lines.push(`${branch} ${label}${elsewhere === undefined ? '' : ` ${elsewhere}`}`);
    if (elsewhere === undefined) draw(pen, targetName(exit), `${prefix} ${last ? ' ' : '│'}  `, false);
  });
};

/** Draws a step and all behind it that is not drawn yet; a chain of steps goes straight down. */
const draw = (pen: Pen, first: string, prefix: string, joined: boolean): void => {
  const chain: string[] = [];
  let name = first;
  let below = joined;
  for (;;) {
    const step = pen.steps.get(name);
    if (step === undefined) break;
    chain.push(name);
    pen.drawn.add(name);
    pen.above.add(name);
    box(pen, step, prefix, below);
    const [only, ...others] = step.exits;
    if (only === undefined) break;
    if (others.length > 0 || reference(pen, only) !== undefined) {
      drawExits(pen, step.exits, prefix);
      break;
    }
    pen.lines.push(`${pen.paint('frame', `${prefix} │`)} ${pen.paint('exit', labelOf(only))}`);
    name = targetName(only);
    below = true;
  }
  for (const each of chain) pen.above.delete(each);
};

/**
 * A flow as boxes for a terminal, each step once, in reading order: what an exit leads to stands below it, or is named when
 * it has been drawn before.
 *
 * @param paint colours pieces; default: none
 */
export const drawingText = (drawing: Drawing, paint: PaintPart = (_part, text) => text): string => {
  const pen: Pen = {
    paint,
    steps: new Map(drawing.steps.map((step) => [step.name, step])),
    drawn: new Set(),
    above: new Set(),
    lines: [`${paint('title', drawing.id)}  ${drawing.title}`, ''],
  };
  if (!pen.steps.has(drawing.start)) {
    pen.lines.push(paint('warning', `It starts at ${drawing.start}, which is no step.`));
  }
  draw(pen, drawing.start, '', false);
  if (drawing.unreached.length > 0) {
    pen.lines.push('', paint('warning', 'Nothing leads to:'));
    for (const name of drawing.unreached) if (!pen.drawn.has(name)) draw(pen, name, '', false);
  }
  return pen.lines.map((line) => line.trimEnd()).join('\n');
};
