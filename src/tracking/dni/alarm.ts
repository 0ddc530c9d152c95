import type { Logger } from '../../base/logger.ts';
import type { DniAlert } from './types.ts';

const QUIET_MS = 60_000;

const WORDS: Readonly<Record<DniAlert['type'], string>> = {
  'lease-limit': 'many new numbers were asked for from one place: numbers of sources are shown there',
  'visit-limit': 'many visits began at one place: they are not kept, and numbers of sources are shown there',
  overload: 'more pages wait than can be answered: they keep their own numbers',
};

/** Tells alerts, each kind and site at most once a minute. */
export const createAlarm = ({
  now,
  logger,
  onAlert,
}: {
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly onAlert?: ((alert: DniAlert) => void) | undefined;
}) => {
  const told = new Map<string, number>();

  return (alert: DniAlert): void => {
    const key = 'site' in alert ? `${alert.type} ${alert.site}` : alert.type;
    const last = told.get(key);
    if (last !== undefined && now() - last < QUIET_MS) return;
    told.set(key, now());
    logger.warn(alert, WORDS[alert.type]);
    onAlert?.(alert);
  };
};
