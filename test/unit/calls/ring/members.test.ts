import { describe, expect, it } from 'vitest';
import { candidatesOf, membersOf, standingsOf } from '../../../../src/calls/ring/members.ts';
import { groupSchema } from '../../../../src/config/index.ts';
import type { AgentRow, LineTable } from '../../../../src/store/index.ts';

const line = (id: string, more: Partial<LineTable> = {}): LineTable => ({
  id,
  name: null,
  type: 'sip',
  number: null,
  trunk_id: null,
  uri: 'sip:line@127.0.0.1',
  user: null,
  nat: 0,
  ring_timeout_s: 25,
  ...more,
});

const LINES: Readonly<Record<string, LineTable>> = {
  sales: line('sales'),
  'alice-desk': line('alice-desk', { type: 'user', user: 'alice' }),
};

const directory = {
  agents: {
    line: (id: string) => LINES[id],
    user: (name: string) =>
      name === 'alice' || name === 'bob' ? ({ name, display: `${name}!` } as AgentRow) : undefined,
  },
  known: [line('dialled'), line('sales', { name: 'as the call knows it' })],
};

const group = groupSchema.parse({
  id: 'team',
  wrapUpSeconds: 10,
  maxMissed: 2,
  members: [
    { user: 'alice', weight: 3, priority: 2, maxCalls: 2, skills: ['german', 'billing'] },
    { line: 'sales', skills: ['german'] },
    { line: 'alice-desk', skills: ['german'] },
    { user: 'gone' },
  ],
});

const keys = (targets: Parameters<typeof membersOf>[0]) =>
  membersOf(targets, directory).members.map(({ key }) => key);

describe('whom a step rings', () => {
  it('are the members of a group, a person once whatever the phone, without those who are gone', () => {
    const found = membersOf({ type: 'group', group, skills: [] }, directory);
    expect(
      found.members.map(({ key, weight, priority, maxCalls }) => [key, weight, priority, maxCalls]),
    ).toEqual([
      ['user:alice', 3, 2, 2],
      ['line:sales', 1, 1, 1],
    ]);
    expect(found).toMatchObject({ missing: ['gone'], offer: { wrapUpMs: 10_000, maxMissed: 2 } });
  });

  it('have all the skills that are asked for', () => {
    expect(keys({ type: 'group', group, skills: ['german'] })).toEqual(['user:alice', 'line:sales']);
    expect(keys({ type: 'group', group, skills: ['german', 'billing'] })).toEqual(['user:alice']);
    expect(keys({ type: 'group', group, skills: ['french'] })).toEqual([]);
  });

  it("are lines and users by themselves: the call's own lines first, each as long as it says", () => {
    const targets = { type: 'lines', lines: ['sales', 'dialled', 'lost'], users: ['bob'] } as const;
    const found = membersOf(targets, directory);
    expect(
      found.members.map(({ key, line: { name, ring_timeout_s } }) => [key, name, ring_timeout_s]),
    ).toEqual([
      ['line:sales', 'as the call knows it', 25],
      ['line:dialled', null, 25],
      ['user:bob', 'bob!', 20],
    ]);
    expect(found).toMatchObject({ missing: ['lost'], offer: undefined });
  });

  it('can be rung as they stand, when a group offers the call; who is named by itself in any case', () => {
    const agents = { standing: () => () => 'busy' as const, idleSince: () => 7 };
    const ofGroup = membersOf({ type: 'group', group, skills: [] }, directory);
    const alone = membersOf({ type: 'lines', lines: ['sales'], users: [] }, directory);
    const available = (membership: typeof alone) =>
      candidatesOf(membership, standingsOf(membership, agents), agents).map((each) => each.available);
    expect(available(ofGroup)).toEqual([false, false]);
    expect(available(alone)).toEqual([true]);
  });
});
