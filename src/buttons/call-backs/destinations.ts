import type { Region } from '../../base/phone.ts';
import type { ButtonPlan, SchedulePlan } from '../../config/index.ts';
import { scheduleInForce, storedSchedules } from '../../flows/index.ts';
import type { SqliteFile, Store } from '../../store/index.ts';
import type { LivePlan } from '../../tracking/index.ts';
import { numberRegions } from '../visitor-number.ts';
import { checkDestination, type Destination, type Refused } from './rules.ts';

/** Whether a number may be called, by the rules and by the plan as they are now. */
export type Destinations = {
  of(
    number: string,
    button: Pick<ButtonPlan, 'number'>,
  ): Promise<{
    readonly destination: Destination | Refused;
    /** Pseudonym of the number; undefined where it is refused. */
    readonly hmac: string | undefined;
    /** On the list of blocked callers. */
    readonly blocked: boolean;
  }>;
};

type Dependencies = {
  readonly store: Pick<Store, 'exclusively' | 'vault' | 'numbers' | 'blockedCallers'>;
  readonly plan: () => Pick<LivePlan, 'buttons' | 'sites'>;
  readonly regions: readonly Region[];
};

export const createDestinations = ({ store, plan, regions }: Dependencies): Destinations => {
  /** Numbers that lead back to us, to the business itself, or to a line of ours. */
  const ownNumbers = async (): Promise<ReadonlySet<string>> => {
    const routes = await store.numbers.list();
    const { buttons, sites } = plan();
    const shown = [
      ...[...buttons.values()].map(({ number }) => number),
      ...[...sites.values()].flatMap(({ targets }) => targets.map(({ number }) => number)),
    ];
    const lines = await store.exclusively((file) =>
      file.prepare<[], string>('SELECT number FROM line WHERE number IS NOT NULL').pluck().all(),
    );
    return new Set([...routes.map(({ number }) => number.number), ...shown, ...(lines as string[])]);
  };

  return {
    of: async (number, button) => {
      const rules = { regions: numberRegions({ regions }, button), own: await ownNumbers() };
      const destination = checkDestination(number, rules);
      const hmac = destination.type === 'good' ? store.vault.hmac(destination.e164) : undefined;
      const blocked = hmac !== undefined && (await store.blockedCallers.isBlocked(hmac));
      return { destination, hmac, blocked };
    },
  };
};

/** A button's schedule as it is in force; undefined: it has none, or it is gone. */
export const scheduleOf = (
  file: SqliteFile,
  { schedule }: Pick<ButtonPlan, 'schedule'>,
): SchedulePlan | undefined => {
  const found = schedule === undefined ? undefined : storedSchedules(file).find(({ id }) => id === schedule);
  return found && scheduleInForce(file, found).schedule;
};
