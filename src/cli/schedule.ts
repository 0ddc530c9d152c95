import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DateTime } from 'luxon';
import { UsageError } from '../base/errors.ts';
import type { SchedulePlan } from '../config/index.ts';
import {
  nextOpening,
  openState,
  type ScheduleDay,
  scheduleInForce,
  storedSchedules,
  weekOf,
} from '../flows/index.ts';
import type { SqliteFile } from '../store/index.ts';
import { examples, wholeNumber } from './options.ts';
import { readPlan } from './plan-input.ts';
import { act, type Cli, isMissing, type Session } from './session.ts';

type PlanOption = { readonly plan?: string };

type Found = { readonly schedule: SchedulePlan; readonly missing: readonly string[] };

const choose = (schedules: readonly SchedulePlan[], id: string): SchedulePlan => {
  const found = schedules.find((schedule) => schedule.id === id);
  if (found) return found;
  const known = schedules.map((schedule) => schedule.id).join(', ');
  throw new UsageError(
    known === '' ? 'There are no schedules yet' : `There is no schedule ${id}: there are ${known}`,
  );
};

/** Of a plan file that was not applied yet the calendars are known all the same, where there is a database. */
const ofPlan = async (session: Session, path: string, id: string): Promise<Found> => {
  const config = session.config();
  const schedule = choose(readPlan(config, resolve(session.directory, path)).schedules, id);
  if (schedule.calendars.length === 0) return { schedule, missing: [] };
  if (await isMissing(config.database.path)) return { schedule, missing: schedule.calendars };
  return session.withStore('read', (store) => store.exclusively((file) => scheduleInForce(file, schedule)));
};

const applied = (session: Session, id: string): Promise<Found> =>
  session.withStore('read', (store) =>
    store.exclusively((file: SqliteFile) => scheduleInForce(file, choose(storedSchedules(file), id))),
  );

const findSchedule = async (session: Session, id: string, { plan }: PlanOption): Promise<SchedulePlan> => {
  const { schedule, missing } = await (plan === undefined ? applied(session, id) : ofPlan(session, plan, id));
  for (const calendar of missing)
    session.out.note(`The calendar ${calendar} was never imported: its days count as usual ones.`);
  return schedule;
};

/** A moment as a person writes it, in the schedule's own zone unless it names another. */
const readMoment = (text: string | undefined, zone: string, now: number): number => {
  if (text === undefined) return now;
  const moment = DateTime.fromISO(text.trim().replace(' ', 'T'), { zone });
  if (moment.isValid) return moment.toMillis();
  throw new UsageError(`"${text}" is no moment: write 2026-12-24 15:00`);
};

const PATTERN = 'ccc yyyy-MM-dd HH:mm';

const momentText = (at: number, zone: string): string =>
  DateTime.fromMillis(at, { zone, locale: 'en' }).toFormat(PATTERN);

const iso = (at: number | undefined, zone: string): string | null =>
  at === undefined ? null : DateTime.fromMillis(at, { zone }).toISO({ suppressMilliseconds: true });

const test = async (
  session: Session,
  id: string,
  options: PlanOption & { readonly at?: string },
): Promise<void> => {
  const schedule = await findSchedule(session, id, options);
  const { timezone: zone } = schedule;
  const at = readMoment(options.at, zone, session.now());
  const { state, reason, until } = openState(schedule, at);
  const opens = state === 'open' ? undefined : nextOpening(schedule, at);
  if (session.json)
    return session.out.json({
      id,
      at: iso(at, zone),
      timezone: zone,
      state,
      reason,
      until: iso(until, zone),
      opens: iso(opens, zone),
    });
  const colour = state === 'open' ? 'green' : 'yellow';
  session.out.line(`${momentText(at, zone)} (${zone}): ${session.out.paint(colour, state)}, ${reason}.`);
  session.out.line(until === undefined ? 'It stays so.' : `Until ${momentText(until, zone)}.`);
  if (state !== 'open')
    session.out.line(opens === undefined ? 'It never opens.' : `Opens ${momentText(opens, zone)}.`);
};

