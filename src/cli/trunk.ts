import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { TrunkConfig } from '../config/index.ts';
import { trunkView } from '../reports/index.ts';
import { Unsuccessful } from './failure.ts';
import { pingGateway } from './ping-trunk.ts';
import { act, type Cli, type Session } from './session.ts';
import { addTrunkStatus } from './trunk-status.ts';

const findTrunk = (session: Session, id: string): TrunkConfig => {
  const { trunks } = session.config();
  const trunk = trunks.find((one) => one.id === id);
  if (trunk !== undefined) return trunk;
  const known = trunks.map((one) => one.id).join(', ') || 'none';
  throw new UsageError(`There is no trunk ${id}; the configuration has: ${known}`);
};

const caller = (trunk: TrunkConfig): string => {
  const ways = [
    trunk.sources.join(', '),
    trunk.digest === undefined ? '' : 'digest',
    trunk.register === undefined ? '' : `registration at ${trunk.register.servers.join(', ')}`,
  ].filter((way) => way !== '');
  return ways.join(' + ') || '–';
};

export const addTrunkCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('trunk')
    .summary('SIP trunks')
    .description(
      'SIP trunks: the carriers that bring calls and take them on. They are written in dialtrace.yaml.',
    );
  group
    .command('list')
    .description('List trunks, without their secrets.')
    .action(
      act<[]>(cli, (session) => {
        const { trunks } = session.config();
        if (session.json) return cli.out.json(trunks.map(trunkView));
        if (trunks.length === 0)
          return cli.out.line('There are no trunks: add one to trunks in dialtrace.yaml.');
        cli.out.table(
          ['ID', 'Name', 'Calls come from', 'Calls go to', 'Region', 'Number from', 'NAT', 'Codecs'],
          trunks.map((trunk) => [
            trunk.id,
            trunk.name ?? null,
            caller(trunk),
            trunk.gateways.map(({ uri }) => uri).join(', ') || null,
            trunk.region,
            trunk.didFrom.join(', '),
            trunk.nat ? 'yes' : 'no',
            trunk.codecs.join(', '),
          ]),
        );
      }),
    );
  group
    .command('test')
    .description(
      "Asks each of a trunk's gateways whether it is there (OPTIONS). Exit code 1 when one does not answer.",
    )
    .argument('<id>')
    .action(
      act<[string]>(cli, async (session, id) => {
        const { gateways } = findTrunk(session, id);
        if (gateways.length === 0) {
          throw new UsageError(`Trunk ${id} has no gateway: it only brings calls, so there is nobody to ask`);
        }
        const results = await Promise.all(
          gateways.map(async ({ uri }) => ({ gateway: uri, ...(await pingGateway(session.config(), uri)) })),
        );
        if (session.json) cli.out.json({ id, gateways: results });
        else {
          for (const result of results) {
            cli.out.line(
              result.reachable
                ? `${id} answered ${result.status} in ${Math.round(result.milliseconds)} ms (${result.gateway})`
                : `${cli.out.paint('red', `${id} can't be reached`)}: ${result.reason} (${result.gateway})`,
            );
          }
        }
        if (results.some((result) => !result.reachable)) throw new Unsuccessful();
      }),
    );
  addTrunkStatus(group, cli);
};
