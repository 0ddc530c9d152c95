import type { ButtonFacts } from './contract.ts';
import { draw } from './draw.ts';
import type { Place, Widget } from './start.ts';
import { dress } from './styles.ts';

/** Kinds of events that tell of a press to come. */
const NEAR = ['pointerenter', 'focusin', 'touchstart'] as const;

export const warmOn = (element: HTMLElement, warm: () => void): void => {
  for (const type of NEAR) element.addEventListener(type, warm, { passive: true });
};

/**
 * Draws into the element's shadow root, and listens there. What the page has put into the element is seen until there is a
 * button, and on paper.
 */
const createPlace = (element: HTMLElement, root: ShadowRoot, widget: Widget): Place => {
  let drawn = '';
  const attribute = (name: string): string => element.getAttribute(name) || '';
  const clear = (): void => {
    drawn = '';
    const box = root.querySelector('.box');
    if (box) box.remove();
  };
  const place: Place = {
    element,
    button: attribute('button'),
    intent: attribute('intent') || undefined,
    language: attribute('lang') || undefined,
    target: attribute('target'),
    link: () => element.querySelector('a[href^="tel:"]'),
    show: (facts: ButtonFacts) => {
      const { decision, browser } = widget.outlook(facts);
      const dials = decision.type === 'dial';
      const other = browser ? 'browser' : facts.mobile === 'browser' && widget.isPhone() ? 'dial' : undefined;
      const language = widget.languageOf(place, facts);
      const form = { dials, other, language } as const;
      const next = JSON.stringify([facts, form]);
      if (next === drawn) return;
      const hadFocus = !!root.activeElement;
      clear();
      drawn = next;
      const { box, main, other: second } = draw(facts, form);
      if (place.link()) box.classList.add('linked');
      const follow = (link: HTMLElement): void => link.setAttribute('href', widget.telOf(place, facts));
      const refresh = (): void => {
        if (dials) follow(main);
        if (second && other === 'dial') follow(second);
      };
      refresh();
      // Of the click itself too: dt.js may have lent another number since.
      for (const type of [...NEAR, 'click'] as const) box.addEventListener(type, refresh, true);
      main.addEventListener('click', (event) => {
        if (!widget.press(place, 'press', main)) event.preventDefault();
      });
      if (second)
        second.addEventListener('click', () => {
          if (other === 'dial') widget.dialled(place);
          else widget.press(place, 'browser', second);
        });
      root.insertBefore(box, root.querySelector('slot'));
      if (hadFocus) main.focus();
      widget.watch(box, place.button);
    },
    clear,
    fail: (tel) => {
      const link = place.link();
      if (!link) {
        location.assign(tel);
        return;
      }
      clear();
      link.focus();
    },
  };
  return place;
};

/** Makes `<dt-call-button>` known to the browser. */
export const defineElement = (widget: Widget): void => {
  class CallButton extends HTMLElement {
    static get observedAttributes(): string[] {
      return ['button', 'intent', 'lang', 'target'];
    }

    #place: Place | undefined;

    connectedCallback(): void {
      const place = this.#place;
      if (place) widget.leave(place);
      const first = !this.shadowRoot;
      const root = this.shadowRoot || this.attachShadow({ mode: 'open' });
      if (first) {
        dress(root, widget.nonce);
        root.append(document.createElement('slot'));
      }
      const fresh = createPlace(this, root, widget);
      this.#place = fresh;
      if (place && place.button !== fresh.button) fresh.clear();
      if (first) warmOn(this, () => this.#place && widget.warm(this.#place));
      if (fresh.button) widget.enter(fresh);
    }

    disconnectedCallback(): void {
      if (this.#place) widget.leave(this.#place);
    }

    attributeChangedCallback(): void {
      if (this.isConnected && this.#place) this.connectedCallback();
    }
  }
  customElements.define('dt-call-button', CallButton);
};
