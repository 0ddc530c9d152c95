import type { Answer, Api, Call, Consent, Facts, Occasion, PageEvent } from './contract.ts';
import { watchHydration } from './frameworks.ts';
import { hideNumbers } from './hiding.ts';
import { checked, createMemory } from './memory.ts';
import { handOver, takeLinkToken, watchGestures, watchHistory } from './page.ts';
import { post } from './post.ts';
import { createSwapper, NOTHING, type Tally } from './swap.ts';
import type { Tag } from './tag.ts';

/** A session is asked for again, because of what the gateway says, at most so often. */
const RENEW_APART = 10_000;
const FIRST_CHECK = 1000;
const LAST_CHECK = 5000;
const CHECK_APART = 2000;
const LOG = 50;

const NO_ANSWER: Answer = { ttl: 0, heartbeat: 60, mode: '', numbers: {}, targets: [], linkHosts: [] };

const isVisible = (): boolean => document.visibilityState === 'visible';

/** Begins: numbers of the last page at once, then what the gateway says. */
export const start = ({ site, origin, consent: given, debug, nonce }: Tag, queue: readonly Call[]): void => {
  const url = `${origin}/v1/dni/`;
  const memory = createMemory(site);
  const kept = memory.read();
  const listeners: [Occasion, (about: unknown) => void][] = [];
  const log: string[] = [];
  const reported = new Set<string>();
  const [, said = given] = queue.filter(([name]) => name === 'consent').pop() || [];
  let consent = said as Consent;
  let answer = NO_ANSWER;
  let link = takeLinkToken();
  let round = 0;
  let renewedAt = -RENEW_APART;
  let tally: Tally = NOTHING;
  let ms = 0;
  let checking = 0;
  let beating = 0;
  let inView = isVisible();
  /** The numbers may be shown until then, ms. */
  let until = 0;
  let settle: (facts: Facts) => void;

  const now = (): number => performance.now();
  const note = (what: string): void => {
    log.push(`${Math.round(now())} ${what}`);
    if (log.length > LOG) log.shift();
  };
  const tell = (occasion: Occasion, about: unknown): void => {
    note(`${occasion} ${JSON.stringify(about)}`);
    for (const [wanted, listener] of listeners)
      try {
        if (wanted === occasion) listener(about);
      } catch {}
  };

  const lasts = (ttl: number): number => Date.now() + ttl * 1000;
  /** Goes back to the page's numbers. */
  const drop = ({ visitor, visit }: Answer): void => {
    answer = { ...NO_ANSWER, visitor, visit, targets: answer.targets } as Answer;
    show();
  };
  /** Not heard of for so long, the gateway may have lent them to others. */
  const dropLate = (): void => {
    if (answer.mode && Date.now() > until) drop(answer);
  };

  const report = (event: PageEvent): void => {
    const { visit, ttl } = answer;
    if (!visit && event.type !== 'swap') return;
    post(`${url}events`, { site, visit, events: [event] })
      .then((got) => {
        const { renew, link: fresh } = got as { renew?: boolean; link?: string };
        // Of a visit that is over by now, or withdrawn.
        if (visit !== answer.visit) return;
        until = renew ? 0 : lasts(ttl);
        if (fresh) answer = { ...answer, link: fresh };
        if (!renew || !inView || now() - renewedAt < RENEW_APART) return;
        renewedAt = now();
        ask();
      })
      .catch(dropLate);
  };
  const reportSwap = (outcome: string, count: number): void => {
    const { pathname: page } = location;
    const what = `${outcome} ${page}`;
    note(`${what} ${count}`);
    if (reported.has(what)) return;
    reported.add(what);
    report({ type: 'swap', outcome, page, count });
  };

  const timed = (pass: () => Tally): void => {
    const begun = now();
    tally = pass();
    ms = now() - begun;
    if (tally.written) tell('swap', tally);
  };
  const show = (): void => timed(() => swapper.set(answer.targets, answer.numbers));

  /** Looks whether the page shows what it is to show, and mends it. */
  const check = (): void => {
    checking = 0;
    timed(swapper.scan);
    const off = tally.written + tally.lost;
    if (off) reportSwap('reverted', off);
  };
  const checkAfter = (wait: number): void =>
    void setTimeout(() => {
      check();
      const wanted = Object.keys(answer.numbers).length;
      if (!wanted) return;
      if (tally.found) reportSwap('swapped', tally.found);
      else if (wait === LAST_CHECK) reportSwap('missing', wanted);
    }, wait);

  const swapper = createSwapper(
    watchHydration(() => {
      show();
      checkAfter(FIRST_CHECK);
    }),
    (document) =>
      watchGestures(
        document,
        (kind, text) => {
          const number = swapper.numberIn(text);
          if (number) report({ type: 'click', kind, number });
        },
        (link) => handOver(link, answer),
      ),
    (fights) => {
      if (fights) reportSwap('fight', 1);
      checking = checking || window.setTimeout(check, CHECK_APART);
    },
  );

  const beat = (): void => {
    clearInterval(beating);
    if (!inView) return;
    beating = window.setInterval(
      () => (answer.mode ? report({ type: 'beat' }) : ask()),
      answer.heartbeat * 1000,
    );
  };

  const take = (got: Answer): void => {
    answer = checked(got);
    until = lasts(got.ttl);
    // A visitor without a name is one of whom nothing may be kept.
    memory.write(got.visitor ? { ...got, until, granted: consent === 'granted' } : undefined);
    show();
    checkAfter(FIRST_CHECK);
    checkAfter(LAST_CHECK);
    beat();
    tell('lease', got.mode);
  };

  const ask = async (): Promise<void> => {
    const own = ++round;
    const { visitor, visit } = answer;
    const question = {
      site,
      visitor,
      visit,
      url: location.href,
      referrer: document.referrer,
      title: document.title,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
      lang: navigator.language,
      consent,
      gpc:
        (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl ||
        navigator.doNotTrack === '1',
      automated: !!navigator.webdriver,
      link,
    };
    link = undefined;
    try {
      const got = await post(`${url}session`, question);
      if (own === round) take(got as Answer);
    } catch (error) {
      tell('fallback', `${error}`);
      reportSwap('timeout', 1);
      dropLate();
      beat();
    }
    settle(facts());
  };

  const setConsent = (said: 'granted' | 'denied'): void => {
    if (said === consent) return;
    consent = said;
    if (said === 'denied') {
      report({ type: 'consent', consent: said });
      memory.write(undefined);
      drop(NO_ANSWER);
    }
    ask();
  };

  const facts = (): Facts => ({ ...answer, site, origin, consent, found: tally.found, ms, log });
  const api: Api = {
    ready: new Promise((resolve) => {
      settle = resolve;
    }),
    number: (target) => swapper.shownFor(target) || { e164: target, display: target, tel: target },
    rescan: (root) => void swapper.scan(root),
    on: (occasion, listener) => void listeners.push([occasion, listener]),
    consent: setConsent,
    debug: facts,
    q: {
      push: ([name, ...inputs]) => {
        const call = api[name as keyof Api] as ((...inputs: unknown[]) => void) | undefined;
        if (typeof call === 'function') call(...inputs);
      },
    },
  };
  const { dt } = window as { dt?: { q?: unknown } };
  Object.assign(window, { dialtrace: api }, (!dt || dt.q) && { dt: api });
  for (const call of queue) if (call[0] !== 'consent') api.q.push(call);

  if (consent === 'denied') memory.write(undefined);
  else if (kept) {
    if (kept.granted) consent = 'granted';
    answer = kept;
    // More than was ever given: the clock was set back.
    until = kept.until > lasts(kept.ttl) ? 0 : kept.until;
    dropLate();
  }
  show();
  ask().then(answer.mode ? undefined : hideNumbers());

  watchHistory((url, referrer) => {
    report({ type: 'page', url, title: document.title, referrer });
    checkAfter(FIRST_CHECK);
  });
  const see = (visible: boolean): void => {
    if (visible === inView) return;
    inView = visible;
    beat();
    report({ type: visible ? 'beat' : 'idle' });
  };
  document.addEventListener('visibilitychange', () => see(isVisible()));
  addEventListener('pagehide', () => see(false));
  // The page comes back as it was left, its number may not.
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    inView = true;
    ask();
  });
  addEventListener('beforeprint', () => swapper.printing(true));
  addEventListener('afterprint', () => swapper.printing(false));
  if (debug) {
    const script = document.createElement('script');
    script.src = `${origin}/dt-debug.js`;
    script.nonce = nonce;
    document.documentElement.append(script);
  }
};
