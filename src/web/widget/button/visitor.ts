import type { ButtonNumber, Config, Viewer } from './contract.ts';

type DniFacts = { readonly visitor?: string; readonly visit?: string };
type Dni = { readonly ready?: Promise<unknown>; readonly debug?: () => DniFacts };

const STEP_MS = 50;
const STEPS = 30;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const dni = (): Dni => (window as { dialtrace?: Dni }).dialtrace || {};

/** `e-` and 128 random bits, for as long as the page lives. */
export const randomId = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .slice(0, 22);
};

/** Whom dt.js knows: `visitor` only where something may be stored. */
export const knownVisitor = (): DniFacts => {
  const { debug } = dni();
  const { visitor, visit } = debug?.() || {};
  return { ...(visitor && { visitor }), ...(visit && { visit }) };
};

/** Waits for dt.js and for its answer, where the page has it; 1.5 s for the script, and as long again for the answer. */
export const whenVisitorKnown = async (): Promise<void> => {
  for (let step = 0; step < STEPS; step += 1) {
    const { ready } = dni();
    if (ready) {
      await Promise.race([ready, sleep(STEP_MS * STEPS)]);
      return;
    }
    if (!document.querySelector('script[src*="/dt.js"]')) return;
    await sleep(STEP_MS);
  }
};

const made = `e-${randomId()}`;

/** Who looks at the page now. */
const viewerNow = (): Viewer => {
  const { visitor, visit } = knownVisitor();
  return { viewer: visitor || made, ...(visit && { visit }) };
};

/** Who looks at the page, as the gateway calls them. */
export const createIdentity = () => {
  /** Ids that the gateway does not know, and what it calls their viewers. */
  const renamed = new Map<string, string>();
  return {
    who: (): Viewer => {
      const now = viewerNow();
      return { ...now, viewer: renamed.get(now.viewer) || now.viewer };
    },
    rename: (viewer: string): void => void renamed.set(viewerNow().viewer, viewer),
  };
};

/** Of one language: pages seldom have more. */
export type Kept = Config & { readonly language?: string };

/** What the gateway said before, kept where dt.js shows a visitor, and dropped where it shows none. */
export const createMemory = (site: string) => {
  const key = `dtc:${site}`;
  return {
    read: (): Kept | undefined => {
      try {
        const kept = JSON.parse(localStorage[key]) as Kept;
        return kept.viewer && kept.buttons ? kept : undefined;
      } catch {
        return undefined;
      }
    },
    write: (config: Kept): void => {
      try {
        if (knownVisitor().visitor) localStorage[key] = JSON.stringify(config);
        else delete localStorage[key];
      } catch {}
    },
  };
};

/** What people put between digits to read them better (RFC 3966 section 5.1.1, and blanks). */
const SEPARATORS = /[\s().-]+/g;

/** What is dialled for a number as people write it. */
export const telOfTarget = (target: string): string => target.replace(SEPARATORS, '');

/** The number of a link: `tel:+49…` as dt.js has left it, with the words that show it. */
export const numberOf = (
  link: HTMLAnchorElement | null,
  target: string,
  given: ButtonNumber,
): ButtonNumber => {
  const [, linked] = /^tel:(.+)/.exec(link?.href || '') || [];
  const tel = linked || telOfTarget(target);
  if (!tel || tel === given.tel) return given;
  const words = ((linked ? link?.textContent : target) || '').trim();
  const display = /\d\D*\d\D*\d\D*\d/.test(words) ? words : tel;
  // A code is dialled behind the number: `+49…,,4821`.
  const [main = ''] = tel.split(/[,;]/);
  return { e164: /^\+\d+$/.test(main) ? main : given.e164, tel, display };
};
