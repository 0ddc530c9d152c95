import {
  createDigestVerifier,
  type DigestCredentials,
  type DigestVerifier,
  type IncomingInvite,
  type Trunk,
} from '../sip/index.ts';
import { peerText } from './legs.ts';
import type { CallServices } from './types.ts';

/** Lets the trunks' INVITEs in. */
export type Door = {
  /** The trunk of an INVITE that has proven itself; for any other, what there is to answer has been answered. */
  admit(invite: IncomingInvite): Trunk | undefined;
  /** INVITEs of strangers, which got no answer. */
  readonly strangers: number;
};

export const createDoor = ({
  trunks,
  phones,
  logger,
  now,
}: Pick<CallServices, 'trunks' | 'phones' | 'logger' | 'now'>): Door => {
  const verifiers = new Map<string, DigestVerifier>();
  let strangers = 0;

  const verifierOf = (id: string, { algorithms }: DigestCredentials): DigestVerifier => {
    const verifier = verifiers.get(id) ?? createDigestVerifier({ now, algorithms });
    verifiers.set(id, verifier);
    return verifier;
  };

  const authenticate = (invite: IncomingInvite, trunk: Trunk): Trunk | undefined => {
    if (!trunk.digest) return trunk;
    const { realm } = trunk.digest;
    const verdict = verifierOf(trunk.id, trunk.digest).verify(
      {
        method: 'INVITE',
        uri: invite.requestUri,
        body: invite.offer,
        credentials: invite.header('Authorization'),
      },
      realm,
      trunk.digest,
    );
    switch (verdict.type) {
      case 'accepted':
        return trunk;
      case 'challenge':
        invite.refuse(401, { 'WWW-Authenticate': verdict.headers });
        return undefined;
      case 'refused':
        logger.warn({ trunk: trunk.id, peer: peerText(invite.peer) }, 'wrong credentials');
        invite.refuse(403);
        return undefined;
    }
  };

  return {
    admit: (invite) => {
      const match = trunks.match(invite.peer, invite.header('From'), invite.requestUri);
      if (!match && phones?.isRegistered(invite.peer)) {
        // Users' phones are called; they don't call through the gateway.
        invite.refuse(403);
        return undefined;
      }
      if (!match) {
        strangers += 1;
        logger.debug({ peer: peerText(invite.peer) }, 'stranger ignored');
        return undefined;
      }
      // RFC 3261 8.1.1.8: without a Contact there is nowhere to send a BYE.
      if (!invite.header('Contact')) {
        invite.refuse(400);
        return undefined;
      }
      return match.mustAuthenticate ? authenticate(invite, match.trunk) : match.trunk;
    },
    get strangers() {
      return strangers;
    },
  };
};
