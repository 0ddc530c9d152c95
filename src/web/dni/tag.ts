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

/** Tag managers drop `data-` attributes: `dt.js?site=…` does as well. */
const siteOf = ({ src, dataset }: HTMLScriptElement): string =>
  (src && (dataset['site'] || new URL(src).searchParams.get('site'))) || '';

const isOurs = (tag: Element | null): tag is HTMLScriptElement => !!tag && !!siteOf(tag as HTMLScriptElement);

/** Undefined when there is no tag with a site. */
export const readTag = (): Tag | undefined => {
  const tag = [document.currentScript, ...document.querySelectorAll('script[src*="dt.js"]')].find(isOurs);
  if (!tag) return undefined;
  const { origin, consent, debug } = tag.dataset;
  return {
    site: siteOf(tag),
    origin: origin || new URL(tag.src).origin,
    consent: consent === 'granted' || consent === 'denied' ? consent : 'unknown',
    debug: debug !== undefined || /[?&]dt_debug=1/.test(location.search),
    nonce: tag.nonce,
  };
};
