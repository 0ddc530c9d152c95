import cookie from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import type { Dni } from '../../tracking/index.ts';
import type { OwnPages } from '../pages/asking.ts';
import { openToPages, preflightRoute } from '../pages/cors.ts';
import { scriptRoutes } from '../pages/scripts.ts';
import { ampRoute } from './amp.ts';
import { eventsRoute } from './events.ts';
import { sessionRoute } from './session.ts';

/** Whether a request is one that web pages make, from wherever their readers are. */
export const isDniRequest = (url: string): boolean => /^\/(?:v1\/dni\/|dt(?:-debug)?\.js)/.test(url);

/** What the pages of sites ask for: the script, numbers, and where they report. */
export const dniRoutes = async (
  app: FastifyInstance,
  dni: Dni,
  isOwn: OwnPages,
  scripts?: string,
): Promise<void> => {
  await app.register(async (pages) => {
    await pages.register(cookie);
    openToPages(pages, () => dni.sites());
    sessionRoute(pages, dni, isOwn);
    eventsRoute(pages, dni, isOwn);
    ampRoute(pages, dni);
    for (const url of ['/v1/dni/session', '/v1/dni/events']) preflightRoute(pages, url);
  });
  scriptRoutes(app, { files: ['dt.js', 'dt-debug.js'], built: 'dni', folder: scripts });
};
