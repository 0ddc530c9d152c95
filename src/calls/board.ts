import type { MediaSession } from '../media/index.ts';
import type { DialogId } from '../sip/index.ts';
import type { Conversation, Party } from './talk/types.ts';
import type { LiveCall } from './types.ts';
import type { UserPlaces } from './user-places.ts';

/** A call on the board, from its first ring to its end. */
export type BoardEntry = {
  readonly view: () => LiveCall;
  readonly session: MediaSession;
  /** Undefined until somebody has answered. */
  conversation: Conversation | undefined;
};

/** Who may come back into a call: a user into the own one, a visitor of a web page into the one of the own press. */
export type Whose =
  | { readonly type: 'user'; readonly name: string }
  | { readonly type: 'visitor'; readonly press: string };

const isOf = (party: Party, { plan: { origin } }: Conversation, whose: Whose): boolean =>
  whose.type === 'user'
    ? party.user === whose.name
    : party.side === 'caller' && origin.type === 'web' && origin.pass.pressId === whose.press;

/**
 * A page that is left again at once may not have heard of its own dialog yet: the next one names that of the page before.
 * A visitor's claim rests on a secret of the press besides.
 */
const isNamed = ({ dialog, formerDialogs = [] }: Party, id: DialogId, whose: Whose): boolean =>
  dialog.isNamed(id) || (whose.type === 'visitor' && formerDialogs.some((former) => former.isNamed(id)));

export type Seat = { readonly conversation: Conversation; readonly party: Party };

/** The calls as they stand now: who is in which, so that one call can reach into another. */
export type Board = {
  /** How many calls each user may have. */
  readonly places: UserPlaces;
  put(callId: string, entry: BoardEntry): void;
  remove(callId: string): void;
  conversation(callId: string): Conversation | undefined;
  /** The conversation of this dialog, if it is this person's. */
  find(id: DialogId, whose: Whose): Seat | undefined;
  /** The media of a call that this user is in, so that calls which may be joined later live in one thread. */
  sessionOf(user: string): MediaSession | undefined;
  /** The oldest first. */
  live(): readonly LiveCall[];
};

export const createBoard = (places: UserPlaces): Board => {
  const entries = new Map<string, BoardEntry>();
  return {
    places,
    put: (callId, entry) => void entries.set(callId, entry),
    remove: (callId) => void entries.delete(callId),
    conversation: (callId) => entries.get(callId)?.conversation,
    find: (id, whose) => {
      for (const { conversation } of entries.values()) {
        const party = conversation?.parties().find((each) => isNamed(each, id, whose));
        if (conversation && party)
          return isOf(party, conversation, whose) ? { conversation, party } : undefined;
      }
      return undefined;
    },
    sessionOf: (user) => {
      for (const { conversation, session } of entries.values())
        if (conversation?.parties().some((party) => party.user === user)) return session;
      return undefined;
    },
    live: () => [...entries.values()].map(({ view }) => view()),
  };
};
