import {
  createDigestVerifier,
  type DigestCredentials,
  type DigestVerifier,
  type IncomingInvite,
  type Trunk,
} from '../sip/index.ts';
import { createLimit } from '../tracking/index.ts';
import { isBrowser } from './leg-options.ts';
import { peerText } from './record/index.ts';
import type { CallServices, Origin } from './types.ts';

/** Who is let in: with a new call, or a visitor of a web page who comes back into the call of this press. */
export type Admitted = Origin | { readonly type: 'visitor'; readonly press: string };

/** Lets INVITEs of trunks, users and web pages in. */
export type Door = {
  /** Who sent an INVITE and has proven it; for any other, what there is to answer has been answered. */
  admit(invite: IncomingInvite): Promise<Admitted | undefined>;
  /** INVITEs of strangers, which got no answer. */
  readonly strangers: number;
};

/** Refused calls of web pages that the log names in a minute. */
const TOLD_PER_MINUTE = 60;

/** The token of a Bearer Authorization (RFC 8898 2.2), if it looks like one. */
const bearerOf = (invite: IncomingInvite): string | undefined =>
  /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(invite.header('Authorization')?.trim() ?? '')?.[1];

export const createDoor = ({
  trunks,
  phones,
  buttons,
  logger,
  now,
}: Pick<CallServices, 'trunks' | 'phones' | 'buttons' | 'logger' | 'now'>): Door => {
  const verifiers = new Map<string, DigestVerifier>();
  /** Behind a proxy nobody is banned: a flood must not fill the log. */
  const told = createLimit(TOLD_PER_MINUTE);
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

  /** A web page shows a token of a call button (RFC 8898); the embedded engine tells which page it is. */
  const visitorOrigin = async (
    invite: IncomingInvite,
    doors: NonNullable<typeof buttons>,
    token: string,
  ): Promise<Admitted | undefined> => {
    const origin = invite.header('X-Dialtrace-Origin');
    const refuse = (status: number, reason: string): undefined =>
      void invite.refuse(status, { Reason: `SIP;cause=${status};text="${reason.replaceAll('"', "'")}"` });
    if (invite.replaces) {
      const press = await doors.resumes(token, origin);
      return press === undefined ? refuse(403, 'the call is not known') : { type: 'visitor', press };
    }
    const verdict = await doors.admit(token, origin);
    if (verdict.type === 'accepted') return { type: 'web', pass: verdict.pass, button: verdict.button };
    if (told.take('web', now()))
      logger.info({ why: verdict.why, peer: peerText(invite.peer) }, 'call of a web page refused');
    return refuse(verdict.status, verdict.reason);
  };

  /** What is to be proven by whom; undefined for a stranger. */
  const proofOf = (invite: IncomingInvite): (() => Promise<Admitted | undefined>) | undefined => {
    if (isBrowser(invite.peer)) {
      const token = bearerOf(invite);
      if (buttons && token !== undefined) return () => visitorOrigin(invite, buttons, token);
    } else {
      const match = trunks.match(invite.peer, invite.header('From'), invite.requestUri);
      if (match) {
        const { trunk, mustAuthenticate } = match;
        return async () => (mustAuthenticate ? trunkOrigin(invite, trunk) : { type: 'trunk', trunk });
      }
    }
    // Any page that somebody in a trunk's network has open could connect by WebSocket: who comes so has to be a user.
    return phones?.isRegistered(invite.peer) ? () => userOrigin(invite, phones) : undefined;
  };

  return {
    admit: async (invite) => {
      const prove = proofOf(invite);
      if (!prove) {
        strangers += 1;
        logger.debug({ peer: peerText(invite.peer) }, 'stranger ignored');
        return undefined;
      }
      // RFC 3261 8.1.1.8: without a Contact there is nowhere to send a BYE.
      if (invite.header('Contact')) return prove();
      invite.refuse(400);
      return undefined;
    },
    get strangers() {
      return strangers;
    },
  };
};
