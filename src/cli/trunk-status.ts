import type { Command } from 'commander';
import { z } from 'zod';
import { FailureError } from '../base/errors.ts';
import { type TrunkReport, trunkReportSchema } from '../reports/index.ts';
import { formatTime } from './format.ts';
import { findGatewayApi } from './gateway-api.ts';
import type { Cells, Output } from './output.ts';
import { act, type Cli, type Session } from './session.ts';
import type { Colour } from './style.ts';

type Status = NonNullable<TrunkReport['status']>;

const answerSchema = z.object({ trunks: z.array(trunkReportSchema) });

/** The trunks of the running gateway, and how they stand. @throws FailureError when none runs */
export const askTrunks = async (session: Session): Promise<readonly TrunkReport[]> => {
  const api = await findGatewayApi(session.config());
  if (api === undefined)
    throw new FailureError('The gateway is not running: start it with `dialtrace start`.');
  const answer = answerSchema.safeParse(await api.ask('GET', '/v1/trunks'));
  if (!answer.success) throw new FailureError('The gateway answers as another version does: restart it.');
  return answer.data.trunks;
};

const COLOURS = {
  up: 'green',
  down: 'red',
  unknown: 'dim',
  registered: 'green',
  trying: 'yellow',
  failed: 'red',
} as const satisfies Readonly<Record<string, Colour>>;

const HEAD = ['Trunk', 'Gateway', 'State', 'Since', 'RTT', 'Calls', 'Registration', 'Last error'];

const callsText = ({ calls }: Status): string =>
  `${calls.in + calls.out}${calls.max === null ? '' : `/${calls.max}`}`;

const registrationText = ({ registration }: Status, { paint }: Output): string | null => {
  if (registration === null) return null;
  const { state, expiresAt } = registration;
  const until = state === 'registered' && expiresAt !== null ? ` until ${formatTime(expiresAt)}` : '';
  return paint(COLOURS[state], state) + until;
};

/** A row for each gateway; what concerns the whole trunk stands in the first. */
const rowsOf = ({ id, status }: TrunkReport, out: Output): readonly Cells[] => {
  if (status === null) return [[id, null, out.paint('dim', 'not known'), null, null, null, null, null]];
  const whole = [callsText(status), registrationText(status, out)] as const;
  const error = status.registration?.lastError ?? null;
  const [first, ...others] = status.gateways.map(({ uri, state, since, rttMs, lastError }) => ({
    cells: [
      uri,
      out.paint(COLOURS[state], state),
      formatTime(since),
      rttMs === null ? null : `${Math.round(rttMs)} ms`,
    ],
    lastError,
  }));
  if (!first) return [[id, null, null, null, null, ...whole, error]];
  return [
    [
      id,
      ...first.cells,
      ...whole,
      [error, first.lastError].filter((text) => text !== null).join('; ') || null,
    ],
    ...others.map(({ cells, lastError }) => ['', ...cells, '', '', lastError]),
  ];
};

export const addTrunkStatus = (group: Command, cli: Cli): void => {
  group
    .command('status')
    .description('How the trunks of the running gateway stand: gateways, calls, registration.')
    .action(
      act<[]>(cli, async (session) => {
        const trunks = await askTrunks(session);
        if (session.json) return cli.out.json(trunks);
        if (trunks.length === 0)
          return cli.out.line('There are no trunks: add one to trunks in dialtrace.yaml.');
        cli.out.table(
          HEAD,
          trunks.flatMap((trunk) => rowsOf(trunk, cli.out)),
          [4, 5],
        );
      }),
    );
};
