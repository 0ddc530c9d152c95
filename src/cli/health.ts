import { askHttp, type HttpPlace } from './gateway-http.ts';

const PATIENCE_MS = 2000;

/** Whether a Dialtrace gateway answers there, in whatever health. */
export const answersHealth = async (place: HttpPlace): Promise<boolean> => {
  try {
    const { body } = await askHttp(place, '/healthz', { timeoutMs: PATIENCE_MS });
    return typeof body === 'object' && body !== null && 'callsInProgress' in body;
  } catch {
    return false;
  }
};
