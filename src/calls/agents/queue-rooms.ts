import { DateTime } from 'luxon';
import {
  expectedWait,
  inOrder,
  NO_TALLY,
  noteServed,
  positionOf,
  type QueueOutcome,
  type QueueTally,
  serviceLevel,
  tallied,
  type Waiting,
} from '../../flows/index.ts';
import type { Agents } from './states.ts';

/** How a queue stands. Times are milliseconds. */
export type QueueView = {
  /** Id of the group that callers wait for. */
  readonly id: string;
  readonly name: string | undefined;
  readonly waiting: number;
  /** How long the first in it has waited. */
  readonly longestNowMs: number;
  /** What became of its callers since midnight (this machine's), as far as this run of the gateway knows. */
  readonly today: QueueTally;
  /** Share of today's callers who were answered in time; undefined before the first. */
  readonly serviceLevel: number | undefined;
  /** What counts as in time. */
  readonly levelMs: number;
};

/** A caller who waits. */
export type Ticket = {
  /** From 1. */
  position(): number;
  /** Undefined while too little is known. Milliseconds. */
  expectedWaitMs(): number | undefined;
  /** How long the caller has waited, milliseconds. */
  waitedMs(): number;
  /** Ends the wait; later calls do nothing. */
  leave(outcome: QueueOutcome): void;
};

export type NewTicket = {
  readonly callId: string;
  /** Higher comes first. */
  readonly priority: number;
  /**
   * Asked in the order of the queue whenever somebody may have become free: offers the caller to them, if they are for it.
   * Takes their time before it returns.
   */
  readonly offer: () => void;
};

/** Callers who wait for one group, whichever step sent them. */
export type Room = {
  readonly waiting: number;
  enter(ticket: NewTicket): Ticket;
  /** Somebody was not let in: too many wait. */
  turnAway(): void;
  /** Asks those who wait, in their order, whether there is somebody for them. */
  dispatch(): void;
};

export type QueueRooms = {
  /** @param levelMs within which a caller is answered in time */
  room(group: { readonly id: string; readonly name?: string | undefined }, levelMs: number): Room;
  /** Those that anybody has waited in since the start, by id. */
  list(): readonly QueueView[];
};

type Held = Waiting & Pick<NewTicket, 'offer'>;

type RoomState = {
  readonly id: string;
  name: string | undefined;
  levelMs: number;
  readonly waiting: Map<string, Held>;
  served: readonly number[];
  day: string;
  tally: QueueTally;
};

/** How often it is looked whether a command has changed who takes calls. */
const LOOK_MS = 1000;

type Dependencies = {
  readonly agents: Pick<Agents, 'refresh' | 'onChange'>;
  readonly now: () => number;
};

export const createQueueRooms = ({ agents, now }: Dependencies): QueueRooms => {
  const rooms = new Map<string, RoomState>();
  let looking: { readonly stop: () => void } | undefined;

  const today = (): string => DateTime.fromMillis(now()).toISODate() ?? '';

  const tallyOf = (room: RoomState): QueueTally => {
    const day = today();
    if (room.day !== day) Object.assign(room, { day, tally: NO_TALLY });
    return room.tally;
  };

  const dispatch = (room: RoomState): void => {
    for (const { offer } of inOrder(room.waiting.values())) offer();
  };

  /** Looks at who is free only while somebody waits. */
  const lookOrNot = (): void => {
    const anybody = [...rooms.values()].some(({ waiting }) => waiting.size > 0);
    if (anybody === (looking !== undefined)) return;
    if (!anybody) {
      looking?.stop();
      looking = undefined;
      return;
    }
    const stopListening = agents.onChange(() => {
      for (const room of rooms.values()) dispatch(room);
    });
    const timer = setInterval(() => void agents.refresh(), LOOK_MS);
    looking = {
      stop: () => {
        clearInterval(timer);
        stopListening();
      },
    };
  };

  const count = (room: RoomState, outcome: QueueOutcome, waitedMs: number): void => {
    room.tally = tallied(tallyOf(room), outcome, waitedMs, room.levelMs);
  };

  const enter = (room: RoomState, { callId, priority, offer }: NewTicket): Ticket => {
    const held: Held = { id: callId, since: now(), priority, offer };
    room.waiting.set(callId, held);
    lookOrNot();
    const waitedMs = (): number => Math.max(0, now() - held.since);
    const position = (): number => positionOf(room.waiting.values(), held);
    return {
      position,
      expectedWaitMs: () => expectedWait(room.served, position()),
      waitedMs,
      leave: (outcome) => {
        if (room.waiting.get(callId) !== held) return;
        room.waiting.delete(callId);
        if (outcome === 'answered') room.served = noteServed(room.served, now());
        count(room, outcome, waitedMs());
        lookOrNot();
        dispatch(room);
      },
    };
  };

  const stateOf = (id: string): RoomState => {
    const known = rooms.get(id);
    if (known) return known;
    const room: RoomState = {
      id,
      name: undefined,
      levelMs: 0,
      waiting: new Map(),
      served: [],
      day: today(),
      tally: NO_TALLY,
    };
    rooms.set(id, room);
    return room;
  };

  return {
    room: ({ id, name }, levelMs) => {
      const room = stateOf(id);
      Object.assign(room, { name, levelMs });
      return {
        get waiting() {
          return room.waiting.size;
        },
        enter: (ticket) => enter(room, ticket),
        turnAway: () => count(room, 'full', 0),
        dispatch: () => dispatch(room),
      };
    },
    list: () =>
      [...rooms.values()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((room) => {
          const tally = tallyOf(room);
          const since = Math.min(now(), ...[...room.waiting.values()].map((held) => held.since));
          return {
            id: room.id,
            name: room.name,
            waiting: room.waiting.size,
            longestNowMs: now() - since,
            today: tally,
            serviceLevel: serviceLevel(tally),
            levelMs: room.levelMs,
          };
        }),
  };
};
