import type { Command } from 'commander';
import { listSpam, NOT_SPAM_TAG, SPAM_TAG, type SpamRow, tagCall } from '../tracking/index.ts';
import { findCall, periodBounds } from './calls.ts';
import { formatDuration, formatTime } from './format.ts';
import { addPeriodOptions, examples, type PeriodOptions, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type ListOptions = PeriodOptions & { readonly limit: number };

const reasonsOf = ({ spam_reasons }: SpamRow): readonly string[] => {
  const found: unknown = JSON.parse(spam_reasons ?? '[]');
  return Array.isArray(found) ? found.map(String) : [];
};

const view = (row: SpamRow) => ({
  id: row.id,
  startedAt: new Date(row.started_at).toISOString(),
  caller: row.caller_masked,
  did: row.did,
  status: row.status,
  talkMs: row.talk_ms,
  source: row.source_name,
  score: row.spam_score,
  reasons: reasonsOf(row),
});

const list = async (session: Session, { limit, ...period }: ListOptions): Promise<void> => {
  const bounds = periodBounds(period, session.now());
  const rows = await session.withStore('read', (store) =>
    store.exclusively((file) => listSpam(file, { ...bounds, limit })),
  );
  const calls = rows.map(view);
  if (session.json) return session.out.json(calls);
  if (calls.length === 0) return session.out.line('No call is flagged as spam.');
  session.out.table(
    ['Call', 'Time', 'Caller', 'Number', 'Talk', 'Score', 'Why'],
    calls.map((call) => [
      call.id,
      formatTime(call.startedAt, period.zone),
      call.caller ?? 'withheld',
      call.did,
      formatDuration(call.talkMs),
      call.score,
      call.reasons.join(', '),
    ]),
    [4, 5],
  );
};

const judge =
  (tag: string) =>
  (session: Session, id: string, { user }: { user: string }): Promise<void> =>
    session.withStore('write', async (store) => {
      const { call } = await findCall(store.calls, id);
      await store.exclusively((file) => tagCall(file, call.id, [tag], { by: user, at: session.now() }));
      const { call: after } = await findCall(store.calls, call.id);
      const reasons = reasonsOf({ ...after });
      if (session.json) return session.out.json({ id: after.id, score: after.spam_score, reasons });
      session.out.line(
        `${after.id}: ${after.spam_score ?? 0} points of spam (${reasons.join(', ') || 'no reason'})`,
      );
    });

export const addSpamCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('spam')
    .summary('calls that look like spam')
    .description('Calls that look like spam. They are flagged with the reasons, and hidden nowhere.');
  const listing = addPeriodOptions(group.command('list').description('Flagged calls and why, newest first.'))
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(act<[ListOptions]>(cli, list));
  examples(listing, ['dialtrace spam list --period 7d']);
  const add = (name: string, description: string, tag: string): void => {
    group
      .command(name)
      .description(description)
      .argument('<call>', 'call id, or "last"')
      .option('--user <name>', 'who says so', 'command')
      .action(act<[string, { user: string }]>(cli, judge(tag)));
  };
  add('mark', 'Say that a call was spam: later calls of its caller are scored with it.', SPAM_TAG);
  add(
    'clear',
    'Say that a call was none: neither it nor, likely, later calls of its caller are flagged.',
    NOT_SPAM_TAG,
  );
};
