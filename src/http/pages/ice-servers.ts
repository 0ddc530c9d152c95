import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { GatewayConfig } from '../../config/index.ts';

export const iceServerSchema = z.object({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
});

export type IceServer = z.output<typeof iceServerSchema>;

/**
 * STUN and TURN servers; TURN credentials as coturn's REST scheme has them (draft-uberti-behave-turn-rest-00 2.2).
 *
 * @param user whom the credentials are for
 * @param now milliseconds since the epoch
 * @param ttlSeconds how long they are good for; default: as configured
 */
export const iceServers = (
  { stun, turn }: Pick<GatewayConfig['phone'], 'stun' | 'turn'>,
  user: string,
  now: number,
  ttlSeconds: number | undefined = turn?.ttlSeconds,
): readonly IceServer[] => {
  const plain = stun.length > 0 ? [{ urls: [...stun] }] : [];
  if (!turn) return plain;
  const username = `${Math.ceil(now / 1000) + (ttlSeconds ?? 0)}:${user}`;
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
  return [...plain, { urls: [...turn.urls], username, credential }];
};
