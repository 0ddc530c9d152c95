import { createHmac } from 'node:crypto';
import { randomSecret } from '../base/ids.ts';
import type { CallerVault, SqliteFile, VisitTable } from '../store/index.ts';
import { preparedOnce } from './prepared.ts';

/** Made up by a page for its own life, where nothing may be stored. */
const EPHEMERAL = /^e-[A-Za-z0-9_-]{22}$/;
const CHARACTERS = 22;
const RANDOM_BYTES = 17;
/** A visit that is younger has shown nobody anything. */
const YOUNG_MS = 1000;

export type Person = {
  /** A visitor's id, or `e-…`. */
  readonly viewer: string;
  readonly visitId: string | undefined;
  readonly visit: 'none' | 'unknown' | 'young' | 'known';
};

/** Tells who looks at a page, in the transaction that is open. */
export type Who = (
  file: SqliteFile,
  claim: {
    readonly siteId: string;
    readonly viewer: string | undefined;
    readonly visit: string | undefined;
    readonly at: number;
  },
) => Person;

const statementsOf = preparedOnce((file) => ({
  visit: file.prepare<[id: string], Pick<VisitTable, 'id' | 'visitor_id' | 'site_id' | 'started_at'>>(
    'SELECT id, visitor_id, site_id, started_at FROM visit WHERE id = ?',
  ),
  visitor: file.prepare<[id: string], number>('SELECT 1 FROM visitor WHERE id = ?').pluck(),
}));

/**
 * A visit says whose it is; without one, a visitor's id counts that there is. Who is neither gets an id that leads nowhere:
 * the one that the page made up, or one that is made of what it said.
 */
export const createWho = (vault: Pick<CallerVault, 'derive'>): Who => {
  const key = Buffer.from(vault.derive('button-viewer'), 'hex');

  const madeUp = (claimed: string | undefined): string => {
    if (claimed === undefined) return `e-${randomSecret(RANDOM_BYTES).slice(0, CHARACTERS)}`;
    if (EPHEMERAL.test(claimed)) return claimed;
    return `e-${createHmac('sha256', key).update(claimed).digest('base64url').slice(0, CHARACTERS)}`;
  };

  return (file, { siteId, viewer, visit, at }) => {
    const { visit: find, visitor } = statementsOf(file);
    const row = visit === undefined ? undefined : find.get(visit);
    // Whose consent was withdrawn has a visitor of its own that nothing leads from.
    if (row?.site_id === siteId && row.visitor_id !== row.id) {
      const young = at - row.started_at < YOUNG_MS;
      return { viewer: row.visitor_id, visitId: row.id, visit: young ? 'young' : 'known' };
    }
    const isVisitor = viewer !== undefined && visitor.get(viewer) !== undefined;
    return {
      viewer: isVisitor ? viewer : madeUp(viewer),
      visitId: undefined,
      visit: visit === undefined ? 'none' : 'unknown',
    };
  };
};
