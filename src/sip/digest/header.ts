/** Longer headers are not looked into. */
const MAX_LENGTH = 8192;
const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})[ \\t]+(?=${TOKEN}\\s*=)`, 'y');
const PARAMETER = new RegExp(`[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`, 'y');

/** Parameters of one challenge or one set of credentials: names in lower case, quotes and escapes taken off. */
export type DigestParameters = ReadonlyMap<string, string>;

const parametersAt = (header: string, start: number): { parameters: Map<string, string>; end: number } => {
  const parameters = new Map<string, string>();
  let end = start;
  for (;;) {
    // A scheme ends the challenge before it: two tokens apart by a blank and no `=`.
    SCHEME.lastIndex = end;
    if (end > start && SCHEME.test(header)) break;
    PARAMETER.lastIndex = end;
    const match = PARAMETER.exec(header);
    if (!match) break;
    const name = (match[1] ?? '').toLowerCase();
    if (!parameters.has(name)) parameters.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
    end = PARAMETER.lastIndex;
  }
  return { parameters, end };
};

/**
 * The Digest challenges of WWW-Authenticate or Proxy-Authenticate values, in their order. One value may hold several
 * apart by commas, though SIP forbids it (RFC 3261 7.3.1): some stacks join them. Other schemes are left out.
 */
export const parseChallenges = (headers: readonly string[]): readonly DigestParameters[] => {
  const challenges: DigestParameters[] = [];
  for (const header of headers) {
    if (header.length > MAX_LENGTH) continue;
    let end = 0;
    for (;;) {
      SCHEME.lastIndex = end;
      const scheme = SCHEME.exec(header);
      if (!scheme) break;
      const found = parametersAt(header, SCHEME.lastIndex);
      if (found.end === SCHEME.lastIndex || found.parameters.size === 0) break;
      if (scheme[1]?.toLowerCase() === 'digest') challenges.push(found.parameters);
      end = found.end;
    }
  }
  return challenges;
};

/** The parameters of Authorization or Proxy-Authorization; of several, the one for `realm`. Undefined without any. */
export const parseCredentials = (header: string, realm: string): DigestParameters | undefined => {
  const all = parseChallenges([header]);
  return all.find((parameters) => parameters.get('realm') === realm) ?? all[0];
};

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Parameters that have no quotes in credentials (RFC 7616 3.4) nor in challenges (3.3, but for qop). */
const BARE: ReadonlySet<string> = new Set(['algorithm', 'nc', 'stale']);

/** Writes `Digest name="value", …`, leaving out what is undefined. `bare` names more that get no quotes. */
export const writeDigest = (
  parameters: Readonly<Record<string, string | undefined>>,
  bare?: string,
): string => {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) parts.push(`${name}=${BARE.has(name) || name === bare ? value : quoted(value)}`);
  }
  return `Digest ${parts.join(', ')}`;
};
