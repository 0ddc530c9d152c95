import type { GroupPlan } from '../../config/index.ts';

/**
 * Decides who rings. Everything that rings several (a `dial` step, a queue, a transfer) asks `chooseRound` for the next to
 * ring, and again when those did not answer, until nobody is left.
 */

export type Strategy = GroupPlan['strategy'];

/** Somebody who may be rung. */
export type Candidate = {
  /** The same for one phone or person in every group. */
  readonly id: string;
  readonly weight: number;
  /** 1 is rung before 2. */
  readonly priority: number;
  /** Can take a call now. Those who can't keep their place in the order and their share. */
  readonly available: boolean;
  /** End of the last talk, milliseconds since the epoch; undefined: has not talked yet. */
  readonly idleSince: number | undefined;
};

/** Whose turn it is. Never changed: each choice gives the next one. */
export type Turns = {
  /** Who was rung last, for `round-robin`. */
  readonly last: string | undefined;
  /** What each is owed, for `weighted`: sums to 0 over those who take part. */
  readonly credits: ReadonlyMap<string, number>;
};

export const NO_TURNS: Turns = { last: undefined, credits: new Map() };

/** Those who ring at once. */
export type Round = readonly string[];

/** So many INVITEs for one call are enough for any network. */
export const AT_ONCE = 10;

export type Asking = {
  readonly strategy: Strategy;
  /** In the order of the group. */
  readonly members: readonly Candidate[];
  readonly turns: Turns;
  /** Who has been rung for this call. */
  readonly tried: ReadonlySet<string>;
  /** Who answered this caller before: rung first, alone. */
  readonly first?: string | undefined;
};

export type Choice = { readonly round: Round; readonly turns: Turns };

/** Those of the first priority that has somebody left, in the order of the group. */
const foremost = ({ members, tried }: Asking): readonly Candidate[] => {
  let priority = Number.POSITIVE_INFINITY;
  let left: Candidate[] = [];
  for (const member of members) {
    if (!member.available || member.priority > priority || tried.has(member.id)) continue;
    if (member.priority < priority) left = [];
    priority = member.priority;
    left.push(member);
  }
  return left;
};

/** The one of `left` that comes next after the last in the order of the group, and around. */
const afterLast = (left: readonly Candidate[], { members, turns, tried }: Asking): Candidate | undefined => {
  const [first] = left;
  const last = members.findIndex(({ id }) => id === turns.last);
  if (first === undefined || last < 0) return first;
  for (let at = last + 1; at < members.length; at += 1) {
    const member = members[at];
    if (member?.available && member.priority === first.priority && !tried.has(member.id)) return member;
  }
  return first;
};

const idlest = (left: readonly Candidate[]): Candidate | undefined => {
  let found: Candidate | undefined;
  for (const member of left) {
    const since = member.idleSince ?? Number.NEGATIVE_INFINITY;
    if (found === undefined || since < (found.idleSince ?? Number.NEGATIVE_INFINITY)) found = member;
  }
  return found;
};

const creditOf = ({ credits }: Turns, { id }: Candidate): number => credits.get(id) ?? 0;

/**
 * Smooth weighted round robin: each gets its weight, the one with the most is chosen and pays for all. Over as many calls
 * as the weights sum to, each is chosen exactly as often as its weight says, and never in a bunch.
 */
const payTurn = (
  left: readonly Candidate[],
  turns: Turns,
): { chosen: Candidate; turns: Turns } | undefined => {
  const credits = new Map(turns.credits);
  let total = 0;
  let chosen: Candidate | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const member of left) {
    const credit = creditOf(turns, member) + member.weight;
    credits.set(member.id, credit);
    total += member.weight;
    if (credit > most) {
      chosen = member;
      most = credit;
    }
  }
  if (chosen === undefined) return undefined;
  credits.set(chosen.id, most - total);
  return { chosen, turns: { ...turns, credits } };
};

/** Who is owed most, when the turn is paid for already: the one before did not answer. */
const owedMost = (left: readonly Candidate[], turns: Turns): Candidate | undefined => {
  let found: Candidate | undefined;
  for (const member of left)
    if (found === undefined || creditOf(turns, member) > creditOf(turns, found)) found = member;
  return found;
};

const weighted = (left: readonly Candidate[], asking: Asking): Choice | undefined => {
  const { members, tried, turns, first } = asking;
  const priority = left[0]?.priority;
  const isPaid =
    tried.size > 0 &&
    members.some((member) => member.priority === priority && member.id !== first && tried.has(member.id));
  if (!isPaid) {
    const paid = payTurn(left, turns);
    return paid && { round: [paid.chosen.id], turns: paid.turns };
  }
  const next = owedMost(left, turns);
  return next && { round: [next.id], turns };
};

const alone = (member: Candidate | undefined, turns: Turns): Choice | undefined =>
  member && { round: [member.id], turns };

/**
 * Who rings next, pure: the same question has the same answer. One look at each member, whatever the strategy.
 *
 * @returns undefined when nobody is left who could take the call
 */
export const chooseRound = (asking: Asking): Choice | undefined => {
  const { strategy, members, turns, tried, first } = asking;
  if (first !== undefined && !tried.has(first)) {
    const sticky = members.find(({ id }) => id === first);
    if (sticky?.available) return alone(sticky, turns);
  }
  const left = foremost(asking);
  switch (strategy) {
    case 'simultaneous':
      return left.length === 0 ? undefined : { round: left.slice(0, AT_ONCE).map(({ id }) => id), turns };
    case 'sequential':
      return alone(left[0], turns);
    case 'longest-idle':
      return alone(idlest(left), turns);
    case 'round-robin': {
      const next = afterLast(left, asking);
      return alone(next, { ...turns, last: next?.id });
    }
    case 'weighted':
      return weighted(left, asking);
  }
};

/** All rounds of a call that nobody answers, and whose turn it is then: for those who look ahead. */
export const nextRounds = (
  asking: Omit<Asking, 'tried'>,
): { readonly rounds: readonly Round[]; readonly turns: Turns } => {
  const rounds: Round[] = [];
  const tried = new Set<string>();
  let { turns } = asking;
  for (;;) {
    const choice = chooseRound({ ...asking, turns, tried });
    if (!choice) return { rounds, turns };
    rounds.push(choice.round);
    for (const id of choice.round) tried.add(id);
    turns = choice.turns;
  }
};
