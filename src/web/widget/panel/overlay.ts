import { focusFirst } from './parts.tsx';
import { PANEL_CSS } from './styles.ts';

/** Where everything of a press is shown: one element of the page's body, apart from what the page itself draws. */
export type Overlay = {
  /** What is drawn into. */
  readonly root: HTMLElement;
  /** Moves it to where it can be used together with this element of the page. */
  reach(from: HTMLElement): void;
  remove(): void;
};

const dress = (root: ShadowRoot, nonce: string): void => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(PANEL_CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.nonce = nonce;
    style.textContent = PANEL_CSS;
    root.append(style);
  }
};

const isModal = (element: Element): boolean => {
  try {
    return element.matches(':modal');
  } catch {
    // Browsers without the word, or without such dialogues.
    return false;
  }
};

/** The page's own dialogue around an element, which makes everything outside of it unusable. */
const dialogueAround = (from: Node): HTMLElement | undefined => {
  let node: Node | undefined = from;
  while (node && !(node instanceof HTMLDialogElement && isModal(node)))
    node = node.parentNode ?? (node as Partial<ShadowRoot>).host;
  return node as HTMLElement | undefined;
};

/** Shortcuts of the page are not meant: what is typed here is a number, a code, or keys of the call. */
const KEYS = ['keydown', 'keypress', 'keyup'] as const;

/** Opens it, and puts it back when the page replaces its body as some do in place of loading another page. */
export const openOverlay = (nonce: string, from: HTMLElement): Overlay => {
  const host = document.createElement('dt-call-panel');
  const shadow = host.attachShadow({ mode: 'open' });
  dress(shadow, nonce);
  const root = document.createElement('div');
  root.className = 'panel';
  // Pages from right to left have the call in their left corner.
  root.dir = getComputedStyle(document.documentElement).direction;
  for (const type of KEYS) root.addEventListener(type, (event) => event.stopPropagation());
  shadow.append(root);
  /** A dialogue of the page that it stands in. */
  let around: HTMLElement | undefined;
  let removed = false;

  /** What was moved is no longer above the page by itself. */
  const raise = (): void => {
    if (around) {
      host.popover = 'manual';
      host.showPopover?.();
    }
    for (const sheet of root.querySelectorAll<HTMLDialogElement>('dialog[open]')) {
      if (!sheet.showModal || isModal(sheet)) continue;
      sheet.removeAttribute('open');
      sheet.showModal();
      focusFirst(sheet);
    }
  };
  const attach = (): void => {
    if (removed) return;
    if (around && !(around.isConnected && isModal(around))) around = undefined;
    const home = around ?? document.body;
    if (host.parentNode === home && host.isConnected) return;
    if (!around) host.removeAttribute('popover');
    home.append(host);
    raise();
    look();
  };
  const watch = new MutationObserver(attach);
  const look = (): void => {
    watch.disconnect();
    watch.observe(document.documentElement, { childList: true });
    watch.observe(document.body, { childList: true });
    if (!around) return;
    watch.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['open'] });
    // Also one that is hidden from the observer.
    around.addEventListener('close', attach);
  };
  const reach = (element: HTMLElement): void => {
    around = dialogueAround(element);
    attach();
  };
  reach(from);
  return {
    root,
    reach,
    remove: () => {
      removed = true;
      watch.disconnect();
      host.remove();
    },
  };
};
