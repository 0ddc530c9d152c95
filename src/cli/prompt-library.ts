import { silentLogger } from '../base/logger.ts';
import { createPromptLibrary, type PromptLibrary } from '../prompts/index.ts';
import type { Store } from '../store/index.ts';
import type { Session } from './session.ts';

/** The prompts of this configuration; whoever opens them closes them. */
export const openPrompts = (session: Session, store: Store): PromptLibrary => {
  const { directory, speech } = session.config().prompts;
  const { PATH: path = '' } = session.env;
  const { now } = session;
  return createPromptLibrary({ directory, speech, db: store.db, logger: silentLogger, now, path });
};