/** Spans as they will be: a time that the clock leaps over, or shows twice, differs from what is written. */
const spanText = ({ text, from, to }: ScheduleDay['open'][number], zone: string): string => {
  const time = (at: number): string => DateTime.fromMillis(at, { zone }).toFormat('HH:mm');
  const real = `${time(from)}-${text.endsWith('24:00') && time(to) === '00:00' ? '24:00' : time(to)}`;
  return real === text ? text : `${real} (${text})`;
};

const dayNote = ({ holiday, clockChange }: ScheduleDay): string | null => {
  const clock =
    clockChange === 0
      ? []
      : [`clock ${clockChange > 0 ? 'forward' : 'back'} ${Math.abs(clockChange)} minutes`];
  return [...(holiday === undefined ? [] : [holiday]), ...clock].join('; ') || null;
};

const week = async (
  session: Session,
  id: string,
  options: PlanOption & { readonly from?: string; readonly days: number },
): Promise<void> => {
  const schedule = await findSchedule(session, id, options);
  const { timezone: zone } = schedule;
  const days = weekOf(schedule, readMoment(options.from, zone, session.now()), options.days);
  if (session.json)
    return session.out.json(
      days.map(({ open, holiday, ...day }) => ({
        ...day,
        holiday: holiday ?? null,
        open: open.map(({ text, from, to }) => ({ text, from: iso(from, zone), to: iso(to, zone) })),
      })),
    );
  session.out.line(`${schedule.name ?? id}, ${zone}`);
  session.out.table(
    ['Day', 'Date', 'Open', 'Remark'],
    days.map((day) => [
      day.weekday,
      day.date,
      day.open.map((span) => spanText(span, zone)).join(', ') || 'closed',
      dayNote(day),
    ]),
  );
};

const list = async (session: Session): Promise<void> => {
  const rows = await session.withStore('read', (store) =>
    store.exclusively((file) =>
      storedSchedules(file).map((plan) => {
        const { schedule } = scheduleInForce(file, plan);
        const { state, until } = openState(schedule, session.now());
        const { id, name, timezone, calendars } = plan;
        return { id, name: name ?? null, timezone, calendars, state, until: iso(until, timezone) };
      }),
    ),
  );
  if (session.json) return session.out.json(rows);
  if (rows.length === 0)
    return session.out.line('There are no schedules yet: a tracking plan has `schedules`.');
  session.out.table(
    ['ID', 'Name', 'Time zone', 'Calendars', 'Now', 'Until'],
    rows.map(({ id, name, timezone, calendars, state, until }) => [
      id,
      name,
      timezone,
      calendars.join(', ') || null,
      state,
      until === null ? null : until.slice(0, 16).replace('T', ' '),
    ]),
  );
};

const addPlanOption = (command: Command): Command =>
  command.option('--plan <file>', 'of this tracking plan, which need not be applied (default: what was)');

export const addScheduleCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('schedule')
    .summary('when a business is open')
    .description('Schedules of the tracking plan: hours of the week, holidays, calendars.');
  group.command('list').description('Schedules and their state now.').action(act<[]>(cli, list));
  const testing = addPlanOption(
    group
      .command('test')
      .description('Tells whether a schedule is open at a moment, why, and until when.')
      .argument('<id>')
      .option('--at <moment>', "such as 2026-12-24 15:00, in the schedule's time zone (default: now)"),
  ).action(act<[string, PlanOption & { readonly at?: string }]>(cli, test));
  examples(testing, ["dialtrace schedule test office --at '2026-12-24 15:00'"]);
  addPlanOption(
    group
      .command('week')
      .description('The coming days as they will really be, with holidays and changes of the clock.')
      .argument('<id>')
      .option('--from <date>', 'first day (default: today)')
      .option('--days <count>', 'how many', wholeNumber(1, 366), 7),
  ).action(act<[string, PlanOption & { readonly from?: string; readonly days: number }]>(cli, week));
};
