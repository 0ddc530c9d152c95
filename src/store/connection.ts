import Sqlite from 'better-sqlite3';
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { errorCode, errorMessage, FailureError } from '../base/errors.ts';
import type { Database } from './schema.ts';

export type SqliteFile = Sqlite.Database;

/** Commands write to the same file while the gateway runs; each transaction takes milliseconds. */
const BUSY_TIMEOUT_MS = 5000;
const STATEMENT_CACHE = 300;

/**
 * Opens the file itself, without looking at its schema.
 *
 * @throws FailureError when it can't be opened or is no SQLite database
 */
export const openFile = async (path: string, readOnly: boolean): Promise<SqliteFile> => {
  try {
    const file = new Sqlite(path, { readonly: readOnly, fileMustExist: readOnly, timeout: BUSY_TIMEOUT_MS });
    await prepareFile(file, readOnly);
    return file;
  } catch (error) {
    if (errorCode(error) === 'SQLITE_NOTADB') {
      throw new FailureError(`${path} is not an SQLite database; move it away or set another database.path`);
    }
    if (errorCode(error)?.startsWith('SQLITE_CORRUPT')) {
      throw new FailureError(`The database ${path} is damaged: put back a copy`, { cause: error });
    }
    // SQLite says neither who may nor which file: it may be the -shm file beside it.
    const mend = errorCode(error)?.startsWith('SQLITE_CANTOPEN')
      ? ": it and its folder have to be this user's; run this as the gateway's user"
      : '';
    throw new FailureError(`The database ${path} can't be opened: ${errorMessage(error)}${mend}`, {
      cause: error,
    });
  }
};

const prepareFile = async (file: SqliteFile, readOnly: boolean): Promise<void> => {
  try {
    if (!readOnly) {
      await switchToWal(file);
      file.pragma('synchronous = NORMAL');
    }
    file.pragma('foreign_keys = ON');
    file.pragma('temp_store = MEMORY');
    file.prepare('SELECT count(*) FROM sqlite_schema').get();
  } catch (error) {
    file.close();
    throw error;
  }
};

/** The switch needs the file alone and doesn't wait for it: two first starts at once meet here. */
const switchToWal = async (file: SqliteFile): Promise<void> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (file.pragma('journal_mode', { simple: true }) !== 'wal') file.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!errorCode(error)?.startsWith('SQLITE_BUSY') || attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

/**
 * Kysely over an open file. Compiled statements are kept, and a transaction takes the write lock as it begins: one that
 * reads first and writes later would fail at once (SQLITE_BUSY_SNAPSHOT) when another process wrote in between.
 */
export const connect = (file: SqliteFile): Kysely<Database> => {
  const begin = CompiledQuery.raw(file.readonly ? 'begin' : 'begin immediate');
  const driver = (): SqliteDriver =>
    Object.assign(new SqliteDriver({ database: withStatementCache(file) }), {
      beginTransaction: async (connection: { executeQuery(query: CompiledQuery): Promise<unknown> }) => {
        await connection.executeQuery(begin);
      },
    });
  return new Kysely<Database>({
    dialect: {
      // SQLite rolls back changes of the schema like any other; Kysely would migrate outside a transaction.
      createAdapter: () =>
        Object.defineProperty(new SqliteAdapter(), 'supportsTransactionalDdl', { value: true }),
      createDriver: driver,
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
};

const withStatementCache = (file: SqliteFile) => {
  const cache = new Map<string, Sqlite.Statement>();
  return {
    prepare(text: string): Sqlite.Statement {
      const known = cache.get(text);
      if (known) return known;
      const statement = file.prepare(text);
      if (cache.size >= STATEMENT_CACHE) cache.clear();
      cache.set(text, statement);
      return statement;
    },
    close(): void {
      cache.clear();
      file.close();
    },
  };
};
