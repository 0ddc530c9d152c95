import type { RouteCase } from '../../config/index.ts';
import type { Flow, FlowFacts, FlowStep } from '../types.ts';
import { specialMoments } from './moments.ts';
import { createRandom, type Random } from './random.ts';
import type { Answering, GroupAnswering, Scenario } from './types.ts';

const YEAR_MS = 365 * 86_400_000;
const KEYS = '0123456789*#';

/** Beginnings of numbers, their region, and how many digits follow. */
const NUMBERS: readonly [Origin, ...Origin[]] = [
  { prefix: '+86139', country: 'CN', digits: 8 },
  { prefix: '+8610', country: 'CN', digits: 8 },
  { prefix: '+1202555', country: 'US', digits: 4 },
  { prefix: '+4420', country: 'GB', digits: 8 },
  { prefix: '+4930', country: 'DE', digits: 7 },
  { prefix: '+49171', country: 'DE', digits: 7 },
  { prefix: '+331', country: 'FR', digits: 8 },
  { prefix: '+612', country: 'AU', digits: 8 },
  { prefix: '+8190', country: 'JP', digits: 8 },
  { prefix: '+5511', country: 'BR', digits: 8 },
  { prefix: '+91981', country: 'IN', digits: 7 },
];
type Origin = { readonly prefix: string; readonly country: string | undefined; readonly digits: number };

/** Shares out of 100; the rest answers. */
const NOT_ANSWERING: readonly (readonly [Answering, number])[] = [
  ['no-answer', 22],
  ['busy', 10],
  ['rejected', 4],
  ['unavailable', 4],
];

/** How a caller goes about questions. */
type Manner = 'answers' | 'errs' | 'is-silent';

const digits = (random: Random, count: number): string => {
  let text = '';
  for (let at = 0; at < count; at += 1) text += KEYS.charAt(random.below(10));
  return text;
};

const sensibleKeys = ({ step }: FlowStep, random: Random): string => {
  switch (step.do) {
    case 'menu': {
      const [first = '', ...rest] = Object.keys(step.keys);
      return random.pick([first, ...rest]);
    }
    case 'collect': {
      const count = step.min + random.below(Math.max(1, step.max - step.min + 1));
      return digits(random, count) + (random.chance(0.5) ? step.end : '');
    }
    case 'consent':
      return random.chance(0.85) ? (step.accept ?? '') : (step.decline ?? '');
    case 'queue':
      return random.chance(0.1) ? (step.exitKey ?? '') : '';
    default:
      return '';
  }
};

const wrongKeys = (random: Random): string => {
  let keys = '';
  for (let count = 1 + random.below(4); count > 0; count -= 1) keys += KEYS.charAt(random.below(KEYS.length));
  return keys;
};

/** All texts that cases of the flow ask for, by what they ask about, so that each case has callers. */
const askedFor = (flow: Flow) => {
  const values = new Map<string, string[]>();
  const note = (name: string, value: RouteCase['when'][keyof RouteCase['when']]): void => {
    if (!Array.isArray(value)) return;
    const known = values.get(name) ?? [];
    values.set(name, [...known, ...value.filter((each) => typeof each === 'string')]);
  };
  for (const { step } of flow.steps.values()) {
    if (step.do !== 'route') continue;
    for (const { when } of step.cases) {
      for (const name of Object.keys(when) as (keyof RouteCase['when'])[]) note(name, when[name]);
    }
  }
  return (name: string): readonly string[] => values.get(name) ?? [];
};

const originOf = (prefix: string): Origin => ({
  prefix,
  country: NUMBERS.find((known) => prefix.startsWith(known.prefix.slice(0, 3)))?.country,
  digits: Math.max(0, 13 - prefix.length),
});

/** Lines and users that the flow rings. */
const namesOf = (flow: Flow): readonly string[] => {
  const named = [...flow.steps.values()].flatMap(({ step }) =>
    step.do === 'dial' ? [...(step.lines ?? []), ...(step.users ?? [])] : [],
  );
  const members = [...flow.groups.values()].flatMap((group) => group.members);
  return [...new Set([...named, ...members.map(({ line, user }) => line ?? user ?? '')])];
};

