import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ReportedEvent } from '../../buttons/index.ts';
import { addRoute, nothing } from '../route.ts';
import { answered, claimFields, orBusy, pageSchema, pressSchema, type Reader, word } from './asking.ts';
import type { ButtonParts } from './types.ts';

const BODY_BYTES = 16_384;
const EVENTS = 20;
const SAMPLES = 24;

const TYPES = [
  'view',
  'click',
  'confirm_shown',
  'confirm_ok',
  'code_sent',
  'code_ok',
  'mic_granted',
  'mic_denied',
  'mic_missing',
  'mic_busy',
  'ice_ok',
  'ice_failed',
  'ring',
  'answer',
  'end',
  'tel_open',
  'fallback_shown',
  'callback_asked',
  'rating',
  'quality_warning',
] as const satisfies readonly ReportedEvent['type'][];

const eventsSchema = z.object({
  ...claimFields,
  page: pageSchema,
  events: z
    .array(
      z.object({
        type: z.enum(TYPES),
        button: word.min(1),
        press: pressSchema.nullish(),
        ms: z.number().nullish().meta({ description: 'Since the press' }),
        detail: z
          .record(z.string().max(40), z.union([z.string().max(200), z.number(), z.boolean()]))
          .default({})
          .meta({ description: 'At most ten short values' }),
      }),
    )
    .max(EVENTS),
});

const warnings = z.array(z.enum(['rtt', 'jitter', 'loss', 'mos', 'mic'])).max(10);

const qualitySchema = z.object({
  site: word.min(1),
  press: pressSchema,
  samples: z
    .array(
      z.object({
        ago: z.number().meta({ description: 'Milliseconds before this report' }),
        rtt: z.number().nullish().meta({ description: 'ms' }),
        jitter: z.number().nullish().meta({ description: 'ms' }),
        loss: z.number().nullish().meta({ description: '%' }),
        mos: z.number().nullish(),
        warnings: warnings.default([]),
      }),
    )
    .max(SAMPLES),
});

const ratingSchema = z.object({
  ...claimFields,
  button: word.min(1),
  press: pressSchema,
  stars: z.int().min(1).max(5),
});

const ok = z.object({ ok: z.literal(true) });
const open = { open: true, helmet: false, bodyLimit: BODY_BYTES } as const;

/** What pages report: what happens at buttons, how calls sound, how they were liked. */
export const reportRoutes = (app: FastifyInstance, { pages }: ButtonParts, reader: Reader): void => {
  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/button/events',
      summary: 'What happens at buttons, up to 20 events; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: eventsSchema,
      response: ok,
      handle: async ({ body, request, reply }) => {
        const asked = reader.asked(request, body);
        const page = reader.pathOf(request, asked.site, body.page);
        const events = body.events.map(({ type, button, press, ms, detail }) => ({
          type,
          button,
          press: press ?? undefined,
          ms: ms ?? undefined,
          detail,
        }));
        await orBusy(pages.events({ ...asked, page, events }), reply);
        return { ok: true };
      },
    },
    open,
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/button/quality',
      summary: 'How a call sounds in the browser; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: qualitySchema,
      response: ok,
      handle: async ({ body, request }) => {
        const { site } = reader.asked(request, { ...body, automated: false });
        const samples = body.samples.map((sample) => ({
          ago: sample.ago,
          rtt: sample.rtt ?? undefined,
          jitter: sample.jitter ?? undefined,
          loss: sample.loss ?? undefined,
          mos: sample.mos ?? undefined,
          warnings: sample.warnings,
        }));
        await pages.quality(site.id, body.press, samples);
        return { ok: true };
      },
    },
    open,
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/button/rating',
      summary: 'How a visitor liked the call: once, within a day; JSON, also as text/plain',
      tag: 'pages',
      params: nothing,
      query: nothing,
      body: ratingSchema,
      response: ok,
      handle: async ({ body, request, reply }) => {
        const asked = reader.asked(request, body);
        const button = reader.button(asked.site, body.button);
        await answered(pages.rate({ ...asked, button, pressId: body.press }, body.stars), reply);
        return { ok: true };
      },
    },
    open,
  );
};
