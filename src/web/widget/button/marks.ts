import { warmOn } from './element.ts';
import type { Place, Widget } from './start.ts';

const MARK = 'data-dt-call';
const MARKED = `[${MARK}]`;
const GATHER_MS = 100;
/** What can be reached and pressed with the keyboard anyway. */
const PRESSABLE = 'a[href],button,input,summary';

const placeOf = (element: HTMLElement, widget: Widget): Place => {
  const attribute = (name: string): string => element.getAttribute(MARK + name) || '';
  return {
    element,
    button: attribute(''),
    get intent() {
      return attribute('-intent') || undefined;
    },
    language: element.lang || undefined,
    get target() {
      return attribute('-target');
    },
    link: () =>
      element.closest<HTMLAnchorElement>('a[href^="tel:"]') || element.querySelector('a[href^="tel:"]'),
    show: ({ id }) => widget.watch(element, id),
    clear: () => undefined,
    fail: (tel) => location.assign(tel),
  };
};

const isMarked = (each: HTMLElement): boolean => !!each.matches && each.matches(MARKED);

/** Makes buttons of all elements with `data-dt-call`, also of those that the page adds later. They look as the page likes. */
export const watchMarks = (widget: Widget): void => {
  const root = document.documentElement;
  const places = new Map<HTMLElement, Place>();
  let timer = 0;
  let { lang } = root;
  const add = (element: HTMLElement): Place => {
    const place = placeOf(element, widget);
    places.set(element, place);
    if (!element.closest(PRESSABLE)) {
      if (element.tabIndex < 0 || !element.hasAttribute('tabindex')) element.tabIndex = 0;
      if (!element.hasAttribute('role')) element.setAttribute('role', 'button');
    }
    warmOn(element, () => widget.warm(place));
    widget.enter(place);
    return place;
  };
  const scan = (): void => {
    timer = 0;
    for (const [element, place] of places)
      if (!element.isConnected || element.getAttribute(MARK) !== place.button) {
        widget.leave(place);
        places.delete(element);
      }
    for (const element of document.querySelectorAll<HTMLElement>(MARKED))
      if (!places.has(element)) add(element);
    if (lang === root.lang) return;
    lang = root.lang;
    widget.refresh();
  };
  const press = (event: MouseEvent): void => {
    if (event.defaultPrevented) return;
    const path = event.composedPath() as HTMLElement[];
    const [target] = path as [HTMLElement];
    const element =
      path.find(isMarked) ||
      // The link or the button around it was pressed, with the keyboard.
      (!event.detail &&
        target.matches &&
        target.matches(PRESSABLE) &&
        target.querySelector<HTMLElement>(MARKED));
    if (!element) return;
    // It may have come a moment ago.
    const place = places.get(element) || add(element);
    const follow = widget.press(place, 'press', element.closest<HTMLElement>(PRESSABLE) || element);
    const link = place.link();
    if (follow && link && path.includes(link)) return;
    event.preventDefault();
    // What was pressed is no link that dials.
    if (follow) widget.dial(place);
  };
  document.addEventListener('click', press);
  document.addEventListener('keydown', (event) => {
    const { key, defaultPrevented } = event;
    const [target] = event.composedPath() as [HTMLElement];
    if (defaultPrevented || (key !== 'Enter' && key !== ' ')) return;
    if (!places.has(target) || target.closest(PRESSABLE)) return;
    event.preventDefault();
    // Drawings have no `click()`.
    target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true }));
  });
  new MutationObserver(() => {
    timer = timer || window.setTimeout(scan, GATHER_MS);
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: [MARK, 'lang'] });
  scan();
};
