import type { FastifyInstance } from 'fastify';
import { ownPages } from '../pages/asking.ts';
import { openToPages, preflightRoute } from '../pages/cors.ts';
import { scriptRoutes } from '../pages/scripts.ts';
import { createReader } from './asking.ts';
import { callRoutes } from './calls.ts';
import { configRoute } from './config.ts';
import { reportRoutes } from './events.ts';
import { hostedRoutes } from './hosted.ts';
import { qrRoute } from './qr.ts';
import type { ButtonParts } from './types.ts';

export { buttonApiRoutes } from './api.ts';
export type { ButtonParts } from './types.ts';

/** Whether a request is one that pages with call buttons make, from wherever their readers are. */
export const isButtonRequest = (url: string): boolean => /^\/(?:v1\/button\/|c\/|dt-call)/.test(url);

const QUESTIONS = [
  'config',
  'events',
  'token',
  'verify',
  'verify/check',
  'callback',
  'quality',
  'rating',
] as const;

/** What pages with call buttons ask for: scripts, tokens, and where they report; and pages of the buttons' own. */
export const buttonRoutes = async (app: FastifyInstance, parts: ButtonParts): Promise<void> => {
  const isOwn = ownPages(parts.settings.publicUrl);
  const reader = createReader(parts, isOwn);
  await app.register(async (pages) => {
    openToPages(pages, () => parts.pages.sites());
    configRoute(pages, parts, reader);
    reportRoutes(pages, parts, reader);
    callRoutes(pages, parts, reader);
    for (const question of QUESTIONS) preflightRoute(pages, `/v1/button/${question}`);
  });
  qrRoute(app, parts);
  scriptRoutes(app, {
    files: ['dt-call.js', 'dt-call-phone.js'],
    built: 'widget',
    folder: parts.scripts,
  });
  await hostedRoutes(app, parts, isOwn);
};
