import type { Answer } from './contract.ts';
import { isSms, linkOf } from './write.ts';

const DEBOUNCE = 200;

/** What a linked site added to the page's address. */
const LINK_TOKEN = /([?&])_dt=([^&#]*)(&?)/;

/** Takes the token of a linked site out of the address bar. */
export const takeLinkToken = (): string | undefined => {
  const { href } = location;
  const found = LINK_TOKEN.exec(href);
  if (!found) return undefined;
  const [whole, head, token, tail] = found;
  // Whole: a `<base>` would lead a part of an address elsewhere.
  history.replaceState(history.state, '', href.replace(whole, (tail && head) as string));
  return token;
};

/** Calls `onPage` when a page without a reload becomes another one: its address and the one before. */
export const watchHistory = (onPage: (url: string, before: string) => void): void => {
  let last = location.href;
  let timer: ReturnType<typeof setTimeout>;
  const turned = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { href } = location;
      if (href === last) return;
      onPage(href, last);
      last = href;
    }, DEBOUNCE);
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (...inputs) {
      original.apply(this, inputs);
      turned();
    };
  }
  addEventListener('popstate', turned);
  addEventListener('hashchange', turned);
};

/** Tells a linked site, by a token in the link's address, who comes. */
export const handOver = (to: HTMLAnchorElement, { link, linkHosts }: Answer): void => {
  const { host } = to;
  const isLinked = linkHosts.some((each) => (each[0] === '*' ? host.endsWith(each.slice(1)) : host === each));
  if (!link || !isLinked || host === location.host) return;
  const url = new URL(to.href);
  url.searchParams.set('_dt', link);
  to.href = url.href;
};

/**
 * Watches what the visitor does in a document; also in open shadow roots.
 *
 * @param onNumber a link to call or write to was followed, or text was copied
 * @param onLink another link is about to be followed
 */
export const watchGestures = (
  document: Document,
  onNumber: (kind: 'tel' | 'sms' | 'copy', text: string) => void,
  onLink: (link: HTMLAnchorElement) => void,
): void => {
  const followed = (event: Event): void => {
    const link = (event.composedPath() as Element[]).find((each) => /^a(rea)?$/.test(each.localName));
    // The address of a link in an SVG is an object.
    const { href } = (link || {}) as HTMLAnchorElement;
    if (typeof href !== 'string') return;
    const number = linkOf(href);
    if (!number) onLink(link as HTMLAnchorElement);
    else if (event.type === 'click') onNumber(isSms(number) ? 'sms' : 'tel', number.number);
  };
  for (const type of ['click', 'auxclick', 'contextmenu']) document.addEventListener(type, followed, true);
  document.addEventListener('copy', () => onNumber('copy', `${document.getSelection()}`), true);
};
