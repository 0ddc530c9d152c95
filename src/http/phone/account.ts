import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ulid } from '../../base/ids.ts';
import { hashedA1 } from '../../sip/index.ts';
import type { UserTable } from '../../store/index.ts';
import { whenFree } from '../patience.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import { createThrottle } from './throttle.ts';
import type { PhoneContext } from './types.ts';

const meSchema = z.object({
  name: z.string(),
  display: z.string().nullable(),
  role: z.enum(['agent', 'supervisor']),
  ready: z.boolean().meta({ description: 'Takes calls now' }),
  awayReason: z
    .string()
    .nullable()
    .meta({ description: 'Why it was set away by the gateway or somebody else' }),
  wrapUpUntil: z
    .int()
    .nullable()
    .meta({ description: 'Groups offer no call before; milliseconds since the epoch' }),
  address: z.string().meta({ description: 'SIP URI' }),
  dispositions: z.array(z.string()).meta({ description: 'What a call can have been' }),
  supervisionVisible: z.boolean().meta({ description: 'Whether agents see that a supervisor listens' }),
  canDialOut: z.boolean().meta({ description: 'Whether telephone numbers can be called' }),
});

const loginBody = z.strictObject({ user: z.string().min(1).max(63), password: z.string().min(1).max(500) });

/** Stands in for what is kept of a user that doesn't exist, so that it takes as long. */
const NOBODY = { name: 'nobody', realm: 'nowhere.example', ha1_sha256: randomBytes(32).toString('hex') };

const proves = (user: UserTable | undefined, password: string): boolean => {
  const { name, realm, ha1_sha256 } = user ?? NOBODY;
  const given = Buffer.from(hashedA1('SHA-256', name, realm, password));
  const kept = Buffer.from(ha1_sha256);
  const right = given.length === kept.length && timingSafeEqual(given, kept);
  return right && user !== undefined && user.disabled === 0;
};

/** Login, logout, and what a user says about itself. */
export const accountRoutes = (app: FastifyInstance, context: PhoneContext): void => {
  const { store, phone, sessions, now } = context;
  const { settings, domain, canDialOut } = phone;
  const throttle = createThrottle(now);

  const me = (user: UserTable): z.output<typeof meSchema> => {
    const agent = phone.agents?.find(user.name);
    return {
      ...meAlone(user),
      awayReason: user.ready === 1 ? null : (agent?.reason ?? null),
      wrapUpUntil: agent?.until ?? null,
    };
  };

  const meAlone = (user: UserTable) => ({
    name: user.name,
    display: user.display,
    role: user.role,
    ready: user.ready === 1,
    address: `sip:${user.name}@${domain}`,
    dispositions: [...settings.dispositions],
    supervisionVisible: settings.supervision.visible,
    canDialOut,
  });

  const audit = (user: string, action: string, detail: Record<string, unknown>): Promise<void> =>
    whenFree(() =>
      store.audit.append({
        id: ulid(now()),
        at: now(),
        user,
        action,
        call_id: null,
        detail: JSON.stringify(detail),
      }),
    );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/login',
      summary: 'Log in; sets the cookie of the session',
      tag: 'phone',
      params: nothing,
      query: nothing,
      body: loginBody,
      response: z.object({ user: meSchema }),
      handle: async ({ body, request, reply }) => {
        const attempt = throttle.enter(body.user, request.ip);
        if (attempt.type === 'refused') {
          reply.header('retry-after', attempt.retryAfterSeconds);
          throw new HttpProblem(429, 'Too many wrong logins: try again later.');
        }
        const user = await store.users.find(body.user);
        const origin = { address: request.ip, userAgent: request.headers['user-agent']?.slice(0, 200) };
        if (!proves(user, body.password) || !user) {
          // Whoever types a password in the wrong field must not find it in a log.
          await audit(user?.name ?? '?', 'login-failed', origin);
          throw new HttpProblem(401, 'The user name or the password is wrong.');
        }
        attempt.succeeded();
        await sessions.begin(user, request, reply);
        await audit(user.name, 'login', origin);
        return { user: me(user) };
      },
    },
    { open: true },
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/logout',
      summary: 'Log out',
      tag: 'phone',
      params: nothing,
      query: nothing,
      body: nothing,
      response: nothing,
      handle: async ({ request, reply }) => {
        const found = await sessions.find(request);
        await sessions.end(request, reply);
        if (found) await audit(found.user.name, 'logout', { address: request.ip });
        return {};
      },
    },
    { open: true },
  );

  addRoute(
    app,
    {
      url: '/phone/api/me',
      summary: 'Who is logged in',
      tag: 'phone',
      params: nothing,
      query: nothing,
      response: meSchema,
      handle: async ({ request }) => me(await sessions.require(request)),
    },
    { session: true },
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/ready',
      summary: 'Take calls, or take none for now',
      tag: 'phone',
      params: nothing,
      query: nothing,
      body: z.strictObject({ ready: z.boolean() }),
      response: meSchema,
      handle: async ({ body, request }) => {
        const user = await sessions.require(request);
        const ready = body.ready ? 1 : 0;
        // Also when it says so once more: a wrap-up ends with it.
        if (phone.agents) await whenFree(async () => phone.agents?.setReady(user.name, body.ready));
        else if (ready !== user.ready) await whenFree(() => store.users.update(user.name, { ready }));
        return me({ ...user, ready });
      },
    },
    { session: true },
  );
};
