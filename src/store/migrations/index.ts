import type { StoreMigration } from '../migrate.ts';
import { initial } from './0001-initial.ts';
import { registrar } from './0002-registrar.ts';
import { bans } from './0003-bans.ts';
import { phone } from './0004-phone.ts';
import { tracking } from './0005-tracking.ts';
import { rollups } from './0006-rollups.ts';
import { flows } from './0007-flows.ts';
import { buttons } from './0008-buttons.ts';

/** Every step of the schema, oldest first. One that has been released is never edited: write the next. */
export const MIGRATIONS: readonly StoreMigration[] = [
  initial,
  registrar,
  bans,
  phone,
  tracking,
  rollups,
  flows,
  buttons,
];
