import type { GroupMember } from '../../config/index.ts';
import type { Candidate, Targets } from '../../flows/index.ts';
import type { LineTable } from '../../store/index.ts';
import { type Agents, keyOf, type Offer, type Standing } from '../agents/index.ts';
import { userLine } from '../from-user.ts';

/** How long somebody rings where neither a line nor a step says, in seconds. */
const RING_SECONDS = 20;

/** Somebody who may be rung for a call. */
export type Member = {
  readonly key: string;
  /** With the name that people know. */
  readonly line: LineTable;
  readonly weight: number;
  readonly priority: number;
  /** Calls that it may have at once, whichever group they come from. */
  readonly maxCalls: number;
};

/** Those whom a step or a group names. */
export type Membership = {
  readonly members: readonly Member[];
  /** Ids and names that stand for nobody any more. */
  readonly missing: readonly string[];
  /** What a group asks of its members; undefined for lines and users that are named by themselves. */
  readonly offer: Offer | undefined;
};

type Directory = {
  readonly agents: Pick<Agents, 'line' | 'user'>;
  /** Lines of the call that may stand in no plan. */
  readonly known: readonly LineTable[];
};

const ringsUser = (name: string, { agents }: Directory): LineTable | undefined => {
  const user = agents.user(name);
  return user && { ...userLine(user), ring_timeout_s: RING_SECONDS };
};

const findLine = (id: string, { agents, known }: Directory): LineTable | undefined =>
  known.find((line) => line.id === id) ?? agents.line(id);

type Named = Pick<GroupMember, 'line' | 'user' | 'weight' | 'priority' | 'maxCalls'>;

const ALONE = { weight: 1, priority: 1, maxCalls: Number.POSITIVE_INFINITY };

const namedBy = (targets: Targets): readonly Named[] => {
  if (targets.type === 'lines')
    return [
      ...targets.lines.map((line) => ({ ...ALONE, line })),
      ...targets.users.map((user) => ({ ...ALONE, user })),
    ];
  const { group, skills } = targets;
  if (skills.length === 0) return group.members;
  return group.members.filter((member) => skills.every((skill) => member.skills.includes(skill)));
};

/** Looks up whom a step rings. Who is named twice, by a line and as a user, is there once. */
export const membersOf = (targets: Targets, directory: Directory): Membership => {
  const members = new Map<string, Member>();
  const missing: string[] = [];
  for (const { line: id, user, weight, priority, maxCalls } of namedBy(targets)) {
    const line = id === undefined ? ringsUser(user ?? '', directory) : findLine(id, directory);
    if (!line) {
      missing.push(id ?? user ?? '');
      continue;
    }
    const key = keyOf(line);
    if (!members.has(key)) members.set(key, { key, line, weight, priority, maxCalls });
  }
  const offer =
    targets.type === 'group'
      ? { wrapUpMs: targets.group.wrapUpSeconds * 1000, maxMissed: targets.group.maxMissed }
      : undefined;
  return { members: [...members.values()], missing, offer };
};

/** How each member stands; who is named by itself is rung in any case, and its phone says whether it is busy. */
export const standingsOf = (
  { members, offer }: Membership,
  agents: Pick<Agents, 'standing'>,
): ReadonlyMap<string, Standing> => {
  const standing = agents.standing();
  return new Map(
    members.map(({ key, maxCalls }) => [key, offer === undefined ? 'free' : standing(key, maxCalls)]),
  );
};

/** The members as the choice of who rings sees them. */
export const candidatesOf = (
  { members }: Membership,
  standings: ReadonlyMap<string, Standing>,
  agents: Pick<Agents, 'idleSince'>,
): readonly Candidate[] =>
  members.map(({ key, weight, priority }) => ({
    id: key,
    weight,
    priority,
    available: standings.get(key) === 'free',
    idleSince: agents.idleSince(key),
  }));
