import type { createServer as createPlainServer, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest, type LightMyRequestResponse } from 'fastify';
import { errorCode, errorMessage, FailureError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { networkOf } from '../tracking/index.ts';
import { createAccessCheck } from './access.ts';
import { agentRoutes } from './agents.ts';
import { areaRoutes } from './areas.ts';
import { attributionRoutes } from './attribution.ts';
import { banRoutes } from './bans.ts';
import { buttonApiRoutes, buttonRoutes, isButtonRequest } from './buttons/index.ts';
import { calendarRoutes } from './calendars.ts';
import { callBackRoutes } from './call-backs.ts';
import { callRoutes } from './calls.ts';
import { dniRoutes, isDniRequest } from './dni/index.ts';
import { experimentRoutes } from './experiments.ts';
import { flowRoutes } from './flows.ts';
import { formRoutes } from './forms.ts';
import { leadRoutes } from './leads.ts';
import { matchingRoutes } from './matching.ts';
import { ownPages } from './pages/asking.ts';
import type { HttpParts, HttpTls } from './parts.ts';
import { peopleRoutes } from './people.ts';
import { phoneRoutes } from './phone/index.ts';
import { poolRoutes } from './pools.ts';
import { answerError, sendProblem } from './problem.ts';
import { promptRoutes } from './prompts.ts';
import { queueRoutes } from './queues.ts';
import { recordingRoutes } from './recordings.ts';
import { reportRoutes } from './report-routes.ts';
import { scheduleRoutes } from './schedules.ts';
import { siteRoutes } from './sites.ts';
import { spendRoutes } from './spend.ts';
import { healthRoute, systemRoutes } from './system.ts';
import { trackingRoutes } from './tracking.ts';
import { trunkRoutes } from './trunks.ts';
import { userRoutes } from './users.ts';
import { visitRoutes } from './visits.ts';
import { voicemailRoutes } from './voicemail.ts';

export type { ButtonParts } from './buttons/index.ts';
export type { Health, HttpParts, HttpTls, PhoneParts } from './parts.ts';

/** The HTTP side of the gateway: API, health and metrics. */
export type HttpServer = {
  /**
   * Binds `http.address` and `http.port` of the configuration.
   *
   * @returns the address as bound: `127.0.0.1:8080`, `[::1]:8080`
   * @throws FailureError when the port is taken or the address is not this machine's
   */
  listen(): Promise<string>;
  /** The bound address; undefined before `listen`. */
  address(): string | undefined;
  /**
   * A certificate for connections from now on. Nothing happens without TLS.
   *
   * @throws Error when it can't be used; the old one stays
   */
  setTls(tls: HttpTls): void;
  /** Answers what is under way, then closes; safe to call twice. */
  close(): Promise<void>;
  /** A request without a socket, for tests. */
  inject(request: {
    url: string;
    method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    payload?: object | string;
    headers?: Record<string, string>;
  }): Promise<LightMyRequestResponse>;
};

const READING: readonly string[] = ['GET', 'HEAD'];
const REQUESTS_PER_MINUTE = 600;
/** An office full of agents has one address. */
const PHONE_REQUESTS_PER_MINUTE = 12_000;

/** So has one full of readers; a mobile carrier has thousands of them behind one. */
const PAGE_REQUESTS_PER_MINUTE = 6000;

const isPhone = ({ url }: FastifyRequest): boolean => url.startsWith('/phone');

/** Web pages ask, from wherever their readers are. */
const isPage = ({ url }: FastifyRequest): boolean => isDniRequest(url) || isButtonRequest(url);

const requestsPerMinute = (request: FastifyRequest): number => {
  if (isPage(request)) return PAGE_REQUESTS_PER_MINUTE;
  return isPhone(request) ? PHONE_REQUESTS_PER_MINUTE : REQUESTS_PER_MINUTE;
};

/** Who is counted, and for what. */
const limitKey = (request: FastifyRequest): string => {
  if (isPage(request)) return `page ${networkOf(request.ip)}`;
  return `${isPhone(request) ? 'phone' : 'api'} ${request.ip}`;
};

const registerPlugins = async (app: FastifyInstance): Promise<void> => {
  // HSTS would hold for the host's other ports too, and lock out whoever goes back to a self-signed certificate.
  await app.register(helmet, { strictTransportSecurity: false });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    keyGenerator: limitKey,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) =>
      Object.assign(new Error(`Too many requests: try again in ${after}.`), { statusCode: 429 }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Dialtrace API',
        version: VERSION,
        description:
          'The call log, the tracking plan and reports of a Dialtrace gateway, to be read; bans, tags, leads and forms, also to be changed.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'dialtrace_phone' },
        },
      },
      security: [{ token: [] }],
    },
  });
};

