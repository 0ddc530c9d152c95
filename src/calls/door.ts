import {
  createDigestVerifier,
  type DigestCredentials,
  type DigestVerifier,
  type IncomingInvite,
  type Trunk,
} from '../sip/index.ts';
import { isBrowser } from './leg-options.ts';
import { peerText } from './record/index.ts';
import type { CallServices, Origin } from './types.ts';

/** Lets trunks' and users' INVITEs in. */
export type Door = {
  /** Who sent an INVITE and has proven it; for any other, what there is to answer has been answered. */
  admit(invite: IncomingInvite): Promise<Origin | undefined>;
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

  const requestOf = (invite: IncomingInvite) => ({
    method: 'INVITE',
    uri: invite.requestUri,
    body: invite.offer,
    credentials: invite.header('Authorization'),
  });

  const refuseCredentials = (invite: IncomingInvite, who: Record<string, string>): undefined => {
    logger.warn({ ...who, peer: peerText(invite.peer) }, 'wrong credentials');
    invite.refuse(403);
    return undefined;
  };

  const trunkOrigin = (invite: IncomingInvite, trunk: Trunk): Origin | undefined => {
    if (!trunk.digest) return { type: 'trunk', trunk };
    const { realm } = trunk.digest;
    const verdict = verifierOf(trunk.id, trunk.digest).verify(requestOf(invite), realm, trunk.digest);
    switch (verdict.type) {
      case 'accepted':
        return { type: 'trunk', trunk };
      case 'challenge':
        invite.refuse(401, { 'WWW-Authenticate': verdict.headers });
        return undefined;
      case 'refused':
        return refuseCredentials(invite, { trunk: trunk.id });
    }
  };

  const userOrigin = async (
    invite: IncomingInvite,
    users: NonNullable<typeof phones>,
  ): Promise<Origin | undefined> => {
    const verdict = await users.verifyUser({
      ...requestOf(invite),
      from: invite.header('From'),
      peer: invite.peer,
    });
    switch (verdict.type) {
      case 'accepted':
        return { type: 'user', user: verdict.user };
      case 'challenge':
        invite.refuse(401, { 'WWW-Authenticate': verdict.headers });
        return undefined;
      case 'refused':
        return refuseCredentials(invite, { reason: verdict.reason });
    }
  };

  return {
    admit: async (invite) => {
      // Any page that somebody in a trunk's network has open could connect by WebSocket: who comes so has to be a user.
      const match = isBrowser(invite.peer)
        ? undefined
        : trunks.match(invite.peer, invite.header('From'), invite.requestUri);
      const isUser = !match && phones?.isRegistered(invite.peer) === true;
      if (!match && !isUser) {
        strangers += 1;
        logger.debug({ peer: peerText(invite.peer) }, 'stranger ignored');
        return undefined;
      }
      // RFC 3261 8.1.1.8: without a Contact there is nowhere to send a BYE.
      if (!invite.header('Contact')) {
        invite.refuse(400);
        return undefined;
      }
      if (!match) return phones && userOrigin(invite, phones);
      return match.mustAuthenticate
        ? trunkOrigin(invite, match.trunk)
        : { type: 'trunk', trunk: match.trunk };
    },
    get strangers() {
      return strangers;
    },
  };
};
