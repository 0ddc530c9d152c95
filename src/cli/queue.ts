import type { Command } from 'commander';
import { z } from 'zod';
import { FailureError } from '../base/errors.ts';
import { queueStatusSchema } from '../reports/index.ts';
import { formatDuration, formatShare } from './format.ts';
import { findGatewayApi } from './gateway-api.ts';
import { act, type Cli, type Session } from './session.ts';

const answerSchema = z.object({ queues: z.array(queueStatusSchema) });

const status = async (session: Session): Promise<void> => {
  const { out, json } = session;
  const api = await findGatewayApi(session.config());
  if (api === undefined)
    throw new FailureError('The gateway is not running: start it with `dialtrace start`.');
  const answer = answerSchema.safeParse(await api.ask('GET', '/v1/queues'));
  if (!answer.success) throw new FailureError('The gateway answers as another version does: restart it.');
  const { queues } = answer.data;
  if (json) return out.json(queues);
  if (queues.length === 0) return out.line('Nobody has waited in a queue since the gateway started.');
  out.table(
    [
      'Queue',
      'Waiting',
      'Longest',
      'Service level',
      'Today',
      'Answered',
      'Hung up',
      'Left',
      'Full',
      'Mean wait',
    ],
    queues.map(({ id, waiting, longestNowMs, serviceLevel, serviceLevelSeconds, today }) => [
      id,
      waiting,
      waiting === 0 ? null : formatDuration(longestNowMs),
      serviceLevel === null ? null : `${formatShare(serviceLevel)} in ${serviceLevelSeconds} s`,
      today.offered,
      today.answered,
      today.abandoned,
      today.left,
      today.full,
      today.offered === 0 ? null : formatDuration(today.averageWaitMs),
    ]),
    [1, 2, 4, 5, 6, 7, 8, 9],
  );
};

export const addQueueCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('queue')
    .summary('callers who wait')
    .description('Queues of call flows: who waits for whom.');
  group
    .command('status')
    .description("Show each queue of the running gateway: who waits now, how today's callers fared.")
    .action(act<[]>(cli, status));
};
