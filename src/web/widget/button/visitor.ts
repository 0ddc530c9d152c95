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
export const viewerNow = (): Viewer => {
  const { visitor, visit } = knownVisitor();
  return { viewer: visitor || made, ...(visit && { visit }) };
};

/** What the gateway said before, kept where dt.js shows a visitor, and dropped where it shows none. */
export const createMemory = (site: string) => {
  const key = `dtc:${site}`;
  return {
    read: (): Config | undefined => {
      try {
        const kept = JSON.parse(localStorage[key]) as Config;
        return kept.viewer && kept.buttons ? kept : undefined;
      } catch {
        return undefined;
      }
    },
    write: (config: Config): void => {
      try {
        if (knownVisitor().visitor) localStorage[key] = JSON.stringify(config);
        else delete localStorage[key];
      } catch {}
    },
  };
};

/** The number of a link: `tel:+49…` as dt.js has left it, with the words that show it. */
export const numberOf = (
  link: HTMLAnchorElement | null,
  target: string,
  given: ButtonNumber,
): ButtonNumber => {
  const [, tel = target] = /^tel:(.+)/.exec(link?.href || '') || [];
  if (!tel || tel === given.tel) return given;
  const words = (link?.textContent || '').trim();
  const display = /\d\D*\d\D*\d\D*\d/.test(words) ? words : tel;
  // A code is dialled behind the number: `+49…,,4821`.
  const [main = ''] = tel.split(/[,;]/);
  return { e164: /^\+\d+$/.test(main) ? main : given.e164, tel, display };
};
