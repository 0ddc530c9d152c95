import type { ButtonPlan, SchedulePlan } from '../config/index.ts';
import { nextOpening, openState, scheduleInForce, storedSchedules } from '../flows/index.ts';
import type { SqliteFile } from '../store/index.ts';

/** Schedules and calendars are read anew so often: pages ask far more often than plans change. */
const KEPT_MS = 5000;

export type Opening = {
  readonly open: boolean;
  /** When it is open next, milliseconds since the epoch; undefined while it is, and when it never is. */
  readonly opensAt: number | undefined;
};

/** Whether a button takes calls; one whose schedule there is not takes them always. */
export type Availability = (file: SqliteFile, button: Pick<ButtonPlan, 'schedule'>, at: number) => Opening;

const OPEN: Opening = { open: true, opensAt: undefined };

export const createAvailability = (): Availability => {
  let schedules: ReadonlyMap<string, SchedulePlan> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;

  const read = (file: SqliteFile, at: number): void => {
    if (Math.abs(at - readAt) < KEPT_MS) return;
    const stored = storedSchedules(file);
    schedules = new Map(stored.map((plan) => [plan.id, scheduleInForce(file, plan).schedule]));
    readAt = at;
  };

  return (file, { schedule: id }, at) => {
    if (id === undefined) return OPEN;
    read(file, at);
    const schedule = schedules.get(id);
    if (schedule === undefined || openState(schedule, at).state === 'open') return OPEN;
    return { open: false, opensAt: nextOpening(schedule, at) };
  };
};
