import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailureError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { startGateway } from '../gateway.ts';
import type { Store } from '../store/index.ts';
import type { Post } from './browsers.ts';
import { openFolder } from './folder.ts';
import { type Office, openOffice } from './office.ts';
import type { Clock, Site } from './site.ts';

const COMPLETE_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 4;

const postTo =
  (address: string, agent: Agent): Post =>
  (path, body, headers) =>
    new Promise((resolve, reject) => {
      const sent = request(`http://${address}${path}`, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode === 200 ? JSON.parse(text) : undefined));
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });

/** The simulated clock stands still until what follows a call is done. */
const completed = async ({ db }: Pick<Store, 'db'>, id: string): Promise<void> => {
  const deadline = performance.now() + COMPLETE_WITHIN_MS;
  while (performance.now() < deadline) {
    const row = await db.selectFrom('call').select('spam_score').where('id', '=', id).executeTakeFirst();
    if (row !== undefined && row.spam_score !== null) return;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new FailureError(`The record of call ${id} was not complete within ${COMPLETE_WITHIN_MS / 1000} s.`);
};

const openWith = async (office: Office, numbers: number, clock: Clock): Promise<Site> => {
  const { store, config, ...folder } = await openFolder(numbers, office.uri);
  const gateway = await startGateway(config, silentLogger, { now: clock.now }).catch(
    async (error: unknown) => {
      await folder.close();
      throw error;
    },
  );
  const [listening = ''] = gateway.sip;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    store,
    post: postTo(gateway.http, agent),
    call: async (call) => {
      const ongoing = await office.dial(listening, call);
      return {
        answer: ongoing.answer,
        end: async () => {
          const id = await ongoing.end();
          if (id === undefined) throw new FailureError(`The gateway did not take a call to ${call.did}.`);
          await completed(store, id);
          return id;
        },
      };
    },
    sweep: folder.sweep,
    refit: folder.refit,
    verify: folder.verify,
    close: async () => {
      agent.destroy();
      await gateway.stop({ now: true });
      await folder.close();
      await office.close();
    },
  };
};

/** A started gateway with sockets of its own: pages come by HTTP, calls by SIP through a trunk, and ring in an office. */
export const openRealSite = async ({
  numbers,
  clock,
}: {
  readonly numbers: number;
  readonly clock: Clock;
}): Promise<Site> => {
  const office = await openOffice();
  try {
    return await openWith(office, numbers, clock);
  } catch (error) {
    await office.close();
    throw error;
  }
};
