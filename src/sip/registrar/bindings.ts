import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { isBusy, type RegistrationRepository } from '../../store/index.ts';
import { survivesRestart } from './reach.ts';
import { bindingOf, bindingRow } from './rows.ts';
import type { Binding } from './types.ts';

/** How long a change waits to be written, in milliseconds: many phones refresh at once. */
const WRITE_AFTER_MS = 250;
/** The longest wait that `setTimeout` takes. */
const LONGEST_WAIT_MS = 2_147_483_647;

type Options = {
  readonly repository: RegistrationRepository;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told when a user can be reached, and when no more. */
  readonly onPresence: (user: string, available: boolean) => void;
};

const isUp = ({ flowLost }: Binding): boolean => !flowLost;

/** Every user's bindings, in memory and written behind to the database, with one timer for all that expire. */
export const createBindings = async ({ repository, logger, now, onPresence }: Options) => {
  const byUser = new Map<string, readonly Binding[]>();
  /** Whose they are, by id: a user may be removed and another of the same name come. */
  const owners = new Map<string, string>();
  const unwritten = new Set<string>();
  let writing: Promise<void> | undefined;
  let writeTimer: NodeJS.Timeout | undefined;
  let expiryTimer: NodeJS.Timeout | undefined;

  const write = async (): Promise<void> => {
    for (const user of [...unwritten]) {
      unwritten.delete(user);
      try {
        const known = await repository.replace(user, (byUser.get(user) ?? []).map(bindingRow));
        // Removed with a command while its phones were registered.
        if (!known) forget(user);
      } catch (error) {
        unwritten.add(user);
        if (!isBusy(error)) logger.error({ error: errorMessage(error) }, 'registrations not writable');
        return;
      }
    }
  };

  const writeSoon = (): void => {
    if (writeTimer !== undefined || unwritten.size === 0) return;
    writeTimer = setTimeout(() => {
      writing = write().finally(() => {
        writeTimer = undefined;
        writing = undefined;
        writeSoon();
      });
    }, WRITE_AFTER_MS);
  };

  const armExpiry = (): void => {
    clearTimeout(expiryTimer);
    let next = Number.POSITIVE_INFINITY;
    for (const bindings of byUser.values())
      for (const { expiresAt } of bindings) next = Math.min(next, expiresAt);
    if (next === Number.POSITIVE_INFINITY) return;
    expiryTimer = setTimeout(expire, Math.min(Math.max(next - now(), 0) + 1, LONGEST_WAIT_MS));
    expiryTimer.unref();
  };

  const expire = (): void => {
    const time = now();
    for (const [user, bindings] of byUser) {
      const left = bindings.filter(({ expiresAt }) => expiresAt > time);
      if (left.length < bindings.length) put(user, left, false);
    }
    armExpiry();
  };

  const forget = (user: string): void => {
    const before = byUser.get(user) ?? [];
    byUser.delete(user);
    if (before.some(isUp)) onPresence(user, false);
  };

  const put = (user: string, bindings: readonly Binding[], arm = true): void => {
    const before = byUser.get(user) ?? [];
    if (bindings.length === 0) byUser.delete(user);
    else byUser.set(user, bindings);
    unwritten.add(user);
    writeSoon();
    if (arm) armExpiry();
    const available = bindings.some(isUp);
    if (available !== before.some(isUp)) onPresence(user, available);
  };

  for (const { user, rows } of await repository.load(now())) {
    const bindings = rows.map(bindingOf);
    const kept = bindings.map((binding) => ({
      ...binding,
      flowLost: binding.flowLost || !survivesRestart(binding),
    }));
    byUser.set(user, kept);
    const [first] = rows;
    if (first) owners.set(user, first.user_id);
    if (kept.some(({ flowLost }, at) => flowLost !== bindings[at]?.flowLost)) unwritten.add(user);
  }
  writeSoon();
  armExpiry();

  return {
    of: (user: string): readonly Binding[] =>
      (byUser.get(user) ?? []).filter(({ expiresAt }) => expiresAt > now()),
    put: (user: string, bindings: readonly Binding[]): void => put(user, bindings),
    /** Makes the user of this id the owner; what a former one of that name left behind is forgotten. Undefined: there is none. */
    claim: (user: string, id: string | undefined): void => {
      if (byUser.has(user) && owners.get(user) !== id) put(user, []);
      if (id === undefined) owners.delete(user);
      else owners.set(user, id);
    },
    isOwner: (user: string, id: string): boolean => owners.get(user) === id,
    all: (): ReadonlyMap<string, readonly Binding[]> => byUser,
    /** Writes what is left and stops the timers. */
    close: async (): Promise<void> => {
      clearTimeout(expiryTimer);
      clearTimeout(writeTimer);
      // Stands for a timer, so that none is set any more.
      writeTimer ??= setTimeout(() => undefined, 0);
      await writing;
      await write();
    },
  };
};

export type Bindings = Awaited<ReturnType<typeof createBindings>>;
