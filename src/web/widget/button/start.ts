import {
  type Begin,
  type ButtonFacts,
  type Decision,
  type EventType,
  type Ground,
  KEPT,
  type Language,
  type Phone,
} from './contract.ts';
import { decide, offersBrowser, type Wish } from './decide.ts';
import { createDescribed } from './described.ts';
import { createReporter } from './events.ts';
import { languageOf } from './language.ts';
import { probe, watchPermission } from './probe.ts';
import type { Tag } from './tag.ts';
import { createViews } from './views.ts';
import { createIdentity, numberOf, randomId, telOfTarget } from './visitor.ts';

/** What is older is asked for anew when a press seems near: hours change, and numbers are lent to others. */
const FRESH_MS = 60_000;
/** A call of the page before waits so long. */
const RESUME_MS = 15_000;
/** A press that came before the gateway's answer is carried out, unless it is older. */
const EARLY_MS = 5000;
/** The second part comes within this time, or the number has to do. */
const LOAD_MS = 15_000;

/** Where a page has a button: an element of ours, or one marked with `data-dt-call`. */
export type Place = {
  readonly element: HTMLElement;
  readonly button: string;
  readonly intent: string | undefined;
  /** The page's own wish, by an attribute. */
  readonly language: string | undefined;
  /** Number that stands in for a missing link. */
  readonly target: string;
  /** The link that works without script. */
  link(): HTMLAnchorElement | null;
  /** Called when there is something to show, or other things than before. */
  show(facts: ButtonFacts): void;
  /** There is no such button, or no longer. */
  clear(): void;
  /** The second part can't be loaded: the number has to do. */
  fail(tel: string): void;
};

/** What a press of a place is to do. */
export type Widget = {
  readonly nonce: string;
  enter(place: Place): void;
  leave(place: Place): void;
  /** The page's language is another one now. */
  refresh(): void;
  languageOf(place: Place, facts: ButtonFacts): Language;
  /** How a press of it would be answered now. */
  outlook(facts: ButtonFacts): { readonly decision: Decision; readonly browser: boolean };
  /** The number to dial: that of the page's link as it is now. */
  telOf(place: Place, facts: ButtonFacts): string;
  /** A press seems near: fetches what it needs. */
  warm(place: Place): void;
  /**
   * @returns whether the browser's own way is all that is needed: a `tel:` link is to be followed
   */
  press(place: Place, wish: Wish, from: HTMLElement): boolean;
  isPhone(): boolean;
  /** Opens the dialler, where no link does; within a gesture. */
  dial(place: Place): void;
  /** The visitor has followed a `tel:` link beside the button itself. */
  dialled(place: Place): void;
  /** Watches for views. */
  watch(element: Element, button: string): void;
};

