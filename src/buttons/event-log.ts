import type { ButtonEventTable, SqliteFile } from '../store/index.ts';
import { createWindow } from './limits.ts';
import { preparedOnce } from './prepared.ts';

/** Events that one press may have. */
const PER_PRESS = 60;
const MINUTE_MS = 60_000;
/** Events of one viewer without a press that are kept in a minute. */
const PER_VIEWER = 30;
/** A page that says more often that it was seen is seen once. */
const VIEW_EVERY_MS = 10_000;

/** What happens once a press. */
const ONCE: ReadonlySet<ButtonEventTable['type']> = new Set<ButtonEventTable['type']>([
  'click',
  'confirm_ok',
  'code_ok',
  'ring',
  'answer',
  'end',
  'callback_asked',
  'rating',
]);

export type NewEvent = Omit<ButtonEventTable, 'seq' | 'detail'> & {
  readonly detail: Readonly<Record<string, string | number | boolean>>;
};

/** The funnel's events. */
export type EventLog = {
  /** Whether a press is a machine's, as its first event says; undefined: it has none yet. */
  ofMachine(file: SqliteFile, press: string): boolean | undefined;
  /**
   * Notes one, in the transaction that is open.
   *
   * @returns false when there were too many, or it was there already
   */
  append(file: SqliteFile, event: NewEvent): boolean;
};

const COLUMNS = [
  'at',
  'type',
  'site_id',
  'button_id',
  'experiment_id',
  'arm',
  'viewer',
  'visit_id',
  'press_id',
  'device',
  'page',
  'bot',
  'detail',
] as const satisfies readonly (keyof ButtonEventTable)[];

const statementsOf = preparedOnce((file) => ({
  add: file.prepare<[Omit<ButtonEventTable, 'seq'>]>(
    `INSERT INTO button_event (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `@${name}`).join(', ')})`,
  ),
  ofPress: file.prepare<[press: string], { readonly type: ButtonEventTable['type'] }>(
    'SELECT type FROM button_event WHERE press_id = ?',
  ),
  begun: file
    .prepare<[press: string], ButtonEventTable['bot']>(
      'SELECT bot FROM button_event WHERE press_id = ? ORDER BY seq LIMIT 1',
    )
    .pluck(),
}));

const KEY = /^[a-zA-Z][a-zA-Z0-9_]{0,19}$/;
const VALUES = 10;
/** What a page says comes from anybody: one plain word, which can be printed anywhere, and is no address. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** Above three hours in ms; below any telephone number. */
const LARGEST = 20_000_000;

/** Plain words and numbers under plain names; nothing that could be a telephone number. */
const plainDetail = (detail: NewEvent['detail']): string => {
  const kept = Object.entries(detail).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (!KEY.test(key)) return [];
    if (typeof value === 'number')
      return Math.abs(value) < LARGEST ? [[key, Math.round(value * 100) / 100]] : [];
    if (typeof value === 'boolean') return [[key, value]];
    return WORD.test(value) && !/\d(?:[.-]*\d){5}/.test(value) ? [[key, value]] : [];
  });
  return JSON.stringify(Object.fromEntries(kept.slice(0, VALUES)));
};

/** @param noted told of each event that was noted */
export const createEventLog = (noted: (type: NewEvent['type'], machine: boolean) => void): EventLog => {
  const byViewer = createWindow(PER_VIEWER, MINUTE_MS);
  const views = createWindow(1, VIEW_EVERY_MS);

  const mayAdd = (file: SqliteFile, event: NewEvent): boolean => {
    if (event.press_id !== null) {
      const before = statementsOf(file).ofPress.all(event.press_id);
      if (before.length >= PER_PRESS) return false;
      return !(ONCE.has(event.type) && before.some(({ type }) => type === event.type));
    }
    if (event.type === 'view' && !views.take(`${event.viewer} ${event.button_id} ${event.page}`, event.at))
      return false;
    return byViewer.take(event.viewer, event.at);
  };

  return {
    ofMachine: (file, press) => {
      const bot = statementsOf(file).begun.get(press);
      return bot === undefined ? undefined : bot === 1;
    },
    append: (file, event) => {
      if (!mayAdd(file, event)) return false;
      statementsOf(file).add.run({ ...event, at: Math.round(event.at), detail: plainDetail(event.detail) });
      noted(event.type, event.bot === 1);
      return true;
    },
  };
};
