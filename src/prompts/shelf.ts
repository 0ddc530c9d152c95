import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Kysely } from 'kysely';
import { UsageError } from '../base/errors.ts';
import { idSchema, languageSchema } from '../config/index.ts';
import type { Database, PromptTable } from '../store/index.ts';
import { wavSeconds } from './audio/index.ts';
import { SHIPPED_PROMPTS } from './shipped.ts';
import type { Prompt } from './types.ts';

const SHIPPED_FILE = /^([a-z0-9][a-z0-9-]{0,62})\.([a-z]{2})\.wav$/;
/** As much of the hash as a file's name bears. */
const HASH_CHARACTERS = 12;

const keyOf = (id: string, language: string): string => `${id}.${language}`;

/** @throws UsageError when one of them is none */
export const checkNames = (id: string, language: string): void => {
  const problems = [
    { path: 'id', result: idSchema.safeParse(id) },
    { path: 'language', result: languageSchema.safeParse(language) },
  ].flatMap(({ path, result }) =>
    result.success ? [] : result.error.issues.map(({ message }) => ({ path, message })),
  );
  const [first] = problems;
  if (first) throw new UsageError(`The prompt's ${first.path} is none: ${first.message}`, problems);
};

/** The prompts that come with Dialtrace, by `id.language`. */
export const readShipped = async (folder: string): Promise<ReadonlyMap<string, Prompt>> => {
  const words = new Map(SHIPPED_PROMPTS.map((prompt) => [keyOf(prompt.id, prompt.language), prompt.words]));
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.sort().map(async (name): Promise<readonly (readonly [string, Prompt])[]> => {
      const [, id, language] = SHIPPED_FILE.exec(name) ?? [];
      if (id === undefined || language === undefined) return [];
      const path = join(folder, name);
      const bytes = await readFile(path);
      const key = keyOf(id, language);
      const prompt: Prompt = {
        id,
        language,
        origin: 'shipped',
        words: words.get(key) ?? null,
        durationMs: Math.round(wavSeconds(bytes) * 1000),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        path,
        createdAt: null,
      };
      return [[key, prompt]];
    }),
  );
  return new Map(found.flat());
};

/** Own prompts: a row and a file each. */
export type Shelf = {
  put(prompt: {
    readonly id: string;
    readonly language: string;
    readonly origin: PromptTable['origin'];
    readonly words: string | null;
    readonly wav: Buffer;
  }): Promise<Prompt>;
  all(): Promise<readonly Prompt[]>;
  /** Of several ids in several languages. */
  some(ids: readonly string[], languages: readonly string[]): Promise<readonly Prompt[]>;
  remove(id: string, language?: string): Promise<number>;
};

type ShelfOptions = {
  readonly directory: string;
  readonly db: Kysely<Database>;
  readonly now: () => number;
};

export const createShelf = ({ directory, db, now }: ShelfOptions): Shelf => {
  const toPrompt = (row: PromptTable): Prompt => ({
    id: row.id,
    language: row.language,
    origin: row.origin,
    words: row.words,
    durationMs: row.duration_ms,
    sha256: row.sha256,
    path: resolve(directory, row.path),
    createdAt: row.created_at,
  });

  const rowsOf = (id: string, language?: string): Promise<PromptTable[]> => {
    const query = db.selectFrom('prompt').selectAll().where('id', '=', id);
    return (language === undefined ? query : query.where('language', '=', language)).execute();
  };

  const removeFile = (path: string): Promise<void> => rm(resolve(directory, path), { force: true });

  return {
    put: async ({ id, language, origin, words, wav }) => {
      const sha256 = createHash('sha256').update(wav).digest('hex');
      const path = `${id}.${language}.${sha256.slice(0, HASH_CHARACTERS)}.wav`;
      await mkdir(directory, { recursive: true, mode: 0o750 });
      const unfinished = join(directory, `.${path}.${process.pid}`);
      await writeFile(unfinished, wav, { mode: 0o640 });
      await rename(unfinished, join(directory, path));
      const row: PromptTable = {
        id,
        language,
        sha256,
        path,
        duration_ms: Math.round(wavSeconds(wav) * 1000),
        origin,
        words,
        created_at: Math.round(now()),
      };
      const before = await rowsOf(id, language);
      await db
        .insertInto('prompt')
        .values(row)
        .onConflict((conflict) => conflict.columns(['id', 'language']).doUpdateSet(row))
        .execute();
      await Promise.all(before.filter((old) => old.path !== path).map((old) => removeFile(old.path)));
      return toPrompt(row);
    },
    all: async () => {
      const rows = await db.selectFrom('prompt').selectAll().orderBy('id').orderBy('language').execute();
      return rows.map(toPrompt);
    },
    some: async (ids, languages) => {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom('prompt')
        .selectAll()
        .where('id', 'in', ids)
        .where('language', 'in', languages)
        .execute();
      return rows.map(toPrompt);
    },
    remove: async (id, language) => {
      const rows = await rowsOf(id, language);
      for (const row of rows) {
        await db.deleteFrom('prompt').where('id', '=', row.id).where('language', '=', row.language).execute();
        await removeFile(row.path);
      }
      return rows.length;
    },
  };
};

export { keyOf };