/** What a caller made up by chance meets. The same name does the same throughout one call. */
const createAnswers = (flow: Flow, random: Random): Scenario['answers'] => {
  const drawn = new Map<string, GroupAnswering | undefined>();
  const draw = (name: string): GroupAnswering | undefined => {
    if (flow.groups.has(name)) return random.chance(0.03) ? 'full' : undefined;
    let left = random.next() * 100;
    for (const [answering, share] of NOT_ANSWERING) {
      if (left < share) return answering;
      left -= share;
    }
    return 'answer';
  };
  return {
    get: (name) => {
      if (!drawn.has(name)) drawn.set(name, draw(name));
      return drawn.get(name);
    },
  };
};

/**
 * Callers made up by chance, the same for the same seed: many countries, times over a year with the moments at which clocks
 * change and holidays begin, keys pressed rightly, wrongly and not at all, lines that answer and don't.
 *
 * @param from beginning of the year, milliseconds since the epoch
 * @returns the next caller each time
 */
export const createCallers = (
  flow: Flow,
  { from, seed, lineRingMs }: { from: number; seed: number; lineRingMs: Scenario['lineRingMs'] },
): (() => Scenario) => {
  const random = createRandom(seed);
  const asked = askedFor(flow);
  const moments = specialMoments(flow, from, from + YEAR_MS);
  const names = namesOf(flow);
  const [firstNumber, ...numbers] = NUMBERS;
  const origins: readonly [Origin, ...Origin[]] = [firstNumber, ...numbers, ...asked('prefix').map(originOf)];
  let count = 0;

  /** One of what cases ask for, something else, or nothing. */
  const fact = (name: string, else_: string): string | undefined => {
    if (random.chance(0.2)) return undefined;
    const [first, ...rest] = asked(name);
    return first === undefined || random.chance(0.3) ? else_ : random.pick([first, ...rest]);
  };

  const time = (): number => {
    const [first, ...rest] = moments;
    if (first === undefined || random.chance(0.85)) return Math.floor(from + random.next() * YEAR_MS);
    return random.pick([first, ...rest]) + Math.floor((random.next() - 0.5) * 4 * 3_600_000);
  };

  const facts = (): FlowFacts => {
    const origin = random.pick(origins);
    const shown = !random.chance(0.06);
    const priorCalls = shown ? (random.chance(0.7) ? 0 : 1 + random.below(4)) : undefined;
    count += 1;
    return {
      callId: `caller-${count}`,
      callerKey: `caller-${seed}-${count}`,
      callerNumber: shown ? origin.prefix + digits(random, origin.digits) : undefined,
      country: shown ? (fact('country', origin.country ?? '') ?? origin.country) : undefined,
      area: shown ? fact('area', 'elsewhere') : undefined,
      city: undefined,
      priorCalls,
      lastLine: priorCalls && names.length > 0 ? names[random.below(names.length)] : undefined,
      did: fact('number', '+12025550123'),
      source: fact('source', 'somewhere'),
      medium: fact('medium', 'else'),
      campaign: fact('campaign', 'autumn'),
      keyword: fact('keyword', 'other words'),
      channel: fact('channel', 'direct'),
      landing: fact('landing', '/'),
      sourceName: undefined,
      button: fact('button', 'none'),
      intent: fact('intent', 'none'),
    };
  };

  const manner = (): Manner => {
    const drawn = random.next();
    if (drawn < 0.1) return 'is-silent';
    return drawn < 0.25 ? 'errs' : 'answers';
  };

  return () => {
    const mood = manner();
    return {
      facts: facts(),
      at: time(),
      keys: (question) => {
        if (mood === 'is-silent') return '';
        return mood === 'errs' ? wrongKeys(random) : sensibleKeys(question, random);
      },
      answers: createAnswers(flow, random),
      decisions: {
        get: (name) => {
          const step = flow.steps.get(name)?.step;
          const [first, ...rest] = step?.do === 'decide' ? Object.keys(step.exits) : [];
          return first === undefined || random.chance(0.3) ? undefined : random.pick([first, ...rest]);
        },
      },
      lineRingMs,
      promptMs: new Map(),
      patienceMs: 5000 + random.exponential(90_000),
      answerMs: 2000 + random.exponential(5000),
      queueMs: random.exponential(60_000),
    };
  };
};
