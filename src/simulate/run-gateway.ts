import { SPAM_FLAG } from '../tracking/index.ts';
import { createAgenda } from './agenda.ts';
import { openBrowsers } from './browsers.ts';
import type { Guess, Guesses } from './guess.ts';
import { CANONICAL, sourceKeyOf, trackingNumbers } from './plan.ts';
import type { Clock, LedgerCounts, Site } from './site.ts';
import type { SimCall, Traffic } from './traffic/index.ts';

/** The simulated clock's begin: a Monday. */
export const BEGIN = Date.UTC(2026, 0, 5);

const DAY_MS = 86_400_000;
const SWEEP_MS = 30_000;

/** What went over the wire, and what the ledger of leases says of it. */
export type Wire = {
  readonly sessions: number;
  readonly events: number;
  readonly refused: number;
  readonly renewed: number;
  readonly calls: number;
  readonly leases: LedgerCounts;
};

export type GatewayRun = { readonly guesses: Guesses; readonly wire: Wire };

type Options = {
  readonly traffic: Traffic;
  /** Tracking numbers in all. */
  readonly numbers: number;
  readonly site: Site;
  readonly clock: Clock;
  /** Told at each simulated day's end how many are over. */
  readonly onDay?: (days: number) => void;
};

const UNREACHED: Guess = {
  visit: undefined,
  source: undefined,
  probability: undefined,
  method: 'not tracked',
  spam: false,
};

/** Sends traffic through a gateway, moment after moment, and reads from its call log what it says of each call. */
export const runGateway = async (options: Options): Promise<GatewayRun> => {
  const { traffic, site, clock, onDay } = options;
  const agenda = createAgenda();
  const browsers = openBrowsers(traffic, BEGIN, agenda, site.post);
  const all = trackingNumbers(options.numbers);
  const ids = new Map<number, string>();

  const dialled = ({ dials }: SimCall): string | undefined =>
    dials.type === 'any' ? all[Math.floor(dials.place * all.length)] : browsers.shown(dials.visit);

  const place = async (call: SimCall, index: number): Promise<void> => {
    const did = dialled(call);
    // The number that the page has of its own rings the business without passing the gateway.
    if (did === undefined || did === CANONICAL) return;
    const { caller, answered, ringMs, lengthMs } = call;
    const at = clock.now();
    const ongoing = await site.call({ did, caller, answered });
    if (answered) agenda.add(at + ringMs, ongoing.answer);
    agenda.add(at + lengthMs, async () => {
      ids.set(index, await ongoing.end());
    });
  };

  traffic.visits.forEach((visit, index) => {
    agenda.add(BEGIN + visit.at, () => browsers.open(index));
  });
  traffic.calls.forEach((call, index) => {
    agenda.add(BEGIN + call.at, () => place(call, index));
  });

  let swept = BEGIN;
  let days = 0;
  await site.sweep(BEGIN);
  for (let next = agenda.next(); next !== undefined; next = agenda.next()) {
    clock.set(next.at);
    if (next.at - swept >= SWEEP_MS) {
      swept = next.at;
      await site.sweep(swept);
    }
    if (next.at - BEGIN >= (days + 1) * DAY_MS) {
      days += 1;
      await site.refit(next.at);
      onDay?.(days);
    }
    await next.work();
  }
  const guesses = await readGuesses(site, traffic, ids, browsers.visitOf);
  return { guesses, wire: { ...browsers.sent, calls: ids.size, leases: await site.verify() } };
};

/** What the call log says in the end. */
const readGuesses = async (
  { store }: Pick<Site, 'store'>,
  traffic: Traffic,
  ids: ReadonlyMap<number, string>,
  visitOf: (id: string) => number | undefined,
): Promise<Guesses> => {
  const rows = await store.db
    .selectFrom('call')
    .select(['id', 'source_id', 'source', 'medium', 'visit_id', 'match_method', 'match_prob', 'spam_score'])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return traffic.calls.map((_, index) => {
    const row = byId.get(ids.get(index) ?? '');
    if (row === undefined) return UNREACHED;
    const isStatic = row.match_method === 'static';
    return {
      visit: row.visit_id === null ? undefined : visitOf(row.visit_id),
      source: sourceKeyOf(row),
      // Of a number of a source it is the source's, and certain.
      probability: isStatic ? undefined : (row.match_prob ?? undefined),
      method: row.match_method,
      spam: (row.spam_score ?? 0) >= SPAM_FLAG,
    };
  });
};
