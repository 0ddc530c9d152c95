import { digitsOf } from './match.ts';

/** What is never read nor changed. Titles and meta elements stand outside the body or have no text. */
export const SKIPPED =
  'script,style,noscript,template,textarea,code,pre,head,[contenteditable]:not([contenteditable=false]),[data-dt-noswap]';

/** Elements with attributes that may hold a number. */
export const WITH_ATTRIBUTES = '[href],[title],[aria-label],[alt],input,[data-dt-number]';

/** The empty name is the text of a text node. */
export const ATTRIBUTES = ['href', 'title', 'aria-label', 'alt', 'value', 'data-dt-number'] as const;
export type Place = (typeof ATTRIBUTES)[number] | '';

// Elements that do not end a line of text.
const INLINE =
  /^(a|abbr|b|bdi|bdo|big|cite|data|em|font|i|ins|kbd|label|mark|nobr|q|s|samp|small|span|strong|sub|sup|time|tspan|tt|u|var|wbr)$/;
const LEVELS = 3;

export const isElement = (node: Node): node is Element => node.nodeType === 1;
export const isText = (node: Node): node is Text => node.nodeType === 3;

/** A button's label or a field that nobody can type into; anything else in a field is the visitor's own. */
const isFixed = (element: Element): boolean =>
  (element as HTMLInputElement).readOnly || /button|submit/.test((element as HTMLInputElement).type);

/** What stands at a place now; null where there is none. */
export const read = (node: Node, place: Place): string | null => {
  if (!place) return node.nodeValue;
  const element = node as HTMLInputElement;
  if (place !== 'value') return element.getAttribute(place);
  return element.localName === 'input' && isFixed(element) ? element.value : null;
};

/** Changes a value, never a node. */
export const write = (node: Node, place: Place, value: string): void => {
  if (!place) node.nodeValue = value;
  else if (place === 'value') (node as HTMLInputElement).value = value;
  else (node as Element).setAttribute(place, value);
};

const isInline = (node: Element): boolean => INLINE.test(node.localName) && !node.matches(SKIPPED);

/** How many inline elements end between two nodes; too many when another one does. */
const levelsBetween = (from: Node, to: Node): number => {
  let levels = 0;
  for (let up = from.parentElement; up && !up.contains(to); up = up.parentElement)
    levels += isInline(up) ? 1 : LEVELS + 1;
  return levels;
};

const REACH = 40;
const MANY_DIGITS = 7;
const hasMany = (text: string): boolean => digitsOf(text).length >= MANY_DIGITS;

/** No number begins or goes on beside a letter. */
const ENDS = /\p{L}$/u;
const BEGINS = /^\p{L}/u;

const nextText = (walker: TreeWalker, forward: boolean): Text | undefined => {
  for (;;) {
    const next = forward ? walker.nextNode() : walker.previousNode();
    if (!next || isText(next)) return next as Text;
    if (!isInline(next as Element)) return undefined;
  }
};

const isNear = (one: Node, other: Node): boolean =>
  levelsBetween(one, other) <= LEVELS && levelsBetween(other, one) <= LEVELS;

/** What text may go on as one number: two whole numbers side by side are two. */
const mayJoin = (before: string, after: string): boolean =>
  !ENDS.test(before) && !BEGINS.test(after) && !(hasMany(before) && hasMany(after));

/**
 * Text nodes that read as one line with `text`, as far as a number may reach from it: neighbours, if at most three inline
 * elements end and three begin between them.
 */
export const lineOf = (text: Text, contentOf: (text: Text) => string): Text[] => {
  const line = [text];
  // Elements and texts, without comments.
  const walker = (text.ownerDocument as Document).createTreeWalker(text.getRootNode(), 5);
  for (const forward of [true, false]) {
    let last = text;
    walker.currentNode = text;
    for (let reach = 0; reach < REACH; ) {
      const next = nextText(walker, forward);
      if (!next) break;
      const here = contentOf(last);
      const there = contentOf(next);
      if (!(forward ? mayJoin(here, there) : mayJoin(there, here)) || !isNear(last, next)) break;
      if (forward) line.push(next);
      else line.unshift(next);
      reach += there.length || 1;
      last = next;
    }
  }
  return line;
};
