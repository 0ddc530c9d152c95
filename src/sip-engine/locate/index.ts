import { isIP } from 'node:net';
import { aimOf, defaultPort } from './aim.ts';
import { createDeadPlaces } from './dead.ts';
import { createNameSource } from './names.ts';
import { createProxyTable } from './proxies.ts';
import { createNameResolver, placeOf } from './resolve.ts';
import type { Locator, LocatorOptions } from './types.ts';

export type { Locator, LocatorOptions } from './types.ts';

/**
 * Finds next hops (RFC 3263) for the protocols of our listening points.
 *
 * @throws Error when an outbound proxy is no SIP URI or a name server no address
 */
export const createLocator = (options: LocatorOptions): Locator => {
  const resolve = createNameResolver(createNameSource(options.nameServers));
  const deadPlaces = createDeadPlaces();
  return {
    locate(uri) {
      const aim = aimOf(uri, options.protocols);
      if (aim === undefined) return [];
      const [protocol] = aim.protocols;
      if (isIP(aim.host) !== 0) return [placeOf(aim, protocol, aim.host, aim.port ?? defaultPort(protocol))];
      return resolve(aim).then(deadPlaces.last);
    },
    proxyOf: createProxyTable(options.outboundProxies),
    failed: deadPlaces.failed,
    answered: deadPlaces.answered,
    get dead() {
      return deadPlaces.count;
    },
  };
};
