import type { Consent } from './contract.ts';

/** What the script's own tag says. */
export type Tag = {
  readonly site: string;
  /** Where the gateway is. */
  readonly origin: string;
  readonly consent: Consent;
  readonly debug: boolean;
  /** Content security policies let scripts in that bear it. */
  readonly nonce: string;
};

/** Undefined when there is no tag with a site. */
export const readTag = (): Tag | undefined => {
  for (const tag of [document.currentScript, ...document.querySelectorAll('script[src*="dt.js"]')]) {
    const { src, dataset, nonce } = (tag || {}) as HTMLScriptElement;
    if (!src) continue;
    const { origin, consent, debug } = dataset;
    const { origin: own, searchParams } = new URL(src);
    // Tag managers drop `data-` attributes: `dt.js?site=…` does as well.
    const site = dataset['site'] || searchParams.get('site');
    if (site)
      return {
        site,
        origin: origin || own,
        consent: (consent || 'unknown') as Consent,
        debug: debug !== undefined || /[?&]dt_debug=1/.test(location.search),
        nonce,
      };
  }
  return undefined;
};
