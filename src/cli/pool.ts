import { type Command, InvalidArgumentError } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import type { PoolPlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import {
  activateNumber,
  adviceView,
  advise,
  DEFAULT_TARGET_LOSS,
  failNumber,
  type LedgerVerdict,
  type NumberStatus,
  numberStatus,
  type PoolStatus,
  poolNumberView,
  poolStatus,
  poolView,
  storedPools,
  verdictView,
  verifyLedger,
} from '../tracking/index.ts';
import { formatDuration, formatShare, formatTime, plural } from './format.ts';
import { examples, numberWithin } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, homeRegion, normalNumber, type Session } from './session.ts';

const LEDGER = 'lease-ledger';

/** A share as `0.01` or `1%`. */
export const parseShare = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (value > 0 && value <= 0.5) return value;
  throw new InvalidArgumentError('Use a share above 0 and up to 0.5, such as 0.01 or 1%.');
};

const findPool = (file: SqliteFile, id: string): PoolPlan => {
  const pools = storedPools(file);
  const pool = pools.get(id);
  if (pool) return pool;
  const known = [...pools.keys()].join(', ');
  throw new UsageError(
    `There is no pool ${id}${known === '' ? ': write one into the tracking plan' : `; there are ${known}`}`,
  );
};

/** Runs work on the database itself. */
const onFile = <T>(session: Session, mode: 'read' | 'write', work: (file: SqliteFile) => T): Promise<T> =>
  session.withStore(mode, (store) => store.exclusively(work));

