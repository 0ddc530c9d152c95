import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { iceServerSchema, iceServers } from '../pages/ice-servers.ts';
import { webSocketServers } from '../pages/web-sockets.ts';
import { addRoute, nothing } from '../route.ts';
import { answered, pressFields, type Reader, word, workSchema } from './asking.ts';
import type { ButtonParts } from './types.ts';

const BODY_BYTES = 16_384;
/** TURN credentials of a visitor: a call goes on with those that it began with. */
const TURN_SECONDS = 600;
const proof = z
  .string()
  .max(2000)
  .nullish()
  .meta({ description: 'Of /v1/button/verify/check, where the button wants a number to be proven' });

const tokenSchema = z.object({
  ...pressFields,
  intent: word.nullish(),
  proof,
  work: workSchema,
  sincePressMs: z.number().min(0).max(600_000).default(0),
});

const verifySchema = z.object({
  ...pressFields,
  number: z.string().min(1).max(40),
  work: workSchema,
});
const checkSchema = z.object({ ...pressFields, challenge: word.min(1), code: z.string().trim().max(20) });
const callBackSchema = z.object({
  ...pressFields,
  number: z.string().min(1).max(40),
  consent: z.boolean().default(false),
  intent: word.nullish(),
  proof,
  work: workSchema,
});

const open = { open: true, helmet: false, bodyLimit: BODY_BYTES } as const;

/** What a page needs to call, or to be called. */
export const callRoutes = (
  app: FastifyInstance,
  { pages, phone, listeners }: ButtonParts,
  reader: Reader,
): void => {
  const post = { method: 'POST', tag: 'pages', params: nothing, query: nothing } as const;

  addRoute(
    app,
    {
      ...post,
      url: '/v1/button/token',
      summary: 'Leave to make one call within a minute, and where to; 428 asks for work first',
      body: tokenSchema,
      response: z.object({
        token: z.string(),
        expiresIn: z.int().meta({ description: 's' }),
        resume: z.string().meta({ description: 'To take the call up again from another page' }),
        uri: z.string().meta({ description: 'SIP URI to call' }),
        servers: z.array(z.string()).meta({ description: 'SIP over WebSocket' }),
        iceServers: z.array(iceServerSchema).meta({ description: 'As RTCConfiguration takes them' }),
        maxSeconds: z.int(),
      }),
      handle: async ({ body, request, reply }) => {
        const servers = webSocketServers(request, { settings: phone, listeners });
        const asked = {
          ...reader.pressed(request, body),
          intent: body.intent ?? undefined,
          proof: body.proof ?? undefined,
          work: body.work,
          sincePressMs: Math.round(body.sincePressMs),
          reachable: servers.length > 0,
        };
        const { type: _, ...given } = await answered(pages.token(asked), reply);
        const ice = iceServers(phone, body.press.slice(0, 8), Date.now(), TURN_SECONDS);
        return { ...given, servers: [...servers], iceServers: [...ice] };
      },
    },
    open,
  );

  addRoute(
    app,
    {
      ...post,
      url: '/v1/button/verify',
      summary: 'Sends a code to a mobile number; 428 asks for work first',
      body: verifySchema,
      response: z.object({ challenge: z.string(), expiresIn: z.int().meta({ description: 's' }) }),
      handle: async ({ body, request, reply }) => {
        const asked = { ...reader.pressed(request, body), number: body.number, work: body.work };
        const { challenge, expiresIn } = await answered(pages.verify(asked), reply);
        return { challenge, expiresIn };
      },
    },
    open,
  );

  addRoute(
    app,
    {
      ...post,
      url: '/v1/button/verify/check',
      summary: 'Takes the code, and proves the number for this press',
      body: checkSchema,
      response: z.object({ proof: z.string() }),
      handle: async ({ body, request, reply }) => {
        const asked = { ...reader.pressed(request, body), challenge: body.challenge, code: body.code };
        const { proof: proven } = await answered(pages.checkCode(asked), reply);
        return { proof: proven };
      },
    },
    open,
  );

  addRoute(
    app,
    {
      ...post,
      url: '/v1/button/callback',
      summary: 'Asks to be called',
      body: callBackSchema,
      response: z.object({
        id: z.string(),
        state: z.enum(['now', 'later']),
        dueAt: z.int().meta({ description: 'Milliseconds since the epoch' }),
      }),
      handle: async ({ body, request, reply }) => {
        const asked = {
          ...reader.pressed(request, body),
          number: body.number,
          consent: body.consent,
          intent: body.intent ?? undefined,
          proof: body.proof ?? undefined,
          work: body.work,
          scripted: true,
        };
        const { id, state, dueAt } = await answered(pages.callBack(asked), reply);
        return { id, state, dueAt };
      },
    },
    open,
  );
};
