/** What a page's address says: its host, path and parameters. */
export type Landing = {
  /** Undefined: it is no address of a web page. */
  readonly url: URL | undefined;
  /** Values by name, names in lower case; those of the fragment stand after those of the query. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
};

/** Longer addresses are read up to here, in characters. */
const READ_CHARACTERS = 8192;

const NOTHING: Landing = { url: undefined, parameters: new Map() };

/** Reads any address, or undefined: the platform's parser throws. */
export const parseUrl = (text: string): URL | undefined => {
  try {
    return new URL(text.slice(0, READ_CHARACTERS));
  } catch {
    return undefined;
  }
};

/** The part of a fragment that may hold parameters: `#utm_source=x`, `#/route?utm_source=x`. */
const fragmentQuery = (hash: string): string => {
  const mark = hash.indexOf('?');
  return mark === -1 ? hash.slice(1) : hash.slice(mark + 1);
};

/** Parameters, repeated ones in their order. `&amp;` of a link that was escaped twice is forgiven. */
const readParameters = ({ search, hash }: URL): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  const read = (query: string): void => {
    for (const [name, value] of new URLSearchParams(query)) {
      const key = name.toLowerCase().replace(/^amp;/, '');
      const values = found.get(key);
      if (values === undefined) found.set(key, [value]);
      else values.push(value);
    }
  };
  if (search.length > 1) read(search);
  if (hash.includes('=')) read(fragmentQuery(hash));
  return found;
};

/** Reads the address of a page. Never throws: what is no http or https address says nothing. */
export const readLanding = (text: string): Landing => {
  const url = parseUrl(text);
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return NOTHING;
  return { url, parameters: readParameters(url) };
};

/**
 * Whether a host is one of a site's.
 *
 * @param host lower case, with its port where that is not 80 or 443: `URL.host`
 * @param pattern `www.example.com`, `localhost:8080`, or `*.example.com` for exactly one level below
 */
export const matchesHost = (host: string, pattern: string): boolean => {
  if (!pattern.startsWith('*.')) return host === pattern;
  const rest = pattern.slice(1);
  return host.endsWith(rest) && !host.slice(0, -rest.length).includes('.') && host.length > rest.length;
};

/** A host without the `www.` that says nothing. */
export const bareHost = (host: string): string => (host.startsWith('www.') ? host.slice(4) : host);
