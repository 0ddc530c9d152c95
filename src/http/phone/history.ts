import { z } from 'zod';
import { callView } from '../../reports/index.ts';
import type { CallRow, LegTable } from '../../store/index.ts';
import type { PhoneContext } from './types.ts';

const text = z.string().nullable();
export const directionSchema = z.enum(['inbound', 'outbound', 'internal']);

export const historyCallSchema = z.object({
  id: z.string(),
  direction: directionSchema,
  startedAt: z.int().meta({ description: 'Milliseconds since the epoch' }),
  answeredAt: z.int().nullable(),
  talkMs: z.int().nullable(),
  status: z.string(),
  party: text.meta({
    description: "The other side's number or user name; null when withheld, or there is none",
  }),
  partyName: text,
  visitor: z.boolean().meta({ description: 'Of a web page, who has told no number' }),
  did: text,
  didLabel: text,
  sourceName: text,
  campaign: text,
  disposition: text,
  tags: z.array(z.string()),
  note: text,
  value: z.object({ amount: z.number(), currency: z.string() }).nullable(),
  recorded: z.boolean(),
});

export type HistoryCall = z.output<typeof historyCallSchema>;
export type Party = Pick<HistoryCall, 'party' | 'partyName' | 'visitor'>;
type LegUser = Pick<LegTable, 'call_id' | 'role' | 'user' | 'line_id' | 'answered_at'>;

/** What people call what call records name. */
export type Names = {
  readonly label: (did: string | null) => string | null;
  readonly display: (user: string | null) => string | null;
  /** @param self the user who asks */
  readonly partyOf: (row: CallRow, self: string) => Party;
};

/** The other side of a call between users: who was called, or for those, who called. */
const opposite = (legs: readonly LegUser[], self: string): LegUser | undefined => {
  const dialled = legs.filter(({ role }) => role === 'B');
  const called = dialled.find(({ answered_at }) => answered_at !== null) ?? dialled[0];
  const caller = legs.find(({ role }) => role === 'A');
  return caller?.user === self ? called : caller;
};

/** Looks up in few queries what the rows' numbers and users are called. */
export const namesFor = async (
  { store: { db, vault } }: Pick<PhoneContext, 'store'>,
  rows: readonly CallRow[],
): Promise<Names> => {
  const dids = [...new Set(rows.flatMap(({ did }) => did ?? []))];
  const internal = rows.filter(({ direction }) => direction === 'internal').map(({ id }) => id);
  const [numbers, legs, users, lines] = await Promise.all([
    dids.length === 0
      ? []
      : db.selectFrom('tracking_number').select(['number', 'label']).where('number', 'in', dids).execute(),
    internal.length === 0
      ? []
      : db
          .selectFrom('leg')
          .select(['call_id', 'role', 'user', 'line_id', 'answered_at'])
          .where('call_id', 'in', internal)
          .orderBy('position')
          .execute(),
    db.selectFrom('user').select(['name', 'display']).execute(),
    internal.length === 0 ? [] : db.selectFrom('line').select(['id', 'name']).execute(),
  ]);
  const labels = new Map(numbers.map(({ number, label }) => [number, label]));
  const displays = new Map(users.map(({ name, display }) => [name, display]));
  const lineNames = new Map(lines.map(({ id, name }) => [id, name]));

  const display: Names['display'] = (user) => (user === null ? null : (displays.get(user) ?? null));
  const internalParty = (id: string, self: string): Party => {
    const other = opposite(
      legs.filter(({ call_id }) => call_id === id),
      self,
    );
    const visitor = false;
    if (!other) return { party: null, partyName: null, visitor };
    if (other.user !== null) return { party: other.user, partyName: display(other.user), visitor };
    return { party: other.line_id, partyName: lineNames.get(other.line_id ?? '') ?? null, visitor };
  };

  return {
    label: (did) => (did === null ? null : (labels.get(did) ?? null)),
    display,
    partyOf: (row, self) =>
      row.direction === 'internal'
        ? internalParty(row.id, self)
        : {
            party: row.caller_encrypted && vault.reveal(row.caller_encrypted),
            partyName: null,
            visitor: row.web_kind !== null && row.caller_encrypted === null,
          },
  };
};

/** A call as its agent finds it again. */
export const historyCall = (
  row: CallRow,
  names: Names,
  self: string,
  { vault }: Pick<PhoneContext['store'], 'vault'>,
): HistoryCall => {
  const { wrapUp } = callView(row, vault);
  return {
    id: row.id,
    direction: row.direction,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    talkMs: row.talk_ms,
    status: row.status,
    ...names.partyOf(row, self),
    did: row.did,
    didLabel: names.label(row.did),
    sourceName: row.source_name,
    campaign: row.campaign,
    disposition: wrapUp?.disposition ?? null,
    tags: wrapUp?.tags ?? [],
    note: wrapUp?.note ?? null,
    value: wrapUp?.value ?? null,
    recorded: row.recording_state !== null && row.recording_state !== 'failed',
  };
};