const registerRoutes = async (app: FastifyInstance, parts: HttpParts): Promise<void> => {
  healthRoute(app, parts);
  await app.register(async (api) => {
    const check = createAccessCheck({ token: parts.config.http.token, address: parts.config.http.address });
    // After onRequest, where the rate limit counts: guesses at the token are counted too.
    api.addHook('preParsing', async (request) => check(request));
    callRoutes(api, parts);
    callBackRoutes(api, parts);
    recordingRoutes(api, parts);
    promptRoutes(api, parts);
    voicemailRoutes(api, parts);
    trackingRoutes(api, parts);
    scheduleRoutes(api, parts);
    calendarRoutes(api, parts);
    areaRoutes(api, parts);
    poolRoutes(api, parts);
    siteRoutes(api, parts);
    buttonApiRoutes(api, parts);
    trunkRoutes(api, parts);
    userRoutes(api, parts);
    agentRoutes(api, parts);
    queueRoutes(api, parts);
    visitRoutes(api, parts);
    reportRoutes(api, parts);
    experimentRoutes(api, parts);
    spendRoutes(api, parts);
    attributionRoutes(api, parts);
    matchingRoutes(api, parts);
    banRoutes(api, parts);
    peopleRoutes(api, parts);
    leadRoutes(api, parts);
    formRoutes(api, parts);
    flowRoutes(api, parts);
    systemRoutes(api, parts);
  });
  const { phone, dni, buttons } = parts;
  const isOwn = ownPages(buttons?.settings.publicUrl);
  if (dni) await app.register((pages) => dniRoutes(pages, dni, isOwn, parts.dniScripts));
  if (buttons) await app.register((pages) => buttonRoutes(pages, buttons));
  if (phone) await app.register((pages) => phoneRoutes(pages, parts, phone));
};

/** What a server that fastify does not make itself has to be told. */
const SERVER_OPTIONS = { requestTimeout: 30_000 } as const;

type TlsHolder = { replace(tls: HttpTls): void };

/** HTTPS takes TLS connections alone: a plain request gets none. */
const serverFactory =
  (tls: HttpTls, holder: TlsHolder) =>
  (handler: Parameters<typeof createPlainServer>[1]): Server => {
    const server = createTlsServer({ ...SERVER_OPTIONS, ...tls }, handler);
    holder.replace = (changed) => server.setSecureContext(changed);
    return server;
  };

const build = async (parts: HttpParts, holder: TlsHolder): Promise<FastifyInstance> => {
  const app = fastify({
    logger: false,
    // Only a proxy on this machine is believed what it says of the client.
    trustProxy: 'loopback',
    forceCloseConnections: 'idle',
    ...SERVER_OPTIONS,
    ...(parts.tls && { serverFactory: serverFactory(parts.tls, holder) }),
    bodyLimit: 65_536,
    // A path that can't be decoded is refused before any route.
    frameworkErrors: (error, _request, reply) =>
      void sendProblem(reply, error.statusCode ?? 400, error.message),
  });
  // Routes read their input with zod themselves; the JSON Schemas are for the OpenAPI document alone.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error: Error, _request, reply) => answerError(error, reply, parts.logger));
  await registerPlugins(app);
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    READING.includes(request.method)
      ? sendProblem(reply, 404, `There is nothing at ${request.url.slice(0, 200)}.`)
      : sendProblem(reply.header('allow', READING.join(', ')), 405, 'This can only be read.'),
  );
  await registerRoutes(app, parts);
  await app.ready();
  return app;
};

/** A bound address as `host:port`, IPv6 in brackets. */
const hostPort = ({ address, family, port }: AddressInfo): string =>
  family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;

const refusal = (error: unknown, where: string): FailureError => {
  const code = errorCode(error);
  const why =
    code === 'EADDRINUSE'
      ? 'the port is taken: stop what listens there, or set http.port'
      : code === 'EADDRNOTAVAIL'
        ? 'the address is not of this machine: set http.address'
        : errorMessage(error);
  return new FailureError(`HTTP can't listen on ${where}: ${why}`, { cause: error });
};

/** The HTTP server, ready to listen. */
export const createHttpServer = async (parts: HttpParts): Promise<HttpServer> => {
  const holder: TlsHolder = { replace: () => undefined };
  const app = await build(parts, holder);
  let bound: string | undefined;

  const listen = async (): Promise<string> => {
    const { address: host, port } = parts.config.http;
    try {
      await app.listen({ host, port });
    } catch (error) {
      throw refusal(error, `${host}:${port}`);
    }
    const info = app.server.address();
    bound = info === null || typeof info === 'string' ? `${host}:${port}` : hostPort(info);
    return bound;
  };

  return {
    listen,
    address: () => bound,
    setTls: (tls) => holder.replace(tls),
    close: () => app.close(),
    inject: (request) => app.inject(request),
  };
};
