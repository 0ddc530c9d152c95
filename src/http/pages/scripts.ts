import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from '../problem.ts';

/** From dist/http/pages and from src/http/pages. */
const PLACES = ['../../web/', '../../../dist/web/'] as const;

type Script = {
  readonly modifiedMs: number;
  readonly etag: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
};

const zip = promisify(gzip);

const modifiedMs = (path: string): Promise<number | undefined> =>
  stat(path).then(
    (found) => found.mtimeMs,
    () => undefined,
  );

const readScript = async (path: string, modified: number): Promise<Script> => {
  const plain = await readFile(path);
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { modifiedMs: modified, etag, plain, zipped: await zip(plain, { level: 9 }) };
};

/** A script of the folder, kept until the file changes. */
const createShelf = (folders: readonly string[]) => {
  const kept = new Map<string, Script>();
  return async (name: string): Promise<Script | undefined> => {
    for (const path of folders.map((folder) => join(folder, name))) {
      const modified = await modifiedMs(path);
      if (modified === undefined) continue;
      const known = kept.get(path);
      if (known?.modifiedMs === modified) return known;
      const script = await readScript(path, modified);
      kept.set(path, script);
      return script;
    }
    return undefined;
  };
};

const isKnown = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;

const send = (request: FastifyRequest, reply: FastifyReply, script: Script): FastifyReply => {
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  reply
    .header('cache-control', 'public, max-age=300')
    .header('etag', script.etag)
    .header('vary', 'Accept-Encoding')
    // Pages of other origins run it, also with an integrity attribute.
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('access-control-allow-origin', '*');
  if (isKnown(request.headers['if-none-match'], script.etag)) return reply.code(304).send();
  if (zipped) reply.header('content-encoding', 'gzip');
  return reply.type('text/javascript; charset=utf-8').send(zipped ? script.zipped : script.plain);
};

export type Scripts = {
  readonly files: readonly string[];
  /** Folder of dist/web that the build puts them into. */
  readonly built: string;
  /** Another folder, in its place. */
  readonly folder?: string | undefined;
};

/** Scripts for web pages, as they were built. */
export const scriptRoutes = (app: FastifyInstance, { files, built, folder }: Scripts): void => {
  const places = PLACES.map((place) => fileURLToPath(new URL(`${place}${built}/`, import.meta.url)));
  const take = createShelf(folder === undefined ? places : [folder]);
  for (const name of files) {
    app.get(`/${name}`, { schema: { hide: true } }, async (request, reply) => {
      const script = await take(name);
      if (script) return send(request, reply, script);
      throw new HttpProblem(503, `The script ${name} is not built: run \`npm run build\`.`);
    });
  }
};
