import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { errorCode } from '../../base/errors.ts';

const SIP_NAME = /(?:^|, )URI:"?sip:([^@,"\s]+)(?=[,"]|$)/gi;

/** Domains that a certificate names as SIP URIs. */
const sipDomains = (cert: PeerCertificate): string[] =>
  [...(cert.subjectaltname ?? '').matchAll(SIP_NAME)].map(([, domain = '']) => domain.toLowerCase());

/**
 * Whether a certificate is for `host`, a domain or an address: by a SIP URI without user (RFC 5922 7.1), else as for web
 * servers. A name with a wildcard is taken too, against RFC 5922 7.2, since large carriers have nothing else.
 *
 * @returns undefined when it is, else what is wrong
 */
export const identityError = (host: string, cert: PeerCertificate): Error | undefined => {
  if (isIP(host) === 0 && sipDomains(cert).includes(host.toLowerCase())) return undefined;
  return checkServerIdentity(host, cert);
};

const AUTHORITY_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

const causeOf = (code: string, host: string): string | undefined => {
  if (AUTHORITY_CODES.has(code)) return `the certificate of ${host} is from no trusted authority`;
  if (code === 'CERT_HAS_EXPIRED') return `the certificate of ${host} has expired`;
  if (code === 'CERT_NOT_YET_VALID') return `the certificate of ${host} is not valid yet`;
  if (code === 'CERT_REVOKED') return `the certificate of ${host} is revoked`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate shown is not for ${host}`;
  return undefined;
};

/** An error of a TLS connection to `host` in words, with the code it had. */
export const explainTls = (error: Error, host: string): Error => {
  const code = errorCode(error);
  const words = code === undefined ? undefined : causeOf(code, host);
  return words === undefined ? error : Object.assign(new Error(words, { cause: error }), { code });
};
