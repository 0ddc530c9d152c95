import { errorCode } from '../base/errors.ts';

/** Whether a statement failed because another process holds the database: the same one works a moment later. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error) ?? '');
