import { parseUri } from '../message/index.ts';
import type { SipUri } from '../message/types.ts';
import { plainHost } from './aim.ts';

export type OutboundProxy = { readonly domain: string; readonly uri: string };

const read = ({ domain, uri }: OutboundProxy): readonly [string, SipUri] => {
  const proxy = parseUri(uri);
  if (proxy === undefined || (proxy.scheme !== 'sip' && proxy.scheme !== 'sips'))
    throw new Error(`the outbound proxy of ${domain} is no SIP URI: ${uri}`);
  return [plainHost(domain), proxy];
};

/**
 * Proxies by the domain of a URI: its own, else that of the nearest `*.suffix`, else `*`, which also stands for `tel:`.
 *
 * @throws Error when one is no SIP URI
 */
export const createProxyTable = (
  proxies: readonly OutboundProxy[] = [],
): ((uri: SipUri) => SipUri | undefined) => {
  const table = new Map(proxies.map(read));
  if (table.size === 0) return () => undefined;
  return (uri) => {
    if (uri.scheme === 'other') return undefined;
    const domain = uri.scheme === 'tel' ? '' : plainHost(uri.host);
    const exact = table.get(domain);
    if (exact !== undefined) return exact;
    for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      const above = table.get(`*${domain.slice(dot)}`);
      if (above !== undefined) return above;
    }
    return table.get('*');
  };
};
