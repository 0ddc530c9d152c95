import { ask } from './ask.ts';
import {
  type Begin,
  type ButtonFacts,
  type Config,
  type Decision,
  type EventType,
  type Ground,
  KEPT,
  type Language,
  type Phone,
  type Viewer,
} from './contract.ts';
import { decide, offersBrowser, type Wish } from './decide.ts';
import { createReporter, pageAddress } from './events.ts';
import { languageOf } from './language.ts';
import { probe, watchPermission } from './probe.ts';
import type { Tag } from './tag.ts';
import { createViews } from './views.ts';
import { createMemory, numberOf, randomId, viewerNow, whenVisitorKnown } from './visitor.ts';

/** Buttons that appear together are asked for together. */
const GATHER_MS = 20;
const RETRY_MS = 5000;
const RETRIES = 3;
/** What is older is asked for anew when a press seems near: hours change, and numbers are lent to others. */
const FRESH_MS = 60_000;
/** A call of the page before waits so long. */
const RESUME_MS = 15_000;
/** A press that came before the gateway's answer is carried out, unless it is older. */
const EARLY_MS = 3000;

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
  /** The second part can't be loaded: the number has to do. */
  fail(tel: string): void;
};

/** What a press of a place is to do. */
export type Widget = {
  readonly nonce: string;
  enter(place: Place): void;
  leave(place: Place): void;
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
  /** Ids that the gateway does not know, and what it calls their viewers. */
  const renamed = new Map<string, string>();
  const who = (): Viewer => {
    const now = viewerNow();
    return { ...now, viewer: renamed.get(now.viewer) || now.viewer };
  };
  const { report, flush } = createReporter(`${url}events`, site, who);
  const memory = createMemory(site);
  const places = new Set<Place>();
  const shelf = new Map<string, ButtonFacts>();
  /** When a button was asked for last. */
  const askedAt = new Map<string, number>();
  const wanted = new Map<string, Set<string>>();
  const early = new Map<Place, { readonly wish: Wish; readonly from: HTMLElement; readonly until: number }>();
  const ground: Ground = { site, origin, nonce, who, report, flush };
  let gathering = 0;
  let phone: Phone | undefined;
  let loading: Promise<Phone> | undefined;

  const pageLanguage = (place: Place): string =>
    place.language || tag.language || document.documentElement.lang || navigator.language;
  const keyOf = (language: string, button: string): string => `${language} ${button}`;
  const keyOfPlace = (place: Place): string => keyOf(pageLanguage(place), place.button);
  const factsOf = (place: Place): ButtonFacts | undefined => shelf.get(keyOfPlace(place));

  const take = (language: string, config: Config): void => {
    for (const id in config.buttons) {
      shelf.set(keyOf(language, id), config.buttons[id] as ButtonFacts);
    }
    for (const place of places) {
      const facts = factsOf(place);
      if (!facts) continue;
      place.show(facts);
      const sooner = early.get(place);
      early.delete(place);
      if (sooner && performance.now() < sooner.until && press(place, sooner.wish, sooner.from)) dial(place);
    }
  };

  const fetchConfig = async (
    language: string,
    buttons: readonly string[],
    tries = RETRIES,
  ): Promise<void> => {
    await whenVisitorKnown();
    const asked = who();
    const { status, body } = await ask(`${url}config`, {
      site,
      buttons,
      ...asked,
      page: pageAddress(),
      lang: language,
      automated: !!navigator.webdriver,
    });
    const config = body as Partial<Config>;
    if (status === 200 && config.buttons) {
      if (config.viewer && config.viewer !== asked.viewer) renamed.set(viewerNow().viewer, config.viewer);
      memory.write({ ...(config as Config), language } as Config);
      take(language, config as Config);
    } else if (tries && (!status || status > 428))
      setTimeout(() => fetchConfig(language, buttons, tries - 1), RETRY_MS);
  };

  const gather = (place: Place): void => {
    const language = pageLanguage(place);
    askedAt.set(keyOfPlace(place), Date.now());
    const buttons = wanted.get(language) || new Set();
    wanted.set(language, buttons.add(place.button));
    gathering =
      gathering ||
      window.setTimeout(() => {
        gathering = 0;
        for (const [each, ids] of wanted) fetchConfig(each, [...ids]);
        wanted.clear();
      }, GATHER_MS);
  };

  const load = (): Promise<Phone> => {
    loading =
      loading ||
      (import(/* @vite-ignore */ `${origin}/dt-call-phone.js`) as Promise<{ readonly begin: Begin }>).then(
        ({ begin }) => {
          phone = begin(ground);
          return phone;
        },
      );
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
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
      early.set(place, { wish, from, until: at + EARLY_MS });
      return false;
    }
    // A second click while the first one is at work.
    if (from.getAttribute('aria-busy')) return false;
    const id = randomId();
    const decision = decide(facts, probe(), wish);
    if (decision.type !== 'dial' && phone && phone.showCall()) return false;
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
          intent: place.intent,
          language: languageOfPlace(place, facts),
          number: numberOf(place.link(), place.target, facts.number),
          from,
        }),
      )
      .catch(() => place.fail(telOf(place, facts)))
      .then(() => from.removeAttribute('aria-busy'));
    return false;
  };

  const dial = (place: Place): void => {
    const facts = factsOf(place);
    if (facts) location.href = telOf(place, facts);
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
      if (kept && at && Date.now() - at < RESUME_MS) load().then((loaded) => loaded.takeUp(kept));
    } catch {}
  };

  const { language, ...kept } = (memory.read() || { viewer: '', buttons: {} }) as Config & {
    language?: string;
  };
  if (language) take(language, kept);
  watchPermission();
  takeUp();

  return {
    nonce,
    enter: (place) => {
      places.add(place);
      const facts = factsOf(place);
      if (facts) place.show(facts);
      if (!askedAt.has(keyOfPlace(place))) gather(place);
    },
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
      if (Date.now() - (askedAt.get(keyOfPlace(place)) || 0) > FRESH_MS) gather(place);
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
