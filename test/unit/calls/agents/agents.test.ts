import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createAgents } from '../../../../src/calls/agents/agents.ts';
import { keyOf, type SeatedCall } from '../../../../src/calls/agents/states.ts';
import type { AgentRow, LineTable } from '../../../../src/store/index.ts';

const row = (name: string, more: Partial<AgentRow> = {}): AgentRow => ({
  id: `id-${name}`,
  name,
  display: null,
  ready: 1,
  disabled: 0,
  missed: 0,
  away_reason: null,
  ...more,
});

const ALICE = 'user:alice';
const OFFER = { wrapUpMs: 30_000, maxMissed: 3 };

const scene = async (rows: readonly AgentRow[] = [row('alice'), row('bob')]) => {
  const stored = new Map(rows.map((each) => [each.name, each]));
  const change = (name: string, values: Partial<AgentRow>): boolean => {
    const known = stored.get(name);
    if (known) stored.set(name, { ...known, ...values });
    return known !== undefined;
  };
  const audit = vi.fn();
  const live: SeatedCall[] = [];
  let tellPresence: (user: string, available: boolean) => void = () => undefined;
  let writable = true;
  const write = (): void => {
    if (!writable) throw new Error('disk full');
  };
  const agents = createAgents({
    store: {
      agents: {
        list: async () => [...stored.values()],
        lines: async () => [{ id: 'sales', user: null } as LineTable],
        noteMissed: async (name, missed) => {
          write();
          change(name, { missed });
        },
        setReady: async (name, ready, away_reason) => {
          write();
          return change(name, { ready, away_reason, missed: 0 });
        },
      },
    },
    phones: {
      presence: () => [
        { name: 'alice', available: true },
        { name: 'bob', available: true },
      ],
      onPresence: (listener) => {
        tellPresence = listener;
      },
    },
    audit,
    logger: silentLogger,
    now: Date.now,
  });
  agents.watch(() => live);
  await agents.refresh();
  return {
    agents,
    stored,
    change,
    audit,
    live,
    presence: (user: string, available: boolean) => tellPresence(user, available),
    setWritable: (is: boolean) => {
      writable = is;
    },
    standing: (key = ALICE, maxCalls = 1) => agents.standing()(key, maxCalls),
    state: (name = 'alice') => agents.find(name)?.state,
  };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('who can take a call', () => {
  it('is whoever has a phone, is ready and is in no call', async () => {
    const { standing, state, presence, agents } = await scene([
      row('alice'),
      row('bob', { ready: 0 }),
      row('carol'),
      row('dave', { disabled: 1 }),
    ]);
    expect([standing(), state()]).toEqual(['free', 'ready']);
    expect([standing('user:bob'), state('bob')]).toEqual(['away', 'away']);
    expect([standing('user:carol'), state('carol')]).toEqual(['offline', 'offline']);
    expect(standing('user:dave')).toBe('offline');
    expect(standing('user:nobody')).toBe('offline');
    expect(agents.list().map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
    presence('alice', false);
    expect(standing()).toBe('offline');
    presence('alice', true);
    expect(standing()).toBe('free');
  });

  it('is rung by one call at a time, over all groups, unless it may have more', async () => {
    const { agents, standing, state } = await scene();
    const place = agents.take(ALICE, 'call-1', OFFER);
    expect([standing(), standing(ALICE, 2), state()]).toEqual(['busy', 'free', 'busy']);
    agents.take(ALICE, 'call-2');
    expect(standing(ALICE, 2)).toBe('busy');
    place.leave();
    place.leave();
    expect([standing(), standing(ALICE, 2)]).toEqual(['busy', 'free']);
    expect(agents.find('alice')?.calls).toBe(1);
  });

  it('is busy in calls that it makes, and a call that it was rung by counts once', async () => {
    const { agents, live, standing } = await scene();
    live.push({ direction: 'outbound', answeredAt: undefined, users: ['alice'] });
    expect(standing()).toBe('busy');
    live.splice(0);
    const place = agents.take(ALICE, 'call-1', OFFER);
    place.answered();
    live.push({ direction: 'inbound', answeredAt: 1, users: ['alice'] });
    expect(agents.find('alice')?.calls).toBe(1);
    live.push({ direction: 'inbound', answeredAt: undefined, users: ['bob'] });
    expect(standing('user:bob')).toBe('free');
  });

  it('is a line that has fewer calls than it may', async () => {
    const { agents, standing } = await scene();
    const key = keyOf({ id: 'sales', user: null });
    const places = [agents.take(key, 'call-1'), agents.take(key, 'call-2')];
    expect([standing(key, 2), standing(key, 3)]).toEqual(['busy', 'free']);
    for (const place of places) place.leave();
    expect(standing(key, 1)).toBe('free');
  });

  it('is looked up in the database at most once a second, and what a command has changed is seen then', async () => {
    const { agents, change, standing } = await scene();
    change('alice', { ready: 0 });
    await agents.refresh();
    expect(standing()).toBe('free');
    vi.advanceTimersByTime(1100);
    await agents.refresh();
    expect(standing()).toBe('away');
  });
});

describe('after a call', () => {
  const talk = async (agents: Awaited<ReturnType<typeof scene>>['agents'], offer?: typeof OFFER) => {
    const place = agents.take(ALICE, 'call-1', offer);
    place.answered();
    vi.advanceTimersByTime(60_000);
    return place;
  };

  it('an agent of a group writes notes, until the time is over', async () => {
    const { agents, standing, state } = await scene();
    const changed = vi.fn();
    (await talk(agents, OFFER)).leave();
    expect([standing(), state()]).toEqual(['wrap-up', 'wrap-up']);
    expect(agents.find('alice')?.until).toBe(Date.now() + 30_000);
    expect(agents.idleSince(ALICE)).toBe(Date.now());
    agents.onChange(changed);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(standing()).toBe('wrap-up');
    await vi.advanceTimersByTimeAsync(1);
    expect(standing()).toBe('free');
    expect(changed).toHaveBeenCalled();
  });

  it('it ends when the notes of this call are saved, or the agent says that it is ready', async () => {
    const { agents, standing } = await scene();
    (await talk(agents, OFFER)).leave();
    agents.notesSaved('alice', 'another call');
    expect(standing()).toBe('wrap-up');
    agents.notesSaved('alice', 'call-1');
    expect(standing()).toBe('free');
    (await talk(agents, OFFER)).leave();
    // The notes of that call are there already.
    expect(standing()).toBe('free');
    const place = agents.take(ALICE, 'call-2', OFFER);
    place.answered();
    place.leave();
    expect(standing()).toBe('wrap-up');
    await agents.setReady('alice', true);
    expect(standing()).toBe('free');
  });

  it('that came from no group, or that it never had, there is none', async () => {
    const { agents, standing } = await scene();
    (await talk(agents)).leave();
    expect(standing()).toBe('free');
    agents.take(ALICE, 'call-2', OFFER).leave();
    expect(standing()).toBe('free');
  });
});

describe('calls that an agent does not take', () => {
  const miss = ({ agents }: Pick<Awaited<ReturnType<typeof scene>>, 'agents'>, offer = OFFER): void => {
    const place = agents.take(ALICE, 'call-1', offer);
    place.leave();
    place.missed();
  };

  it('set it away after three in a row, with a reason that it sees and somebody else finds later', async () => {
    const here = await scene();
    miss(here);
    miss(here);
    expect(here.agents.find('alice')).toMatchObject({ state: 'ready', missed: 2, reason: undefined });
    miss(here);
    const reason = '3 calls in a row were not answered';
    expect(here.agents.find('alice')).toMatchObject({ state: 'away', missed: 0, reason });
    expect(here.audit).toHaveBeenCalledExactlyOnceWith({
      user: 'alice',
      action: 'set-away',
      callId: 'call-1',
      detail: { reason, missed: 3 },
    });
    await vi.runAllTimersAsync();
    expect(here.stored.get('alice')).toMatchObject({ ready: 0, away_reason: reason, missed: 0 });
    await here.agents.setReady('alice', true);
    expect(here.agents.find('alice')).toMatchObject({ state: 'ready', reason: undefined });
  });

  it('are forgotten when it takes one, count for groups alone, and never where the group says 0', async () => {
    const here = await scene();
    miss(here);
    miss(here);
    const place = here.agents.take(ALICE, 'call-2', OFFER);
    place.answered();
    place.missed();
    place.leave();
    expect(here.agents.find('alice')?.missed).toBe(0);
    const alone = here.agents.take(ALICE, 'call-3');
    alone.leave();
    alone.missed();
    expect(here.agents.find('alice')?.missed).toBe(0);
    for (let call = 0; call < 5; call += 1) miss(here, { ...OFFER, maxMissed: 0 });
    expect(here.agents.find('alice')).toMatchObject({ missed: 5 });
    expect(here.audit).not.toHaveBeenCalled();
  });

  it('set it away at once, however long the database takes to hear of it', async () => {
    const here = await scene();
    here.setWritable(false);
    miss(here, { ...OFFER, maxMissed: 1 });
    expect(here.standing()).toBe('away');
    vi.advanceTimersByTime(1100);
    await here.agents.refresh();
    expect(here.stored.get('alice')?.ready).toBe(1);
    expect(here.standing()).toBe('away');
    here.setWritable(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(here.stored.get('alice')).toMatchObject({ ready: 0 });
    expect(here.standing()).toBe('away');
  });
});

it('tells whom a call is offered to, until they have left it', async () => {
  const { agents } = await scene();
  const alice = agents.take(ALICE, 'call-1', OFFER);
  const bob = agents.take('user:bob', 'call-1', OFFER);
  agents.take('line:sales', 'call-1', OFFER);
  expect(agents.offeredTo('call-1')).toEqual(['alice', 'bob']);
  bob.leave();
  alice.answered();
  expect(agents.offeredTo('call-1')).toEqual(['alice']);
  alice.leave();
  expect(agents.offeredTo('call-1')).toEqual([]);
});
