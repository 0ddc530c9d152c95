import type { Answer, Consent, Facts, PageEvent, ShownNumber } from './contract.ts';
import { watchHydration } from './frameworks.ts';
import { hideNumbers } from './hiding.ts';
import { createMemory } from './memory.ts';
import { takeLinkToken, watchGestures, watchHistory } from './page.ts';
import { createSwapper, NOTHING, type Tally } from './swap.ts';
import type { Tag } from './tag.ts';

const TIMEOUT = 1500;
/** A session is asked for again, because of what the gateway says, at most so often. */
const RENEW_APART = 10_000;
const FIRST_CHECK = 1000;
const LAST_CHECK = 5000;
const CHECK_APART = 2000;
const LOG = 50;

type Occasion = 'swap' | 'lease' | 'fallback';
type Call = readonly unknown[];

/** `window.dt` */
export type Api = {
  /** Settled when the gateway has answered, or has not; never rejected. */
  readonly ready: Promise<Facts>;
  /** The number shown for a canonical one, E.164. */
  number(target: string): ShownNumber;
  /** For what changed where no script can see it. */
  rescan(root?: Node): void;
  on(occasion: Occasion, listener: (about: unknown) => void): void;
  consent(said: 'granted' | 'denied'): void;
  debug(): Facts;
  readonly q: { push(call: Call): void };
};

const NO_ANSWER: Answer = { ttl: 0, heartbeat: 60, mode: '', numbers: {}, targets: [], linkHosts: [] };

/** Begins: numbers of the last page at once, then what the gateway says. */
export const start = ({ site, origin, consent: given, debug, nonce }: Tag, queue: readonly Call[]): void => {
  const memory = createMemory(site);
  const kept = memory.read();
  const listeners: [Occasion, (about: unknown) => void][] = [];
  const log: string[] = [];
  const reported = new Set<string>();
  const saidBefore = queue.filter(([name]) => name === 'consent').pop();
  let consent = (saidBefore ? saidBefore[1] : given) as Consent;
  let answer = NO_ANSWER;
  let link = takeLinkToken();
  let round = 0;
  let renewedAt = -RENEW_APART;
  let tally: Tally = NOTHING;
  let ms = 0;
  let checking = 0;
  let beating = 0;
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

  const post = (path: string, body: object, signal?: AbortSignal): Promise<unknown> =>
    fetch(`${origin}/v1/dni/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      credentials: 'include',
      keepalive: true,
      ...(signal && { signal }),
    }).then((response) => {
      if (!response.ok) throw response.status;
      return response.json();
    });

  /** Reports something. With `leaving` it survives the page and has no answer. */
  const report = (event: PageEvent, leaving?: boolean): void => {
    const { visit } = answer;
    if (!visit && event.type !== 'swap') return;
    const body = { site, visit, events: [event] };
    if (leaving) {
      navigator.sendBeacon(`${origin}/v1/dni/events`, JSON.stringify(body));
      return;
    }
    post('events', body).then(
      (got) => {
        const { renew, link: fresh } = got as { renew?: boolean; link?: string };
        if (fresh) answer = { ...answer, link: fresh };
        if (!renew || now() - renewedAt < RENEW_APART) return;
        renewedAt = now();
        ask();
      },
      () => {},
    );
  };
  const reportSwap = (outcome: string, count: number): void => {
    const { pathname: page } = location;
    const what = `${outcome} ${page}`;
    note(`${what} ${count}`);
    if (reported.has(what)) return;
    reported.add(what);
    report({ type: 'swap', outcome, page, count }, true);
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

  const onLink = (to: HTMLAnchorElement): void => {
    const { host } = to;
    const isLinked = answer.linkHosts.some((each) =>
      each[0] === '*' ? host.endsWith(each.slice(1)) : host === each,
    );
    if (!answer.link || !isLinked || host === location.host) return;
    const url = new URL(to.href);
    url.searchParams.set('_dt', answer.link);
    to.href = url.href;
  };

  const swapper = createSwapper({
    mayBegin: watchHydration(() => {
      show();
      checkAfter(FIRST_CHECK);
    }),
    onDocument: (document) =>
      watchGestures(document, {
        onNumber: (kind, text) => {
          const number = swapper.numberIn(text);
          if (number) report({ type: 'click', kind, number }, true);
        },
        onLink,
      }),
    onChange: (fights) => {
      if (fights) reportSwap('fight', 1);
      checking = checking || window.setTimeout(check, CHECK_APART);
    },
  });

  const beat = (): void => {
    clearInterval(beating);
    if (document.visibilityState !== 'visible') return;
    beating = window.setInterval(
      () => (answer.mode ? report({ type: 'beat' }) : ask()),
      answer.heartbeat * 1000,
    );
  };

  const take = (got: Answer): void => {
    answer = got;
    // A visitor without a name is one of whom nothing may be kept.
    if (got.visitor)
      memory.write({ ...got, until: Date.now() + got.ttl * 1000, granted: consent === 'granted' });
    show();
    checkAfter(FIRST_CHECK);
    checkAfter(LAST_CHECK);
    beat();
    tell('lease', { mode: got.mode, visit: got.visit });
  };

  const ask = async (): Promise<void> => {
    const own = ++round;
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), TIMEOUT);
    const { visitor, visit } = answer;
    const question = {
      site,
      visitor,
      visit,
      url: location.href,
      referrer: document.referrer || undefined,
      title: document.title,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
      lang: navigator.language,
      viewport: [innerWidth, innerHeight],
      consent,
      gpc:
        (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl ||
        navigator.doNotTrack === '1',
      automated: !!navigator.webdriver,
      link,
    };
    link = undefined;
    await post('session', question, control.signal).then(
      (got) => own === round && take(got as Answer),
      (error: unknown) => {
        if (own !== round) return;
        tell('fallback', `${error}`);
        reportSwap('timeout', 1);
        beat();
      },
    );
    clearTimeout(timer);
    settle(facts());
  };

  const setConsent = (said: 'granted' | 'denied'): void => {
    if (said === consent) return;
    consent = said;
    if (said === 'denied') {
      report({ type: 'consent', consent: said }, true);
      memory.write(undefined);
      answer = { ...NO_ANSWER, targets: answer.targets };
      show();
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
      push: ([name, ...inputs]) =>
        (api as unknown as Record<string, (...inputs: unknown[]) => void>)[name as string]?.(...inputs),
    },
  };
  Object.assign(window, { dt: api });
  for (const call of queue) if (call[0] !== 'consent') api.q.push(call);

  if (consent === 'denied') memory.write(undefined);
  else if (kept) {
    if (kept.granted) consent = 'granted';
    const fresh = kept.until > Date.now();
    answer = fresh ? kept : { ...NO_ANSWER, visitor: kept.visitor as string, visit: kept.visit as string };
  }
  show();
  const reveal = answer.mode ? () => {} : hideNumbers();
  ask().then(reveal);

  watchHistory((url, referrer) => {
    report({ type: 'page', url, title: document.title, referrer });
    checkAfter(FIRST_CHECK);
  });
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible';
    beat();
    report({ type: visible ? 'beat' : 'idle' }, !visible);
  });
  addEventListener('pagehide', () => report({ type: 'idle' }, true));
  // The page comes back as it was left, its number may not.
  addEventListener('pageshow', (event) => void (event.persisted && ask()));
  addEventListener('beforeprint', () => swapper.printing(true));
  addEventListener('afterprint', () => swapper.printing(false));
  if (debug) {
    const script = document.createElement('script');
    script.src = `${origin}/dt-debug.js`;
    script.nonce = nonce;
    document.documentElement.append(script);
  }
};
