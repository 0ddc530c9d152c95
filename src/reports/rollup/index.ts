/** Figures of calls: of whole UTC days as they were kept, of the rest counted from the calls. */
export { countDay, keepDay, staleDays, verifyRollups } from './keep.ts';
export { type RollupKeeper, startRollupKeeper } from './keeper.ts';
export { addFigures, consistently, NO_FIGURES, readGroups, readTimes } from './read.ts';
export type { TimeKey } from './sql.ts';
export type { DayFigures, Figures, Group, Groups, ValueGroup } from './types.ts';