const listPools = async (session: Session): Promise<void> => {
  const { out, json } = session;
  const rows = await onFile(session, 'read', (file) =>
    [...storedPools(file).values()].map((pool) => ({ pool, status: poolStatus(file, pool, session.now()) })),
  );
  if (json) return out.json(rows.map(({ pool, status }) => poolView(pool, status)));
  if (rows.length === 0) return out.line('There are no pools yet: write `pools` into the tracking plan.');
  out.table(
    [
      'ID',
      'Name',
      'Numbers',
      'In view',
      'Away',
      'Free',
      'In use',
      'Lent 24 h',
      'Stolen',
      'Refused',
      'Alerts',
    ],
    rows.map(({ pool, status }) => [
      pool.id,
      pool.name ?? null,
      status.lendable,
      status.active,
      status.idle,
      status.free,
      formatShare(status.utilization),
      status.lastDay.opened,
      status.lastDay.stolen,
      status.lastDay.refused,
      status.alerts.length === 0 ? '' : out.paint('yellow', String(status.alerts.length)),
    ]),
    [2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
};

const statesText = ({ numbers }: PoolStatus): string =>
  Object.entries(numbers)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ') || 'none';

const turnoverText = ({ opened, stolen, joined, refused }: PoolStatus['lastDay']): string =>
  `${opened} lent (${stolen} of them taken from visits that were away), ${joined} joined, ${refused} refused`;

const printStatus = (out: Output, pool: PoolPlan, status: PoolStatus): void => {
  out.line(`${out.paint('bold', pool.id)}${pool.name === undefined ? '' : `  ${pool.name}`}`);
  out.facts([
    ['Numbers', statesText(status)],
    ['To lend', String(status.lendable)],
    ['In view', String(status.active)],
    ['Away', `${status.idle}${status.held > 0 ? `, ${status.held} of them kept for a call-back` : ''}`],
    ['Free', String(status.free)],
    ['In use', formatShare(status.utilization)],
    ['Last hour', turnoverText(status.lastHour)],
    ['Last 24 h', turnoverText(status.lastDay)],
  ]);
  for (const { message, detail } of status.alerts)
    out.line(`${out.paint('yellow', 'Alert:')} ${message} (${detail})`);
};

const showStatus = async (session: Session, id: string | undefined): Promise<void> => {
  const { out, json } = session;
  const rows = await onFile(session, 'read', (file) => {
    const pools = id === undefined ? [...storedPools(file).values()] : [findPool(file, id)];
    return pools.map((pool) => ({ pool, status: poolStatus(file, pool, session.now()) }));
  });
  if (json) {
    const views = rows.map(({ pool, status }) => poolView(pool, status));
    return out.json(id === undefined ? views : views[0]);
  }
  if (rows.length === 0) return out.line('There are no pools yet: write `pools` into the tracking plan.');
  for (const [index, { pool, status }] of rows.entries()) {
    if (index > 0) out.line();
    printStatus(out, pool, status);
  }
};

const leaseText = ({ lease }: NumberStatus): string => {
  if (lease === undefined) return '';
  const where = lease.state === 'active' ? 'in view' : lease.held ? 'kept for a call-back' : 'away';
  return `${where}${lease.shared ? ', shared' : ''}${lease.stolen ? ', stolen' : ''}`;
};

const listNumbers = async (session: Session, id: string): Promise<void> => {
  const { out, json } = session;
  const rows = await onFile(session, 'read', (file) => numberStatus(file, findPool(file, id), session.now()));
  if (json) return out.json(rows.map(poolNumberView));
  if (rows.length === 0) return out.line(`Pool ${id} has no numbers: give it some in the tracking plan.`);
  out.table(
    ['Number', 'State', 'Since', 'Lease', 'Visit', 'Last sign', 'Until', 'Last call'],
    rows.map((row) => [
      row.number,
      row.enabled ? row.state : `${row.state}, off`,
      formatTime(row.stateSince),
      leaseText(row),
      row.lease?.visitId ?? null,
      formatTime(row.lease?.lastSeenAt ?? null),
      formatTime(row.lease?.expiresAt ?? null),
      formatTime(row.lastCallAt),
    ]),
  );
};

type AdviceOptions = {
  readonly targetLoss?: number;
  readonly visitsPerHour?: number;
  readonly minutes?: number;
};

const giveAdvice = async (
  session: Session,
  id: string,
  { targetLoss = DEFAULT_TARGET_LOSS, visitsPerHour, minutes }: AdviceOptions,
): Promise<void> => {
  const { out, json } = session;
  const advice = await onFile(session, 'read', (file) =>
    advise(file, findPool(file, id), session.now(), { targetLoss, visitsPerHour, minutes }),
  );
  if (json) return out.json(adviceView(advice));
  for (const sentence of advice.text) out.line(sentence);
};

const printVerdict = (out: Output, verdict: LedgerVerdict): void => {
  const { counts, events, openLeases, steals, refusals, remarks } = verdict;
  if (steals.length > 0) {
    out.line('Taken from visits that were away (the latest):');
    out.table(
      ['Row', 'When', 'Pool', 'Number', 'Away for'],
      steals.map((steal) => [
        steal.seq,
        formatTime(steal.at),
        steal.pool,
        steal.number,
        formatDuration(steal.awayMs),
      ]),
      [0, 4],
    );
    out.line();
  }
  if (refusals.length > 0) {
    out.line('Visits without a number (the latest):');
    out.table(
      ['Row', 'When', 'Pool', 'Visit', 'Reason'],
      refusals.map((refusal) => [
        refusal.seq,
        formatTime(refusal.at),
        refusal.pool,
        refusal.visit,
        refusal.reason.replaceAll('_', ' '),
      ]),
      [0],
    );
    out.line();
  }
  for (const remark of remarks) out.line(`Note: ${remark}`);
  out.line(
    `${plural(events, 'row')}: ${counts.opened} lent, ${counts.joined} joined, ${counts.closed} ended, ${counts.held} kept for call-backs, ${counts.stolen} stolen, ${counts.refused} refused; ${openLeases} open now.`,
  );
};

const verify = async (session: Session): Promise<void> => {
  const { out, json } = session;
  const verdict = await session.withStore('read', (store) =>
    store.exclusively((file) => verifyLedger(file, store.vault.derive(LEDGER))),
  );
  if (json) out.json(verdictView(verdict));
  else printVerdict(out, verdict);
  if (verdict.problem) throw new FailureError(`The ledger of leases is not whole: ${verdict.problem.text}`);
  if (!json)
    out.line('The ledger is whole: no number had two leases at once, none was taken from a visit in view.');
};

const changeNumber = async (
  session: Session,
  text: string,
  words: string,
  work: (file: SqliteFile, key: string, number: string) => void,
): Promise<void> => {
  const number = normalNumber(text, homeRegion(session.config()));
  await session.withStore('write', (store) =>
    store.exclusively((file) => work(file, store.vault.derive(LEDGER), number)),
  );
  if (session.json) session.out.json({ number, state: words });
  else session.out.line(`${number} is ${words}.`);
};

export const addPoolCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('pool')
    .summary('numbers that are lent to visits')
    .description(
      'Number pools: who has which number, whether there are enough, proof that none was lent twice.',
    );
  group.command('list').description('List pools and how they stand.').action(act<[]>(cli, listPools));
  group
    .command('status')
    .description('Show how a pool stands, or all of them, with alerts.')
    .argument('[id]')
    .action(act<[string | undefined]>(cli, showStatus));
  group
    .command('numbers')
    .description("List a pool's numbers with their state and who has them.")
    .argument('<id>')
    .action(act<[string]>(cli, listNumbers));
  const advice = group
    .command('advise')
    .description(
      'Tell how many numbers a pool needs, by the last 28 days or by what you expect, and what one more buys.',
    )
    .argument('<id>')
    .option(
      '--target-loss <share>',
      'share of visits that may find every number in use (default: 1%)',
      parseShare,
    )
    .option(
      '--visits-per-hour <n>',
      'visits that need a number of their own in the busiest hour, in place of what was measured',
      numberWithin(0.01, 100_000),
    )
    .option(
      '--minutes <n>',
      'with --visits-per-hour: how long each keeps its number, the time after it included',
      numberWithin(0.1, 1440),
    )
    .action(act<[string, AdviceOptions]>(cli, giveAdvice));
  examples(advice, [
    'dialtrace pool advise web',
    'dialtrace pool advise web --target-loss 0.5%',
    'dialtrace pool advise web --visits-per-hour 60 --minutes 18',
  ]);
  group
    .command('verify')
    .description(
      'Replay the ledger of leases: prove that every number had one visit at a time and nothing was changed.',
    )
    .action(act<[]>(cli, verify));
  group
    .command('activate')
    .description('Lend a number from now on, without waiting for quiet days, or again after it failed.')
    .argument('<number>')
    .action(
      act<[string]>(cli, (session, number) =>
        changeNumber(session, number, 'active', (file, _key, e164) =>
          activateNumber(file, e164, session.now()),
        ),
      ),
    );
  group
    .command('fail')
    .description('Take a number out at once; pages that show it get another.')
    .argument('<number>')
    .action(
      act<[string]>(cli, (session, number) =>
        changeNumber(session, number, 'failed', (file, key, e164) =>
          failNumber(file, key, e164, session.now()),
        ),
      ),
    );
};
