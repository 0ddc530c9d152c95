import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { NO_TURNS, type Turns } from '../../flows/index.ts';
import type { Registrar } from '../../sip/index.ts';
import type { AgentRow, LineTable, Store } from '../../store/index.ts';
import { createWriter } from '../writer.ts';
import { beginWrapUp, endWrapUp, newSpot, type Spot, seatsIn } from './spots.ts';
import type { AgentState, Agents, AgentView, Offer, SeatedCall } from './states.ts';

const nameOf = (key: string): string | undefined => (key.startsWith('user:') ? key.slice(5) : undefined);

const LOOKED_WITHIN_MS = 1000;

type Dependencies = {
  readonly store: Pick<Store, 'agents'>;
  /** Undefined when no phone can register. */
  readonly phones: Pick<Registrar, 'presence' | 'onPresence'> | undefined;
  readonly audit: (entry: {
    readonly user: string;
    readonly action: string;
    readonly callId: string | undefined;
    readonly detail: Record<string, unknown>;
  }) => void;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

export const createAgents = ({ store, phones, logger, now, audit }: Dependencies): Agents => {
  const writer = createWriter('agents', logger);
  const spots = new Map<string, Spot>();
  const turns = new Map<string, Turns>();
  /** Users by the call that they are rung by or have. */
  const offered = new Map<string, string[]>();
  const listeners = new Set<() => void>();
  let users: ReadonlyMap<string, AgentRow> = new Map();
  let lines: ReadonlyMap<string, LineTable> = new Map();
  let present: ReadonlyMap<string, boolean> = new Map();
  /** Changes that the database does not show yet. */
  const unwritten = new Map<string, Partial<AgentRow>>();
  let liveCalls: () => readonly SeatedCall[] = () => [];
  let looked: { readonly at: number; readonly done: Promise<void> } | undefined;
  let telling = false;

  const spotOf = (key: string): Spot => {
    const known = spots.get(key);
    if (known) return known;
    const spot = newSpot(now());
    spots.set(key, spot);
    return spot;
  };

  /** Once for all that changes in one go. */
  const changed = (): void => {
    if (telling) return;
    telling = true;
    queueMicrotask(() => {
      telling = false;
      for (const listener of [...listeners]) listener();
    });
  };

  const callsOf = (key: string, seated: ReadonlyMap<string, number>): number => {
    const spot = spots.get(key);
    const name = nameOf(key);
    const sitting = name === undefined ? 0 : (seated.get(name) ?? 0);
    return (spot?.rung ?? 0) + Math.max(spot?.talking ?? 0, sitting);
  };

  const isWrappingUp = (key: string): boolean => (spots.get(key)?.wrapUp?.until ?? 0) > now();

  const isOffline = (name: string): boolean => {
    const user = users.get(name);
    return user === undefined || user.disabled === 1 || present.get(name) !== true;
  };

  const standing: Agents['standing'] = () => {
    const seated = seatsIn(liveCalls());
    return (key, maxCalls) => {
      const name = nameOf(key);
      if (name !== undefined && isOffline(name)) return 'offline';
      if (name !== undefined && users.get(name)?.ready !== 1) return 'away';
      if (callsOf(key, seated) >= maxCalls) return 'busy';
      return isWrappingUp(key) ? 'wrap-up' : 'free';
    };
  };

  const stateOf = (name: string, calls: number): AgentState => {
    if (calls > 0) return 'busy';
    if (isOffline(name)) return 'offline';
    if (users.get(name)?.ready !== 1) return 'away';
    return isWrappingUp(`user:${name}`) ? 'wrap-up' : 'ready';
  };

  const viewOf = (row: AgentRow, seated: ReadonlyMap<string, number>): AgentView => {
    const { name, display, ready, missed, away_reason } = row;
    const key = `user:${name}`;
    const spot = spotOf(key);
    const calls = callsOf(key, seated);
    const state = stateOf(name, calls);
    if (spot.state !== state) Object.assign(spot, { state, since: now() });
    return {
      name,
      display: display ?? undefined,
      state,
      since: spot.since,
      until: state === 'wrap-up' ? spot.wrapUp?.until : undefined,
      reason: ready === 1 ? undefined : (away_reason ?? undefined),
      missed,
      calls,
    };
  };

  /** Keeps `since` of everybody's state true. */
  const look = (): void => {
    const seated = seatsIn(liveCalls());
    for (const row of users.values()) viewOf(row, seated);
  };

  const lookAt = (key: string): void => {
    const row = users.get(nameOf(key) ?? '');
    if (row) viewOf(row, seatsIn(liveCalls()));
  };

  const read = async (): Promise<void> => {
    try {
      const [agentRows, lineRows] = await Promise.all([store.agents.list(), store.agents.lines()]);
      users = new Map(agentRows.map((row) => [row.name, { ...row, ...unwritten.get(row.name) }]));
      lines = new Map(lineRows.map((row) => [row.id, row]));
    } catch (error) {
      logger.error({ error: errorMessage(error) }, 'agents not read: they stand as last seen');
    }
    present = new Map(phones?.presence().map(({ name, available }) => [name, available]));
    look();
    changed();
  };

  const refresh: Agents['refresh'] = (anew = false) => {
    const isFresh = looked !== undefined && performance.now() - looked.at <= LOOKED_WITHIN_MS;
    if (looked === undefined || anew || !isFresh) looked = { at: performance.now(), done: read() };
    return looked.done;
  };

  const patch = (name: string, values: Partial<AgentRow>): void => {
    const row = users.get(name);
    if (row) users = new Map(users).set(name, { ...row, ...values });
    look();
    changed();
  };

  /** Keeps a change in memory until the database has it. */
  const keep = (
    what: string,
    name: string,
    values: Partial<AgentRow>,
    write: () => Promise<unknown>,
  ): void => {
    const pending = { ...unwritten.get(name), ...values };
    unwritten.set(name, pending);
    patch(name, values);
    void writer
      .write(what, async () => {
        await write();
      })
      .settled.then(() => {
        if (unwritten.get(name) === pending) unwritten.delete(name);
      });
  };

  const noteMissed = (name: string, callId: string, { maxMissed }: Offer): void => {
    const missed = (users.get(name)?.missed ?? 0) + 1;
    const isTooMany = maxMissed > 0 && missed >= maxMissed && users.get(name)?.ready === 1;
    if (!isTooMany) {
      keep('missed offers', name, { missed }, () => store.agents.noteMissed(name, missed, now()));
      return;
    }
    const reason = missed === 1 ? 'a call was not answered' : `${missed} calls in a row were not answered`;
    logger.info({ user: name, missed }, 'agent set away');
    audit({ user: name, action: 'set-away', callId, detail: { reason, missed } });
    keep('agent set away', name, { ready: 0, missed: 0, away_reason: reason }, () =>
      store.agents.setReady(name, 0, reason, now()),
    );
  };

  const clearMissed = (name: string): void => {
    if ((users.get(name)?.missed ?? 0) === 0) return;
    keep('missed offers', name, { missed: 0 }, () => store.agents.noteMissed(name, 0, now()));
  };

  const noteOffered = (callId: string, name: string, isOn: boolean): void => {
    const others = (offered.get(callId) ?? []).filter((each) => each !== name);
    const names = isOn ? [...others, name] : others;
    if (names.length > 0) offered.set(callId, names);
    else offered.delete(callId);
  };

  const take: Agents['take'] = (key, callId, offer) => {
    const spot = spotOf(key);
    const name = nameOf(key);
    let stage: 'rung' | 'talking' | 'left' = 'rung';
    let taken = false;
    const over = (): void => {
      lookAt(key);
      changed();
    };
    spot.rung += 1;
    if (name !== undefined) noteOffered(callId, name, true);
    lookAt(key);
    return {
      answered: () => {
        if (stage !== 'rung') return;
        stage = 'talking';
        taken = true;
        spot.rung -= 1;
        spot.talking += 1;
        if (name !== undefined) clearMissed(name);
      },
      missed: () => {
        if (!taken && name !== undefined && offer) noteMissed(name, callId, offer);
      },
      leave: () => {
        if (stage === 'left') return;
        const talked = stage === 'talking';
        spot[stage] -= 1;
        stage = 'left';
        if (name !== undefined) noteOffered(callId, name, false);
        if (talked) spot.idleSince = now();
        const wrapsUp = talked && name !== undefined && offer !== undefined && offer.wrapUpMs > 0;
        if (wrapsUp && spot.noted !== callId)
          beginWrapUp(spot, callId, { now: now(), ms: offer.wrapUpMs, over });
        // A number that somebody dialled is no line of the plan: nothing is kept of it.
        if (name === undefined && spot.rung + spot.talking === 0 && !lines.has(key.slice(5)))
          spots.delete(key);
        // Who is in the call leaves the board a moment later.
        setImmediate(over);
      },
    };
  };

  phones?.onPresence((name, available) => {
    present = new Map(present).set(name, available);
    look();
    changed();
  });

  return {
    watch: (live) => {
      liveCalls = live;
    },
    refresh,
    line: (id) => lines.get(id),
    user: (name) => users.get(name),
    standing,
    idleSince: (key) => spots.get(key)?.idleSince,
    take,
    offeredTo: (callId) => offered.get(callId) ?? [],
    turnsOf: (turnKey) => turns.get(turnKey) ?? NO_TURNS,
    setTurns: (turnKey, next) => void turns.set(turnKey, next),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    list: () => {
      const seated = seatsIn(liveCalls());
      return [...users.values()].filter(({ disabled }) => disabled === 0).map((row) => viewOf(row, seated));
    },
    find: (name) => {
      const row = users.get(name);
      return row && viewOf(row, seatsIn(liveCalls()));
    },
    setReady: async (name, ready, reason) => {
      const flag = ready ? 1 : 0;
      if (!(await store.agents.setReady(name, flag, reason ?? null, now()))) return false;
      unwritten.delete(name);
      if (ready) endWrapUp(spotOf(`user:${name}`));
      patch(name, { ready: flag, missed: 0, away_reason: ready ? null : (reason ?? null) });
      return true;
    },
    notesSaved: (name, callId) => {
      const spot = spotOf(`user:${name}`);
      spot.noted = callId;
      if (spot.wrapUp?.callId !== callId) return;
      endWrapUp(spot);
      look();
      changed();
    },
    stop: () => {
      listeners.clear();
      for (const spot of spots.values()) endWrapUp(spot);
    },
  };
};
