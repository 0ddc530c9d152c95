import { createIds, type Ids } from './ids.ts';
import { eventNamed, type PressEvents } from './press.ts';

/** Between fields and between rows of what SQLite packs; no page, id or viewer has them. */
export const FIELD = '\x1f';
export const ROW = '\x1e';
/** What a row begins with. */
export const MARKS = { view: 'v', press: 'p', machine: 'm' } as const;

/** What pages said of one press. */
export type SeenPress = {
  readonly id: number;
  readonly viewer: number;
  readonly key: number;
  /** Of its first event. */
  readonly at: number;
  readonly visit: string;
  readonly intent: string;
  readonly events: PressEvents;
  /** When the dialler was opened. */
  readonly dials: readonly number[];
};

/** Who saw a button under which keys: pairs, each once. */
export type Seen = {
  readonly has: (viewer: number) => boolean;
  /** Keys under which a viewer saw a button. */
  readonly each: (viewer: number, told: (key: number) => void) => void;
};

export type Tally = {
  readonly viewers: Ids;
  readonly keys: Ids;
  readonly pressIds: Ids;
  /** Views by key. */
  readonly views: readonly number[];
  readonly seen: Seen;
  /** By number of the press. */
  readonly presses: readonly SeenPress[];
  /** Numbers of presses that machines made. */
  readonly botPresses: ReadonlySet<number>;
  /** Events of machines within the period. */
  readonly botEvents: number;
};

const NONE = -1;

/** Pairs of viewers and keys: most viewers have one key, so that a set each would cost most of the time. */
const createSeen = () => {
  /** By viewer: the last of its pairs; by pair: its key, and the one before. */
  const last: number[] = [];
  const keys: number[] = [];
  const before: number[] = [];
  const lastOf = (viewer: number): number => last[viewer] ?? NONE;

  const add = (viewer: number, key: number): void => {
    const latest = lastOf(viewer);
    for (let pair = latest; pair !== NONE; pair = before[pair] ?? NONE) if (keys[pair] === key) return;
    while (last.length <= viewer) last.push(NONE);
    last[viewer] = keys.length;
    keys.push(key);
    before.push(latest);
  };
  const each: Seen['each'] = (viewer, told) => {
    for (let pair = lastOf(viewer); pair !== NONE; pair = before[pair] ?? NONE) told(keys[pair] ?? NONE);
  };
  return { add, each, has: (viewer: number): boolean => lastOf(viewer) !== NONE };
};

type Mutable = { -readonly [Key in keyof SeenPress]: SeenPress[Key] };

/**
 * Puts together what SQLite packs, in the order that it was noted. A row is one of
 *
 * - `v`, viewer, key: a view;
 * - `p`, press, type, time, viewer, visit, intent, key: what happened at a press;
 * - `m`, 1 within the period, press: what a machine did.
 */
export const createTally = () => {
  const viewers = createIds();
  const keys = createIds();
  const pressIds = createIds();
  const views: number[] = [];
  const seen = createSeen();
  const presses: Mutable[] = [];
  const botPresses = new Set<number>();
  let botEvents = 0;

  const addView = (row: string): void => {
    const cut = row.indexOf(FIELD);
    const key = keys.of(row.slice(cut + 1));
    views[key] = (views[key] ?? 0) + 1;
    seen.add(viewers.of(row.slice(1, cut)), key);
  };

  const addMachine = (row: string): void => {
    if (row[1] === '1') botEvents += 1;
    if (row.length > 2) botPresses.add(pressIds.of(row.slice(2)));
  };

  const addPress = (row: string): void => {
    const [press = '', type = '', time, viewer = '', visit = '', intent = '', key = ''] = row
      .slice(1)
      .split(FIELD);
    const event = eventNamed(type);
    // The call record knows better.
    if (event === 0) return;
    const id = pressIds.of(press);
    const at = Number(time);
    const known = presses[id] ?? {
      id,
      viewer: viewers.of(viewer),
      key: keys.of(key),
      at,
      visit: '',
      intent: '',
      events: 0,
      dials: [],
    };
    presses[id] = known;
    known.events |= event;
    known.at = Math.min(known.at, at);
    known.visit ||= visit;
    known.intent = intent || known.intent;
    if (type === 'tel_open') known.dials = [...known.dials, at];
  };

  const add = { [MARKS.view]: addView, [MARKS.press]: addPress, [MARKS.machine]: addMachine };
  return {
    add: (packed: string): void => {
      for (const row of packed.split(ROW)) add[row[0] as keyof typeof add](row);
    },
    result: (): Tally => ({ viewers, keys, pressIds, views, seen, presses, botPresses, botEvents }),
  };
};
