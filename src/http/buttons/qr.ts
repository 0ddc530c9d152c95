import type { FastifyInstance } from 'fastify';
import { renderSVG } from 'uqr';
import { z } from 'zod';
import { parsePhone } from '../../base/phone.ts';
import { dialOf } from '../../tracking/index.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import { orBusy } from './asking.ts';
import type { ButtonParts } from './types.ts';

const querySchema = z.object({
  site: z.string().min(1).max(200),
  button: z.string().min(1).max(200),
  number: z
    .string()
    .max(40)
    .optional()
    .meta({ description: "A tracking number, E.164; default: the button's own" }),
});

/** A picture that a telephone reads and dials. Of numbers that are ours alone: nobody's else is dialled in our name. */
export const qrRoute = (app: FastifyInstance, { pages }: ButtonParts): void => {
  addRoute(
    app,
    {
      url: '/v1/button/qr.svg',
      summary: 'QR code of the number to dial',
      tag: 'pages',
      params: nothing,
      query: querySchema,
      produces: 'image/svg+xml',
      handle: async ({ query, reply }) => {
        const hosted = pages.hosted(query.button);
        if (hosted?.site.id !== query.site)
          throw new HttpProblem(404, 'The site has no such button.', [], { code: 'unknown-button' });
        // A plus that was not escaped arrives as a blank.
        const wished = query.number?.trim().replace(/^(?=[1-9])/, '+') ?? hosted.button.number;
        const number = parsePhone(wished)?.e164;
        if (number === undefined || !(await orBusy(pages.isOurs(hosted.button, number), reply)))
          throw new HttpProblem(404, 'There is no such number here.');
        return reply
          .header('cache-control', 'public, max-age=300')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .header('cross-origin-resource-policy', 'cross-origin')
          .header('x-content-type-options', 'nosniff')
          .type('image/svg+xml; charset=utf-8')
          .send(renderSVG(`tel:${dialOf(number)}`, { border: 4, pixelSize: 8 }));
      },
    },
    { open: true, helmet: false },
  );
};
