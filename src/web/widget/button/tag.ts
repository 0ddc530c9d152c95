/** What the script's own tag says. */
export type Tag = {
  readonly site: string;
  /** Where the gateway is. */
  readonly origin: string;
  /** For all buttons that say nothing else. */
  readonly language: string | undefined;
  readonly nonce: string;
};

/** Undefined when there is no tag with a site. */
export const readTag = (): Tag | undefined => {
  for (const tag of [document.currentScript, ...document.querySelectorAll('script[src*="dt-call.js"]')]) {
    const { src, dataset, nonce } = (tag || {}) as HTMLScriptElement;
    if (!src) continue;
    const { origin, searchParams } = new URL(src);
    // Tag managers drop `data-` attributes: `dt-call.js?site=…` does as well.
    const site = dataset['site'] || searchParams.get('site');
    const gateway = (dataset['origin'] || origin).replace(/\/+$/, '');
    if (site) return { site, origin: gateway, language: dataset['lang'], nonce };
  }
  return undefined;
};
