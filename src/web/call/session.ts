import { type Inviter, RequestPendingError, type Session, SessionState } from 'sip.js';

/** How a request within a call ended. */
export type Done =
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly status: number; readonly text: string };

export const DONE: Done = { type: 'done' };
/** The call is over. */
export const GONE: Done = { type: 'refused', status: 481, text: '' };
const REINVITE_TRIES = 4;
const REINVITE_MS = 35_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise that is settled by the first of: what `begin` reports, the end of the call, a time limit. */
export const settledBy = (
  session: Session,
  limitMs: number,
  ended: Done,
  begin: (settle: (done: Done) => void) => void,
): Promise<Done> =>
  new Promise((resolve) => {
    const settle = (done: Done): void => {
      clearTimeout(timer);
      session.stateChange.removeListener(onState);
      resolve(done);
    };
    const onState = (state: SessionState): void => {
      if (state === SessionState.Terminated) settle(ended);
    };
    const timer = setTimeout(() => settle({ type: 'refused', status: 408, text: '' }), limitMs);
    session.stateChange.addListener(onState);
    begin(settle);
  });

const reinviteOnce = (session: Session): Promise<Done> =>
  settledBy(session, REINVITE_MS, GONE, (settle) => {
    session
      .invite({
        requestDelegate: {
          onAccept: () => settle(session.state === SessionState.Established ? DONE : GONE),
          onReject: ({ message }) =>
            settle({
              type: 'refused',
              status: message.statusCode ?? 500,
              text: message.reasonPhrase ?? '',
            }),
        },
      })
      .catch((error: unknown) =>
        settle({ type: 'refused', status: error instanceof RequestPendingError ? 491 : 500, text: '' }),
      );
  });

/** After a collision who made the Call-ID waits longer (RFC 3261 14.1). */
const collisionWaitMs = (session: Session): number =>
  'cancel' in session ? 2100 + Math.random() * 1900 : Math.random() * 2000;

/** Negotiates the call's media anew; a collision with the other side's attempt is sat out. */
export const reinvite = async (session: Session, triesLeft = REINVITE_TRIES): Promise<Done> => {
  if (session.state !== SessionState.Established) return GONE;
  const done = await reinviteOnce(session);
  if (done.type === 'done' || done.status !== 491 || triesLeft <= 1) return done;
  await wait(collisionWaitMs(session));
  return reinvite(session, triesLeft - 1);
};

const isInviter = (session: Session): session is Inviter => 'cancel' in session;

/** Ends a call in whatever state it is, saying goodbye in the way of that state. */
export const takeDown = async (session: Session, status = 486): Promise<void> => {
  const unanswered = session.state === SessionState.Initial || session.state === SessionState.Establishing;
  try {
    if (session.state === SessionState.Established) await session.bye();
    else if (unanswered && isInviter(session)) await session.cancel();
    else if (unanswered && 'reject' in session)
      await (session as Session & { reject(options: object): Promise<void> }).reject({ statusCode: status });
  } catch {
    // It ended by itself meanwhile.
  }
};
