import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callIdSchema, findCall } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

/** Bytes `start` to `end`, both inclusive. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Reads a Range header (RFC 9110 14.1.2).
 *
 * @param size bytes of the whole
 * @returns undefined: send the whole (no range, one that is not understood, or several); `unsatisfiable`: 416
 */
export const parseRange = (
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    if (length === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
};

/** Path of a recording's file; @throws HttpProblem 404 when it would lie outside the directory */
const filePath = (directory: string, path: string): string => {
  const full = resolve(directory, path);
  const inside = relative(directory, full);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
    throw new HttpProblem(404, 'The recording lies outside the recordings directory.');
  }
  return full;
};

/** Bytes of an audio file; @throws HttpProblem 404 when it is gone */
export const audioSize = async (path: string): Promise<number> => {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new HttpProblem(404, 'The audio file is gone.');
  return found.size;
};

/** Whether an If-None-Match header names this version: a list, weak tags count, `*` is any (RFC 9110 13.1.2). */
const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);

/** Answers with a WAV file, or the range of it that was asked for. */
export const sendFile = (
  request: FastifyRequest,
  reply: FastifyReply,
  file: { readonly path: string; readonly size: number; readonly etag: string | undefined },
): FastifyReply => {
  reply.type('audio/wav').header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
  if (file.etag !== undefined) reply.header('etag', file.etag);
  if (file.etag !== undefined && isKnown(request.headers['if-none-match'], file.etag))
    return reply.code(304).send();
  // A range of another version of the file would not fit (RFC 9110 13.1.5).
  const condition = request.headers['if-range'];
  const header = condition === undefined || condition === file.etag ? request.headers.range : undefined;
  const range = parseRange(header, file.size);
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${file.size}`);
    throw new HttpProblem(416, `The audio has ${file.size} bytes.`);
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  reply.header('content-length', end - start + 1);
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${file.size}`);
  // A stream keeps the content length as set; the file need not be opened to say how long it is.
  if (request.method === 'HEAD' || end < start) return reply.send(Readable.from([]));
  return reply.send(createReadStream(file.path, { start, end }));
};

export const recordingRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  addRoute(app, {
    url: '/v1/calls/:id/recording',
    summary: 'The recording: stereo WAV, caller left, line right; ranges are served',
    tag: 'calls',
    params: z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) }),
    query: nothing,
    produces: 'audio/wav',
    handle: async ({ params, request, reply }) => {
      const { recording } = await findCall(parts, params.id);
      if (recording === undefined) throw new HttpProblem(404, `Call ${params.id} has no recording.`);
      const path = filePath(parts.config.recording.directory, recording.path);
      const etag = recording.sha256 === null ? undefined : `"${recording.sha256}"`;
      return sendFile(request, reply, { path, size: await audioSize(path), etag });
    },
  });
};
