/** What makes SIP work, in lower case: written by the SIP server or by the call itself. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
  'max-forwards',
  'route',
  'record-route',
  'path',
  'service-route',
  'require',
  'proxy-require',
  'supported',
  'unsupported',
  'allow',
  'accept',
  'expires',
  'min-expires',
  'session-expires',
  'min-se',
  'rack',
  'rseq',
  'replaces',
  'refer-to',
  'event',
  'allow-events',
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
  'mime-version',
  'timestamp',
]);

/** Whether a rule of a trunk may add or remove this header: none of the protocol's own, nor their one-letter names. */
export const isRuledHeader = (name: string): boolean => {
  const lower = name.toLowerCase();
  return lower.length > 1 && !lower.startsWith('content-') && !PROTOCOL.has(lower);
};
