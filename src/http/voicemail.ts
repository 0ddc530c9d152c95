import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { removeVoicemail, voicemailPath } from '../prompts/index.ts';
import { voicemailView, voicemailViewSchema } from '../reports/index.ts';
import type { VoicemailRow } from '../store/index.ts';
import { flagSchema, revealing } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { audioSize, sendFile } from './recordings.ts';
import { addRoute, nothing } from './route.ts';

const messageId = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/i, 'a message id has 26 letters and digits')
  .transform((id) => id.toUpperCase());
const idParams = z.object({ id: messageId });
const LIMIT = 'use a whole number from 1 to 500';

const listQuery = z.strictObject({
  box: z.string().max(63).optional(),
  new: flagSchema.meta({ description: 'Only those that nobody has listened to' }),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  cursor: messageId.optional().meta({ description: '`next` of the page before' }),
  reveal: flagSchema.meta({ description: "Show callers' numbers in clear; needs a token" }),
});

const boxSchema = z.object({
  box: z.string(),
  messages: z.int(),
  new: z.int().meta({ description: 'Those that nobody has listened to' }),
});

const heardBody = z.strictObject({
  heard: z.boolean(),
  by: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), 'use one line')
    .default('api')
    .meta({ description: 'Who listened to it' }),
});

const nothingThere = (id: string): HttpProblem => new HttpProblem(404, `There is no message ${id}.`);

const findMessage = async ({ store }: HttpParts, id: string): Promise<VoicemailRow> => {
  const message = await store.voicemail.get(id);
  if (message === undefined) throw nothingThere(id);
  return message;
};

const readRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  const { voicemail } = parts.store;

  addRoute(app, {
    url: '/v1/voicemail',
    summary: 'Messages that callers left, newest first, and the boxes that hold any',
    tag: 'calls',
    params: nothing,
    query: listQuery,
    response: z.object({
      boxes: z.array(boxSchema),
      messages: z.array(voicemailViewSchema),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
    }),
    handle: async ({ query: { box, new: onlyNew, limit, cursor, reveal } }) => {
      const vault = revealing(parts, reveal);
      const rows = await voicemail.list({ box, onlyNew, before: cursor, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const boxes = await voicemail.boxes();
      return {
        boxes: boxes.map(({ box: name, messages, fresh }) => ({ box: name, messages, new: fresh })),
        messages: page.map((row) => voicemailView(row, vault)),
        next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });

  addRoute(app, {
    url: '/v1/voicemail/:id',
    summary: 'A message',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({ reveal: flagSchema }),
    response: voicemailViewSchema,
    handle: async ({ params, query }) => {
      const vault = revealing(parts, query.reveal);
      return voicemailView(await findMessage(parts, params.id), vault);
    },
  });

  addRoute(app, {
    url: '/v1/voicemail/:id/audio',
    summary: 'What a message says: mono WAV; ranges are served',
    tag: 'calls',
    params: idParams,
    query: nothing,
    produces: 'audio/wav',
    handle: async ({ params, request, reply }) => {
      const message = await findMessage(parts, params.id);
      const path = voicemailPath(parts.config.recording.directory, message);
      const etag = message.sha256 === null ? undefined : `"${message.sha256}"`;
      return sendFile(request, reply, { path, size: await audioSize(path), etag });
    },
  });
};

/** Voicemail boxes. */
export const voicemailRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  const { voicemail } = parts.store;
  readRoutes(app, parts);

  addRoute(app, {
    method: 'PATCH',
    url: '/v1/voicemail/:id',
    summary: 'Note that somebody has listened to a message, or that it is new again',
    tag: 'calls',
    params: idParams,
    query: nothing,
    body: heardBody,
    response: voicemailViewSchema,
    handle: async ({ params: { id }, body }) => {
      const heard = body.heard ? { at: Date.now(), by: body.by } : null;
      if (!(await whenFree(() => voicemail.setHeard(id, heard)))) throw nothingThere(id);
      return voicemailView(await findMessage(parts, id));
    },
  });

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/voicemail/:id',
    summary: 'Delete a message and its audio for good',
    tag: 'calls',
    params: idParams,
    query: nothing,
    response: z.object({ removed: z.boolean() }),
    handle: async ({ params: { id } }) => {
      const done = await whenFree(() => removeVoicemail(voicemail, parts.config.recording.directory, id));
      if (done === 'unknown') throw nothingThere(id);
      if (done === 'recording') throw new HttpProblem(409, 'The caller still speaks.');
      return { removed: true };
    },
  });
};
