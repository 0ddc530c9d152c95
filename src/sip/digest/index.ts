export { DIGEST_ALGORITHMS, type DigestAlgorithm, hashedA1, sameText } from './algorithms.ts';
export { type Authorizer, type CredentialHeaders, createAuthorizer } from './authorizer.ts';
export { createDigestClient, type DigestClient, type DigestRequest } from './client.ts';
export {
  claimedUsername,
  createDigestVerifier,
  type DigestAccount,
  type DigestVerdict,
  type DigestVerifier,
  type DigestVerifierOptions,
} from './server.ts';
