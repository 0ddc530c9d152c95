/** Figures of calls: of whole UTC days and blocks of them as they were kept, of the rest counted from the calls. */
export { countBlock, keepBlock, missingBlocks } from './blocks.ts';
export { countDay, keepDay, staleDays } from './keep.ts';
export { type RollupKeeper, startRollupKeeper } from './keeper.ts';
export { addFigures, consistently, NO_FIGURES, readGroups, readTimes } from './read.ts';
export { type OffsetSpan, offsetSpans } from './spans.ts';
export { LEAD_OF_CALL, SPAM as SPAM_SQL, TIME_SQL, type TimeKey } from './sql.ts';
export { statement } from './statements.ts';
export type { BlockFigures, DayFigures, Figures, Group, Groups, ValueGroup } from './types.ts';
export { verifyRollups } from './verify.ts';
