import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { iceServerSchema, iceServers } from '../pages/ice-servers.ts';
import { webSocketServers } from '../pages/web-sockets.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import type { PhoneContext } from './types.ts';

const sipSchema = z.object({
  address: z.string().meta({ description: 'SIP URI' }),
  username: z.string(),
  password: z.string(),
  expiresAt: z.int().meta({ description: 'Milliseconds since the epoch' }),
  servers: z.array(z.string()).meta({ description: 'SIP over WebSocket: `wss://example.com:8443`' }),
  iceServers: z.array(iceServerSchema).meta({ description: 'As RTCConfiguration takes them' }),
});

/** What a page needs to register. */
export const sipRoutes = (app: FastifyInstance, { phone, sessions, now }: PhoneContext): void => {
  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/sip',
      summary: 'SIP credentials for the page, good for a few minutes, and where to use them',
      tag: 'phone',
      params: nothing,
      query: nothing,
      body: nothing,
      response: sipSchema,
      handle: async ({ request }) => {
        const user = await sessions.require(request);
        const { name } = user;
        const servers = webSocketServers(request, phone);
        if (servers.length === 0) {
          const missing = request.protocol === 'https' ? 'wss' : 'ws';
          throw new HttpProblem(
            503,
            `The gateway has no ${missing} listener that this page could use: add one to sip.listen in dialtrace.yaml, or name a server in phone.servers.`,
          );
        }
        const { username, password, expiresAt } = phone.registrar.makePass(user);
        return {
          address: `sip:${name}@${phone.domain}`,
          username,
          password,
          expiresAt,
          servers: [...servers],
          iceServers: [...iceServers(phone.settings, name, now())],
        };
      },
    },
    { session: true },
  );
};
