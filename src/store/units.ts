/** Milliseconds since the epoch, UTC. */
export type Millis = number;
/** SQLite has no booleans. */
export type Flag = 0 | 1;
