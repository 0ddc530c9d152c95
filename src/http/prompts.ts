import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FailureError } from '../base/errors.ts';
import { idSchema, languageSchema } from '../config/index.ts';
import { MOST_BYTES, type PromptLibrary, promptView, promptViewSchema } from '../prompts/index.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { audioSize, sendFile } from './recordings.ts';
import { addRoute, nothing } from './route.ts';

const idParams = z.object({ id: idSchema });
const language = languageSchema.meta({ description: 'ISO 639-1, such as en or zh' });

const speechBody = z.strictObject({
  id: idSchema,
  language,
  say: z.string().trim().min(1).max(2000).meta({ description: 'Words to be spoken' }),
});

/** Nothing that speaks is installed, or it failed: no fault of the request, and the sentence says what to do. */
const speaking = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await whenFree(work);
  } catch (error) {
    if (error instanceof FailureError) throw new HttpProblem(503, `${error.message.replace(/\.$/, '')}.`);
    throw error;
  }
};

/** Audio as it is, not wrapped in JSON. */
const uploadRoute = (app: FastifyInstance, prompts: PromptLibrary): void => {
  app.addContentTypeParser(
    /^(?:audio\/|application\/octet-stream)/,
    { parseAs: 'buffer', bodyLimit: MOST_BYTES },
    (_request, body: Buffer, done) => done(null, body),
  );
  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/prompts/:id/audio',
      summary: 'Keep an audio file as a prompt: the body is WAV or MP3, as audio/wav or audio/mpeg',
      tag: 'calls',
      params: idParams,
      query: z.strictObject({
        language,
        name: z.string().max(200).default('').meta({ description: 'Name of the file, to be shown' }),
      }),
      response: promptViewSchema,
      handle: async ({ params: { id }, query, request: { body } }) => {
        if (!Buffer.isBuffer(body)) {
          throw new HttpProblem(415, 'Send the audio itself, with the content type audio/wav or audio/mpeg.');
        }
        return promptView(
          await speaking(() => prompts.add(id, query.language, body, query.name || `${id}.wav`)),
        );
      },
    },
    { bodyLimit: MOST_BYTES },
  );
};

const listRoutes = (app: FastifyInstance, prompts: PromptLibrary): void => {
  addRoute(app, {
    url: '/v1/prompts',
    summary: 'Prompts that flows can play: own ones, and those that come with Dialtrace',
    tag: 'calls',
    params: nothing,
    query: nothing,
    response: z.object({ prompts: z.array(promptViewSchema) }),
    handle: async () => ({ prompts: (await prompts.list()).map(promptView) }),
  });

  addRoute(app, {
    url: '/v1/prompts/:id/audio',
    summary: 'What a prompt sounds like: mono WAV, 8 kHz; ranges are served',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({ language: language.default('en') }),
    produces: 'audio/wav',
    handle: async ({ params: { id }, query, request, reply }) => {
      const prompt = await prompts.find(id, query.language);
      if (prompt === undefined)
        throw new HttpProblem(404, `There is no prompt ${id} in the language ${query.language}.`);
      const { path, sha256 } = prompt;
      return sendFile(request, reply, { path, size: await audioSize(path), etag: `"${sha256}"` });
    },
  });
};

/** The prompt library. */
export const promptRoutes = (app: FastifyInstance, { prompts }: HttpParts): void => {
  if (prompts === undefined) return;
  listRoutes(app, prompts);
  void app.register(async (scope) => uploadRoute(scope, prompts));

  addRoute(app, {
    method: 'POST',
    url: '/v1/prompts',
    summary: 'Have words spoken and keep them as a prompt',
    tag: 'calls',
    params: nothing,
    query: nothing,
    body: speechBody,
    response: promptViewSchema,
    handle: async ({ body }) =>
      promptView(await speaking(() => prompts.say(body.id, body.language, body.say))),
  });

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/prompts/:id',
    summary: 'Remove an own prompt; a shipped one with its id is heard again',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({
      language: language.optional().meta({ description: 'Left out: in every language' }),
    }),
    response: z.object({ removed: z.int() }),
    handle: async ({ params: { id }, query }) => {
      const removed = await whenFree(() => prompts.remove(id, query.language));
      if (removed > 0) return { removed };
      const kept = (await prompts.list()).some((prompt) => prompt.id === id);
      if (kept) throw new HttpProblem(409, `The prompt ${id} comes with Dialtrace: it can be replaced only.`);
      throw new HttpProblem(404, `There is no prompt ${id}.`);
    },
  });
};