export const createWidget = (tag: Tag): Widget => {
  const { site, origin, nonce } = tag;
  const url = `${origin}/v1/button/`;
  const { who, rename } = createIdentity();
  const { report, flush } = createReporter(`${url}events`, site, who);
  const places = new Set<Place>();
  const early = new Map<Place, { readonly wish: Wish; readonly from: HTMLElement }>();
  /** What a place shows now, in whatever language. */
  const shown = new WeakMap<Place, ButtonFacts>();
  const ground: Ground = { site, origin, nonce, who, report, flush };
  let phone: Phone | undefined;
  let loading: Promise<Phone> | undefined;
  /** Some browsers never ask again for a module that they could not get: it needs another name then. */
  let again = '';

  const pageLanguage = (place: Place): string =>
    place.language || tag.language || document.documentElement.lang || navigator.language;
  const factsOf = (place: Place): ButtonFacts | undefined =>
    described.of(pageLanguage(place), place.button) || shown.get(place);

  /** Shows a place what is known of it, if anything is. */
  const settle = (place: Place): void => {
    const facts = factsOf(place);
    if (!facts) return;
    shown.set(place, facts);
    place.show(facts);
    const sooner = early.get(place);
    if (early.delete(place) && sooner && press(place, sooner.wish, sooner.from)) dial(place);
  };

  const described = createDescribed({
    site,
    url,
    who,
    rename,
    onNews: (language, gone) => {
      for (const place of places) {
        if (gone.includes(place.button) && pageLanguage(place) === language) {
          shown.delete(place);
          place.clear();
        }
        settle(place);
      }
    },
  });

  const want = (place: Place, freshMs: number): void =>
    described.want(pageLanguage(place), place.button, freshMs);

  const enter = (place: Place): void => {
    places.add(place);
    settle(place);
    want(place, Number.POSITIVE_INFINITY);
  };

  const load = (): Promise<Phone> => {
    loading =
      loading ||
      (
        import(/* @vite-ignore */ `${origin}/dt-call-phone.js${again}`) as Promise<{ readonly begin: Begin }>
      ).then(({ begin }) => {
        phone = begin(ground);
        return phone;
      });
    loading.catch(() => {
      loading = undefined;
      again = `?${Date.now()}`;
    });
    return new Promise((resolve, reject) => {
      (loading as Promise<Phone>).then(resolve, reject);
      setTimeout(reject, LOAD_MS);
    });
  };

  const views = createViews({
    page: () => location.pathname,
    inSight: () => document.visibilityState === 'visible',
    onView: (button) => report({ type: 'view', button }),
  });
  const watched = new WeakMap<Element, string>();
  const eye =
    window.IntersectionObserver &&
    new IntersectionObserver(
      (entries) => {
        for (const { target, intersectionRatio } of entries) {
          views.see(target, watched.get(target) as string, intersectionRatio);
          if (eye && !target.isConnected) eye.unobserve(target);
        }
      },
      { threshold: [0, 0.5] },
    );
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener('navigatesuccess', views.turn);
  else addEventListener('popstate', views.turn);

  const telOf = (place: Place, { number }: ButtonFacts): string =>
    `tel:${numberOf(place.link(), place.target, number).tel}`;

  const say = (place: Place, type: EventType, press: string): void =>
    report({ type, button: place.button, press });

  const press = (place: Place, wish: Wish, from: HTMLElement): boolean => {
    const at = performance.now();
    const facts = factsOf(place);
    if (!facts) {
      // What is no link has nothing of its own to do until the gateway has answered.
      if (place.link()) return true;
      early.set(place, { wish, from });
      setTimeout(() => {
        if (early.delete(place) && place.target) dial(place);
      }, EARLY_MS);
      return false;
    }
    // A second click while the first one is at work.
    if (from.getAttribute('aria-busy')) return false;
    const id = randomId();
    const decision = decide(facts, probe(), wish);
    if (decision.type !== 'dial' && phone && phone.showCall(from)) return false;
    say(place, 'click', id);
    if (decision.type === 'dial') {
      say(place, 'tel_open', id);
      flush();
      return true;
    }
    from.setAttribute('aria-busy', 'true');
    load()
      .then((loaded) =>
        loaded.press({
          id,
          at,
          facts,
          decision,
          // One that the button has not would be asked for in vain.
          intent: facts.intents.some(({ id: known }) => known === place.intent) ? place.intent : undefined,
          language: languageOfPlace(place, facts),
          number: numberOf(place.link(), place.target, facts.number),
          from,
          focus: () => {
            const { element } = place;
            // It was drawn anew meanwhile.
            const heir = element.shadowRoot?.querySelector<HTMLElement>('[part=button]') || element;
            (from.isConnected ? from : heir).focus();
          },
        }),
      )
      .catch(() => place.fail(telOf(place, facts)))
      .then(() => from.removeAttribute('aria-busy'));
    return false;
  };

  const dial = (place: Place): void => {
    const facts = factsOf(place);
    const link = place.link();
    const own = link ? link.href : `tel:${telOfTarget(place.target)}`;
    location.href = facts ? telOf(place, facts) : own;
  };

  const languageOfPlace = (place: Place, facts: ButtonFacts): Language =>
    languageOf([
      // As the gateway has chosen it for the words of the button.
      facts.language,
      place.language,
      tag.language,
      document.documentElement.lang,
      ...navigator.languages,
    ]);

  const takeUp = (): void => {
    try {
      const kept = sessionStorage[KEPT] as string | undefined;
      delete sessionStorage[KEPT];
      const { at } = JSON.parse(kept || '{}') as { at?: number };
      if (!kept || !at || Date.now() - at >= RESUME_MS) return;
      // Left again before there is anything that could take it up: the page after this one may.
      const putBack = (): void => {
        sessionStorage[KEPT] = kept;
      };
      addEventListener('pagehide', putBack);
      load()
        .then((loaded) => {
          removeEventListener('pagehide', putBack);
          loaded.takeUp(kept);
        })
        .catch(() => undefined);
    } catch {}
  };

  described.recall();
  watchPermission();
  takeUp();
  // "Back" shows a page that was put aside; the one before it may have been in a call, and tells of it a moment later.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) for (const ms of [0, 100, 1000]) setTimeout(takeUp, ms);
  });

  return {
    nonce,
    enter,
    refresh: () => places.forEach(enter),
    leave: (place) => void places.delete(place),
    languageOf: languageOfPlace,
    outlook: (facts) => {
      const now = probe();
      return { decision: decide(facts, now, 'press'), browser: offersBrowser(facts, now) };
    },
    telOf,
    isPhone: () => probe().device === 'phone',
    dial,
    warm: (place) => {
      const facts = factsOf(place);
      want(place, FRESH_MS);
      if (facts && decide(facts, probe(), 'press').type !== 'dial') load().catch(() => undefined);
    },
    press,
    dialled: (place) => {
      say(place, 'tel_open', randomId());
      flush();
    },
    watch: (element, button) => {
      watched.set(element, button);
      if (eye) eye.observe(element);
    },
  };
};
