import { headerValues, parseNameAddress, parseUri, uriToString } from '../message/index.ts';
import type { SipRequest, SipUri } from '../message/types.ts';

/** Request-URI and Route values of a request. */
export type Routing = { readonly uri: string; readonly routes: readonly string[] };

/** A routing with the URI to send it to. */
export type Course = Routing & { readonly nextHop: SipUri | undefined };

/** The URI of a Route value. */
const routeUri = (route: string | undefined): SipUri | undefined =>
  route === undefined ? undefined : parseNameAddress(route)?.uri;

/**
 * Takes our own values from the top of the route set (RFC 3261 16.4). Where a strict router before us has put ours into the
 * Request-URI, the last Route is the real one.
 *
 * @returns what is left, and the last of ours that was taken
 */
export const takeOwnRoutes = (
  request: SipRequest,
  isOwn: (uri: SipUri) => boolean,
): Routing & { readonly taken: SipUri | undefined } => {
  let { uri } = request;
  const routes = headerValues(request, 'route');
  let taken: SipUri | undefined;
  const target = parseUri(uri);
  const last =
    routes.length > 0 && target?.parameters.has('lr') === true ? routeUri(routes.at(-1)) : undefined;
  if (target !== undefined && last !== undefined && isOwn(target)) {
    uri = last.raw;
    routes.pop();
    taken = target;
  }
  for (let top = routeUri(routes[0]); top !== undefined && isOwn(top); top = routeUri(routes[0])) {
    routes.shift();
    taken = top;
  }
  return { uri, routes, taken };
};

/** Where a request goes next (RFC 3261 16.6, 6 and 7): the first route, which a strict router wants as Request-URI. */
export const courseOf = ({ uri, routes }: Routing): Course => {
  const top = routeUri(routes[0]);
  if (top === undefined) return { uri, routes, nextHop: parseUri(uri) };
  if (top.parameters.has('lr')) return { uri, routes, nextHop: top };
  return { uri: top.raw, routes: [...routes.slice(1), `<${uri}>`], nextHop: top };
};

/** A URI as a Request-URI: without what may not stand there (RFC 3261 19.1.1). */
export const requestUri = (uri: SipUri): string => {
  if (uri.headers === '' && !uri.parameters.has('method')) return uri.raw;
  const parameters = new Map(uri.parameters);
  parameters.delete('method');
  return uriToString({ ...uri, parameters, headers: '' });
};
