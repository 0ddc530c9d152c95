import type { Store } from '../store/index.ts';
import type { Session } from './session.ts';

const TABLES = ['button', 'source', 'site'] as const;

/** Names that a report is asked for alone. */
export type Asked = Readonly<Partial<Record<(typeof TABLES)[number], string | undefined>>>;

const MOST_NAMED = 10;

/**
 * Says which of the names that an empty report was asked for the plan does not know: a slip, most likely. It is no error, for of
 * what has left the plan there are still figures.
 */
export const noteUnknown = async ({ out }: Session, store: Store, asked: Asked): Promise<void> => {
  const known = await store.exclusively((file) =>
    TABLES.map((table) => ({
      table,
      ids: file.prepare(`SELECT id FROM ${table} ORDER BY id`).pluck().all() as string[],
    })),
  );
  for (const { table, ids } of known) {
    const id = asked[table];
    if (id === undefined || ids.includes(id)) continue;
    const more = ids.length > MOST_NAMED ? ' …' : '';
    const there =
      ids.length === 0 ? 'there are none yet' : `there are ${ids.slice(0, MOST_NAMED).join(', ')}${more}`;
    out.note(`The plan has no ${table} ${id}: ${there}`);
  }
};
