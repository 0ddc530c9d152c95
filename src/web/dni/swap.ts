import type { Numbers, ShownNumber } from './contract.ts';
import { type Matcher, matcherOf } from './match.ts';
import {
  ATTRIBUTES,
  isElement,
  isText,
  lineOf,
  type Place,
  read,
  SKIPPED,
  WITH_ATTRIBUTES,
  write,
} from './places.ts';
import { rewrite, rewriteLink } from './write.ts';

/** What the page wrote at a place, what we wrote over it, and how often the page took ours back. */
type Swap = { page: string; ours: string; reverts: number; since: number };

/** One pass over the page. */
export type Tally = {
  /** Numbers that are shown as they are to be. */
  found: number;
  /** Places that had to be written. */
  written: number;
  /** Places that are left to the page, which takes them back again and again. */
  lost: number;
};

export const NOTHING: Tally = { found: 0, written: 0, lost: 0 };

export type Swapper = {
  /** Other numbers, or other ones to look for; the page is gone through. */
  set(targets: readonly string[], numbers: Numbers): Tally;
  /** Goes through a piece of a page; the whole without one. */
  scan(root?: Node): Tally;
  /** Shows the page's own numbers, or ours again. */
  printing(on: boolean): void;
  /** The number of ours, or of the site, that a text holds; E.164. */
  numberIn(text: string): string | undefined;
  shownFor(target: string): ShownNumber | undefined;
};

const OBSERVED: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  attributes: true,
  attributeFilter: ATTRIBUTES as unknown as string[],
};

const HAS_DIGIT = /[\d\uff10-\uff19]/;
const MINUTE = 60_000;
const REVERTS = 20;
/** Rounds of changes, theirs and ours, before the browser gets to anything else: a page that answers each of ours would stop it. */
const ROUNDS = 500;

/**
 * @param mayBegin asked before each pass: whether the page may be changed already
 * @param onDocument called for each document: the page's and those of its frames
 * @param onChange something changed in the page; true: the page fights
 */
