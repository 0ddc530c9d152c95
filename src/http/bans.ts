import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { banView, banViewSchema } from '../reports/index.ts';
import { banByHand, banObjection, banTarget, type SipWall } from '../sip/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

/** A century: longer is for ever. */
const LONGEST_SECONDS = 3_155_760_000;

const cidrSchema = z
  .string()
  .max(50)
  .refine(
    (text) => banTarget(text) !== undefined,
    'use an address or network such as 203.0.113.7 or 203.0.113.0/24',
  )
  .transform((text) => banTarget(text) ?? text);

const banBody = z.strictObject({
  cidr: cidrSchema.meta({
    description: 'Address or network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/64`',
  }),
  seconds: z
    .number()
    .positive()
    .max(LONGEST_SECONDS)
    .nullable()
    .default(null)
    .meta({ description: 'How long; null: for ever' }),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), 'use one line')
    .default('by hand'),
  force: z
    .boolean()
    .default(false)
    .meta({ description: "Also this machine's own addresses and trunks' sources" }),
});

const removedSchema = z.object({ removed: z.boolean() });

export const banRoutes = (app: FastifyInstance, { wall: given, config }: HttpParts): void => {
  const wall = (): SipWall => {
    if (given !== undefined) return given;
    throw new HttpProblem(
      409,
      'There is no wall: sip.wall is switched off, or an external SIP server keeps its own.',
    );
  };

  addRoute(app, {
    url: '/v1/bans',
    summary: 'Addresses and networks that get no answer, the latest first',
    tag: 'system',
    params: nothing,
    query: nothing,
    response: z.object({ bans: z.array(banViewSchema) }),
    handle: async () => ({ bans: (await wall().bans()).map(banView) }),
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/bans',
    summary: 'Ban an address or network, or change its ban',
    tag: 'system',
    params: nothing,
    query: nothing,
    body: banBody,
    response: banViewSchema,
    handle: async ({ body: { cidr, seconds, reason, force } }) => {
      const objection = force ? undefined : banObjection(cidr, config.trunks);
      if (objection !== undefined) throw new HttpProblem(409, `${objection}.`);
      const ban = banByHand({ cidr, seconds: seconds ?? undefined, reason }, Date.now());
      await wall().ban(ban);
      return banView(ban);
    },
  });

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/bans/:cidr',
    summary: 'Lift a ban; the slash of a network is written %2F',
    tag: 'system',
    params: z.object({ cidr: cidrSchema }),
    query: nothing,
    response: removedSchema,
    handle: async ({ params: { cidr } }) => {
      if (await wall().unban(cidr)) return { removed: true };
      throw new HttpProblem(404, `${cidr} is not banned.`);
    },
  });
};
