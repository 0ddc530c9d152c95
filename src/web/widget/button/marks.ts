import { warmOn } from './element.ts';
import type { Place, Widget } from './start.ts';

const MARK = 'data-dt-call';
const MARKED = `[${MARK}]`;
const GATHER_MS = 100;
/** What can be reached and pressed with the keyboard anyway. */
const PRESSABLE = 'a[href],button,input,summary';

const placeOf = (element: HTMLElement, widget: Widget): Place => ({
  element,
  button: element.getAttribute(MARK) || '',
  intent: element.getAttribute(`${MARK}-intent`) || undefined,
  language: element.lang || undefined,
  target: element.getAttribute(`${MARK}-target`) || '',
  link: () =>
    element.closest<HTMLAnchorElement>('a[href^="tel:"]') || element.querySelector('a[href^="tel:"]'),
  show: ({ id }) => widget.watch(element, id),
  fail: (tel) => location.assign(tel),
});

/** Makes buttons of all elements with `data-dt-call`, also of those that the page adds later. They look as the page likes. */
export const watchMarks = (widget: Widget): void => {
  const places = new Map<HTMLElement, Place>();
  let timer = 0;
  const scan = (): void => {
    timer = 0;
    for (const [element, place] of places)
      if (!element.isConnected || element.getAttribute(MARK) !== place.button) {
        widget.leave(place);
        places.delete(element);
      }
    for (const element of document.querySelectorAll<HTMLElement>(MARKED)) {
      if (places.has(element)) continue;
      const place = placeOf(element, widget);
      places.set(element, place);
      if (!element.matches(PRESSABLE)) {
        if (element.tabIndex < 0) element.tabIndex = 0;
        element.setAttribute('role', 'button');
      }
      warmOn(element, () => widget.warm(place));
      widget.enter(place);
    }
  };
  const press = (event: Event): void => {
    if (event.defaultPrevented) return;
    const element = (event.composedPath() as HTMLElement[]).find((each) => places.has(each));
    const place = element && places.get(element);
    if (!element || !place) return;
    if (!widget.press(place, 'press', element)) event.preventDefault();
    // Nothing follows from a press of what is no link.
    else if (!place.link()) widget.dial(place);
  };
  document.addEventListener('click', press);
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    const isOurs =
      target instanceof HTMLElement && places.has(target) && target.getAttribute('role') === 'button';
    if (!isOurs || (key !== 'Enter' && key !== ' ') || target.matches('button,a')) return;
    event.preventDefault();
    target.click();
  });
  new MutationObserver(() => {
    timer = timer || window.setTimeout(scan, GATHER_MS);
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: [MARK] });
  scan();
};