export const createSwapper = (
  mayBegin: () => boolean,
  onDocument: (document: Document) => void,
  onChange: (fights: boolean) => void,
): Swapper => {
  const swaps = new WeakMap<Node, Partial<Record<Place, Swap>>>();
  const watched = new WeakSet<Node>();
  /** Canonical number by any number that may stand in the page: itself, and every one that was shown for it. */
  const meaning: Record<string, string> = {};
  let find: Matcher = () => [];
  let numbers: Numbers = {};
  let printed = false;
  let rounds = 0;
  let tally: Tally = NOTHING;

  const shownFor = (number: string): ShownNumber | undefined =>
    printed ? undefined : numbers[meaning[number] || number];

  /** What the page itself has at a place. */
  const pageText = (node: Node, place: Place): string => {
    const now = read(node, place) || '';
    const swap = (swaps.get(node) || ({} as Partial<Record<Place, Swap>>))[place];
    return swap && now === swap.ours ? swap.page : now;
  };
  const textOf = (node: Text): string => pageText(node, '');

  /** Whether the page takes back what we write more often than we will write it. */
  const fights = (swap: Swap, now: string): boolean => {
    if (now !== swap.page || now === swap.ours) return false;
    const at = Date.now();
    if (at - swap.since > MINUTE) {
      swap.since = at;
      swap.reverts = 0;
    }
    swap.reverts += 1;
    return swap.reverts > REVERTS;
  };

  const put = (node: Node, place: Place, wanted: string): void => {
    const now = read(node, place);
    if (now === wanted || now === null) return;
    const known = swaps.get(node) || {};
    const swap = known[place];
    if (swap && !printed && fights(swap, now)) {
      tally.lost += 1;
      if (swap.reverts === REVERTS + 1) onChange(true);
      return;
    }
    const page = pageText(node, place);
    known[place] = { reverts: 0, since: Date.now(), ...swap, page, ours: wanted };
    swaps.set(node, known);
    tally.written += 1;
    write(node, place, wanted);
  };

  /** Numbers in what the page has, and what is to stand there. */
  const formsIn = (page: string): { start: number; end: number; form: string }[] =>
    find(page).flatMap(({ start, end, text, number }) => {
      const shown = shownFor(number);
      return shown ? [{ start, end, form: rewrite(text, number, shown) }] : [];
    });

  /** Exchanges numbers in pieces that read as one line. */
  const swapLine = (line: readonly Node[], place: Place): void => {
    const pages = line.map((node) => pageText(node, place));
    const whole = pages.join('');
    const forms = formsIn(whole);
    tally.found += forms.length;
    let from = 0;
    const texts = pages.map((page) => {
      const to = from + page.length;
      let at = from;
      let text = '';
      for (const { start, end, form } of forms) {
        if (end <= from || start >= to) continue;
        text += whole.slice(at, start);
        // As long as it was: each piece keeps its share. Else the first one gets all.
        if (form.length === end - start) text += form.slice(Math.max(0, from - start), to - start);
        else if (start >= from) text += form;
        at = Math.min(end, to);
      }
      from = to;
      return text + whole.slice(at, to);
    });
    line.forEach((node, at) => {
      put(node, place, texts[at] as string);
    });
  };

  const swapAttributes = (element: Element): void => {
    if (element.closest(SKIPPED)) return;
    for (const place of ATTRIBUTES) {
      if (place !== 'href') {
        swapLine([element], place);
        continue;
      }
      const page = pageText(element, place);
      const wanted = rewriteLink(page, find, shownFor);
      if (wanted !== page) tally.found += 1;
      put(element, place, wanted);
    }
  };

  const watch = (root: Node): void => {
    if (watched.has(root)) return;
    watched.add(root);
    observer.observe(root, OBSERVED);
    if (root.nodeType === 9) onDocument(root as Document);
  };

  const enterFrame = (frame: HTMLIFrameElement): void => {
    const inside = frame.contentDocument;
    if (!watched.has(frame)) {
      watched.add(frame);
      frame.addEventListener('load', () => enterFrame(frame));
    }
    if (!inside) return;
    watch(inside);
    pass(inside);
  };

  const enter = (element: Element): void => {
    const { shadowRoot } = element;
    if (shadowRoot) {
      watch(shadowRoot);
      pass(shadowRoot);
    }
    if (element.localName === 'iframe') enterFrame(element as HTMLIFrameElement);
  };

  /** A piece without digits counts too: it may stand between two that have them. */
  const swapText = (text: Text): Text[] => {
    const line = lineOf(text, textOf);
    swapLine(line, '');
    return line;
  };

  const passInto = (root: ParentNode & Node): void => {
    for (const each of root.querySelectorAll(WITH_ATTRIBUTES)) swapAttributes(each);
    let done: readonly Node[] = [];
    const walk = (parent: Node): void => {
      for (let node = parent.firstChild; node; node = node.nextSibling)
        if (isText(node)) {
          if (!done.includes(node) && HAS_DIGIT.test(textOf(node))) done = swapText(node);
        } else if (isElement(node) && !node.matches(SKIPPED)) {
          enter(node);
          walk(node);
        }
    };
    walk(root);
  };

  const pass = (root: Node): void => {
    const element = isElement(root) ? root : root.parentElement;
    if (!root.isConnected || element?.closest(SKIPPED)) return;
    if (isText(root)) {
      swapText(root);
      return;
    }
    if (element) {
      swapAttributes(element);
      enter(element);
    }
    if (root.firstChild) passInto(root as Element);
  };

  const count = (work: () => void): Tally => {
    tally = { ...NOTHING };
    if (mayBegin()) work();
    return tally;
  };
  const scan = (root?: Node): Tally => count(() => pass(root || document));

  const look = ({
    type,
    target,
    addedNodes,
    removedNodes,
    previousSibling,
    nextSibling,
  }: MutationRecord): void => {
    if (type === 'attributes') {
      swapAttributes(target as Element);
      return;
    }
    if (type === 'characterData') pass(target);
    for (const node of addedNodes) pass(node);
    if (removedNodes.length)
      for (const node of [previousSibling, nextSibling]) if (node && isText(node)) pass(node);
  };

  const observer = new MutationObserver((records) => {
    if (rounds >= ROUNDS) return;
    if (count(() => records.forEach(look)).written) {
      if (!rounds++)
        setTimeout(() => {
          rounds = 0;
        });
      if (rounds === ROUNDS) onChange(true);
    }
    onChange(false);
  });

  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (init) {
    const root = attachShadow.call(this, init);
    if (init.mode === 'open') watch(root);
    return root;
  };
  watch(document);

  return {
    set: (targets, next) => {
      numbers = next;
      for (const target of targets) meaning[target] = target;
      for (const target of Object.keys(next)) {
        const { e164 } = next[target] as ShownNumber;
        meaning[e164] = meaning[e164] || target;
      }
      find = matcherOf(Object.keys(meaning));
      return scan();
    },
    scan,
    printing: (on) => {
      printed = on;
      scan();
    },
    numberIn: (text) => {
      const found = find(text)[0];
      return found && (shownFor(found.number) || { e164: found.number }).e164;
    },
    shownFor,
  };
};
