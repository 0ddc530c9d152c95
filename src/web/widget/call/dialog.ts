import { Inviter, type Session, SessionState, UserAgent } from 'sip.js';
import { takeDown } from '../../call/session.ts';
import { type DialogName, replacesOf } from '../../call/sip-text.ts';
import type { CallEnd } from './contract.ts';
import { endOfRefusal, endOfTakedown } from './end.ts';
import type { Line } from './line.ts';

/** What becomes of an INVITE. */
export type DialogEvents = {
  /** `early`: the gateway lets hear what the other network plays. */
  ringing(early: boolean): void;
  answered(): void;
  /** Once, and not when it was us. */
  ended(end: CallEnd): void;
};

export type Invitation = {
  readonly uri: string;
  /** Bearer token (RFC 8898). */
  readonly token: string;
  /** The dialog of the page before this one. */
  readonly replaces: DialogName | undefined;
  /** Seconds since the answer, and how many there are at most. */
  talkedS(): number;
  readonly maxSeconds: number | undefined;
};

/** @returns the session, so that its media can be found; undefined when the address can't be called */
export const createDialog = (agent: UserAgent, { uri, token, replaces }: Invitation): Inviter | undefined => {
  const target = UserAgent.makeURI(uri);
  if (!target) return undefined;
  const headers = [`Authorization: Bearer ${token}`];
  if (replaces) headers.push(`Replaces: ${replacesOf(replaces)}`);
  return new Inviter(agent, target, { earlyMedia: true, extraHeaders: headers });
};

/** Sends the INVITE and follows what comes of it. Never rejects. */
export const follow = async (
  session: Inviter,
  line: Line,
  { talkedS, maxSeconds }: Invitation,
  events: DialogEvents,
): Promise<void> => {
  let told = false;
  let early = false;
  const end = (how: CallEnd): void => {
    if (told) return;
    told = true;
    events.ended(how);
  };
  session.delegate = {
    onBye: (bye) => {
      void bye.accept();
      // The session ends once this returns; before that it would say goodbye itself.
      queueMicrotask(() => end(endOfTakedown(bye.request.getHeader('reason'), talkedS(), maxSeconds)));
    },
    onRefer: (referral) => void referral.reject(),
  };
  session.stateChange.addListener((state) => {
    if (state === SessionState.Established) events.answered();
    // A refusal is told right after the state that it leads to.
    if (state === SessionState.Terminated) queueMicrotask(() => end({ by: 'gateway', reason: 'failed' }));
  });
  try {
    await session.invite({
      requestDelegate: {
        onProgress: ({ message }) => {
          early ||= message.body !== '';
          if (early || message.statusCode === 180) events.ringing(early);
        },
        onReject: ({ message }) =>
          end(
            endOfRefusal({
              status: message.statusCode ?? 500,
              phrase: message.reasonPhrase ?? '',
              reason: message.getHeader('reason'),
              retryAfter: message.getHeader('retry-after'),
              reachable: line.up,
            }),
          ),
      },
    });
  } catch {
    end({ by: 'gateway', reason: line.up ? 'failed' : 'unreachable' });
  }
};

const GOODBYE_MS = 3000;
/** The gateway ends a call by itself when its page is out of reach for longer. */
const OUT_OF_REACH_MS = 20_000;

const settledWithin = (session: Session, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      session.stateChange.removeListener(look);
      resolve();
    };
    const look = (state: SessionState): void => {
      if (state === SessionState.Terminated) done();
    };
    const timer = setTimeout(done, ms);
    session.stateChange.addListener(look);
    if (session.state === SessionState.Terminated) done();
  });

const isUpWithin = async (line: Line, ms: number): Promise<void> => {
  const until = Date.now() + ms;
  while (!line.up && Date.now() < until) {
    line.nudge();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

/** Says goodbye in the way of the session's state, once the gateway can be reached, and leaves the line. Never rejects. */
export const leave = async (session: Session | undefined, line: Line): Promise<void> => {
  if (session && session.state !== SessionState.Terminated) {
    if (!line.up) await isUpWithin(line, OUT_OF_REACH_MS);
    if (line.up) {
      await takeDown(session);
      await settledWithin(session, GOODBYE_MS);
    }
  }
  await line.close();
};
