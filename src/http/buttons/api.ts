import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { buttonLinks, buttonSnippets, createAvailability } from '../../buttons/index.ts';
import { type ButtonPlan, idSchema } from '../../config/index.ts';
import { buttonFiguresOf, buttonFiguresSchema, figuresByButton, localZone } from '../../reports/index.ts';
import { createLivePlan, type LivePlan } from '../../tracking/index.ts';
import type { HttpParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';

const DAY_MS = 86_400_000;

const texts = z.union([z.string(), z.record(z.string(), z.string())]);

const buttonSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  site: z.string(),
  number: z.string().meta({ description: 'E.164' }),
  lines: z.array(z.string()).nullable(),
  flow: z.string().nullable(),
  source: z.string().nullable(),
  text: texts.nullable(),
  position: z.enum(['inline', 'bottom-right', 'bottom-left']),
  confirm: z.enum(['none', 'confirm', 'sms']),
  intents: z.array(z.object({ id: z.string(), text: texts })),
  mobile: z.enum(['dial', 'browser']),
  schedule: z.string().nullable(),
  open: z.boolean(),
  opens: z.string().nullable().meta({ description: 'When it is open next, ISO 8601; null: now, or never' }),
  closed: z.enum(['callback', 'voicemail', 'number']),
  callback: z.object({ enabled: z.boolean(), hours: z.string(), tries: z.int() }),
  maxMinutes: z.int(),
  experiment: z.string().nullable().meta({ description: 'The one that runs on it' }),
  lastDay: buttonFiguresSchema.meta({ description: 'What people did at it in the last 24 hours' }),
  links: z.object({
    page: z.string().meta({ description: 'Page of the button alone, for links and QR codes' }),
    frame: z.string(),
    qr: z.string().meta({ description: 'QR code of the number, SVG' }),
  }),
  embed: z.object({
    script: z.string().meta({ description: 'Once in a page' }),
    element: z.string().meta({ description: 'Where the button is to stand' }),
    attribute: z.string().meta({ description: "The same for an element of the page's own" }),
    frame: z.string().meta({ description: 'Instead, where scripts of others are not wanted' }),
  }),
});

/** Call buttons of the plan: how they stand, and how pages get them. */
export const buttonApiRoutes = (app: FastifyInstance, { store, buttons, reports }: HttpParts): void => {
  const live = createLivePlan(store, undefined, 0);

  const baseOf = (request: FastifyRequest): string =>
    (buttons?.settings.publicUrl ?? `${request.protocol}://${request.host}`).replace(/\/+$/, '');

  const views = async (request: FastifyRequest): Promise<readonly z.output<typeof buttonSchema>[]> => {
    await live.refresh();
    const plan = live.current();
    const base = baseOf(request);
    const at = Date.now();
    const options = buttonFiguresOf({ from: at - DAY_MS, to: at + 1, zone: localZone() });
    const lastDay = figuresByButton(await reports.run({ type: 'funnel', options }));
    const availability = createAvailability();
    return store.exclusively((file) => {
      return [...plan.buttons.values()].map((button) => {
        const { open, opensAt } = availability(file, button, at);
        return {
          ...fieldsOf(button, plan),
          open,
          opens: opensAt === undefined ? null : new Date(opensAt).toISOString(),
          lastDay: lastDay(button.id),
          links: buttonLinks(button, base),
          embed: buttonSnippets(button, base),
        };
      });
    });
  };

  addRoute(app, {
    url: '/v1/buttons',
    summary: 'Call buttons, what happened at them in the last 24 hours, and how pages get them',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ buttons: z.array(buttonSchema) }),
    handle: async ({ request }) => ({ buttons: await views(request) }),
  });

  addRoute(app, {
    url: '/v1/buttons/:id',
    summary: 'One call button',
    tag: 'tracking',
    params: z.object({ id: idSchema }),
    query: nothing,
    response: buttonSchema,
    handle: async ({ params: { id }, request }) => {
      const found = (await views(request)).find((button) => button.id === id);
      if (found) return found;
      throw new HttpProblem(404, `There is no button ${id}.`);
    },
  });
};

const fieldsOf = (button: ButtonPlan, { experiments }: LivePlan) => {
  const running = [...experiments.values()].find(
    (experiment) => experiment.button === button.id && experiment.state === 'running',
  );
  const { id, site, number, position, confirm, mobile, closed, maxMinutes, callback } = button;
  return {
    id,
    name: button.name ?? null,
    site,
    number,
    lines: button.lines ?? null,
    flow: button.flow ?? null,
    source: button.source ?? null,
    text: button.text ?? null,
    position,
    confirm,
    intents: button.intents.map((intent) => ({ id: intent.id, text: intent.text })),
    mobile,
    schedule: button.schedule ?? null,
    closed,
    callback: { enabled: callback.enabled, hours: callback.hours, tries: callback.tries },
    maxMinutes,
    experiment: running?.id ?? null,
  };
};
