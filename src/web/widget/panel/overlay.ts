import { PANEL_CSS } from './styles.ts';

/** Where everything of a press is shown: one element of the page's body, apart from what the page itself draws. */
export type Overlay = {
  /** What is drawn into. */
  readonly root: HTMLElement;
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

/** Opens it, and puts it back when the page replaces its body as some do in place of loading another page. */
export const openOverlay = (nonce: string): Overlay => {
  const host = document.createElement('dt-call-panel');
  const shadow = host.attachShadow({ mode: 'open' });
  dress(shadow, nonce);
  const root = document.createElement('div');
  root.className = 'panel';
  // Pages from right to left have the call in their left corner.
  root.dir = getComputedStyle(document.documentElement).direction;
  shadow.append(root);
  const attach = (): void => {
    if (host.isConnected) return;
    document.body.append(host);
    watch.observe(document.body, { childList: true });
  };
  const watch = new MutationObserver(attach);
  watch.observe(document.documentElement, { childList: true });
  attach();
  return {
    root,
    remove: () => {
      watch.disconnect();
      host.remove();
    },
  };
};
