import type { Logger } from '../../base/logger.ts';
import type { Store } from '../../store/index.ts';
import type { PhoneParts } from '../parts.ts';
import type { Sessions } from './session.ts';

/** What the softphone's routes stand on. */
export type PhoneContext = {
  readonly store: Pick<
    Store,
    'calls' | 'numbers' | 'users' | 'vault' | 'db' | 'webSessions' | 'wrapUps' | 'audit' | 'exclusively'
  >;
  readonly phone: PhoneParts;
  readonly sessions: Sessions;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
