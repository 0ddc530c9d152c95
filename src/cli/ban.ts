import { type Command, InvalidArgumentError } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import type { GatewayConfig } from '../config/index.ts';
import { type BanView, banView } from '../reports/index.ts';
import { banByHand, banObjection, banTarget } from '../sip/index.ts';
import type { BanRowChange, BanTable } from '../store/index.ts';
import { formatTime, plural } from './format.ts';
import { findGatewayApi } from './gateway-api.ts';
import { addZoneOption, examples, oneLine } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type AddOptions = { readonly for?: number | 'forever'; readonly reason?: string; readonly force?: boolean };

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const LONGEST_DAYS = 36_500;

/** `90s`, `30m`, `12h`, `1d`, `2w` in seconds, or `forever`. */
export const banTime = (text: string): number | 'forever' => {
  if (text === 'forever') return text;
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const seconds = Number(count) * SECONDS[(unit ?? 's') as keyof typeof SECONDS];
  if (seconds > 0 && seconds <= LONGEST_DAYS * SECONDS.d) return seconds;
  throw new InvalidArgumentError('Use a time such as 30m, 12h, 1d or 2w, or forever.');
};

const readTarget = (text: string): string => {
  const cidr = banTarget(text);
  if (cidr !== undefined) return cidr;
  throw new InvalidArgumentError(
    'Use an address or network such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/64.',
  );
};

const requireWall = ({ sip }: GatewayConfig): void => {
  if (sip.engine === 'drachtio')
    throw new UsageError('Bans belong to the embedded SIP engine, and sip.engine is drachtio');
  if (!sip.wall.enabled) throw new UsageError('There are no bans: sip.wall.enabled is false');
};

const viewOf = ({ made_by, ...row }: BanTable): BanView => banView({ ...row, by: made_by });

const listBans = async (session: Session): Promise<readonly BanView[]> => {
  const api = await findGatewayApi(session.config());
  if (api === undefined)
    return (await session.withStore('read', (store) => store.bans.inForce(session.now()))).map(viewOf);
  return ((await api.ask('GET', '/v1/bans')) as { bans: BanView[] }).bans;
};

const writeBan = (session: Session, change: BanRowChange): Promise<void> =>
  session.withStore('write', (store) => store.bans.write([change], session.now()));

/** The gateway that runs bans at once; without one the next start will. */
const addBan = async (session: Session, cidr: string, options: AddOptions): Promise<BanView> => {
  const seconds = options.for === 'forever' ? undefined : (options.for ?? SECONDS.d);
  const { force = false } = options;
  const reason = options.reason || 'by hand';
  const config = session.config();
  const objection = force ? undefined : banObjection(cidr, config.trunks);
  if (objection !== undefined) throw new UsageError(`${objection}; --force does it all the same`);
  const api = await findGatewayApi(config);
  if (api !== undefined) {
    const body = { cidr, seconds: seconds ?? null, reason, force };
    return (await api.ask('POST', '/v1/bans', body)) as BanView;
  }
  const { by, until, ...rest } = banByHand({ cidr, seconds, reason }, session.now());
  const ban: BanTable = { ...rest, made_by: by, until: until ?? null };
  await writeBan(session, { type: 'banned', ban });
  return viewOf(ban);
};

const removeBan = async (session: Session, cidr: string): Promise<void> => {
  const api = await findGatewayApi(session.config());
  if (api !== undefined) {
    await api.ask('DELETE', `/v1/bans/${encodeURIComponent(cidr)}`);
    return;
  }
  const bans = await listBans(session);
  if (!bans.some((ban) => ban.cidr === cidr)) throw new FailureError(`${cidr} is not banned.`);
  await writeBan(session, { type: 'lifted', cidr });
};

export const addBanCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('ban')
    .summary('addresses that get no answer')
    .description(
      'Addresses and networks that get no answer over SIP: those that the wall has banned, and your own.',
    );
  addZoneOption(group.command('list').description('List bans in force, the latest first.')).action(
    act<[{ zone?: string }]>(cli, async (session, { zone }) => {
      requireWall(session.config());
      const bans = await listBans(session);
      if (session.json) return cli.out.json(bans);
      if (bans.length === 0) return cli.out.line('Nobody is banned.');
      cli.out.table(
        ['Address', 'By', 'Since', 'Until', 'Time', 'Dropped', 'Reason'],
        bans.map(({ cidr, by, since, until, count, dropped, reason }) => [
          cidr,
          by,
          formatTime(since, zone),
          until === null ? 'for ever' : formatTime(until, zone),
          count,
          dropped,
          reason,
        ]),
        [4, 5],
      );
      cli.out.line(plural(bans.length, 'ban'));
    }),
  );
  const add = group
    .command('add')
    .description('Ban an address or network at once, or change its ban.')
    .argument('<cidr>', 'address or network', readTarget)
    .option('--for <time>', 'how long: 30m, 12h, 1d (the default), 2w or forever', banTime)
    .option('--reason <text>', 'why, for people', oneLine)
    .option('--force', "also this machine's own addresses and trunks' sources")
    .action(
      act<[string, AddOptions]>(cli, async (session, cidr, options) => {
        requireWall(session.config());
        const ban = await addBan(session, cidr, options);
        if (session.json) return cli.out.json(ban);
        cli.out.line(
          `Banned ${ban.cidr} ${ban.until === null ? 'for ever' : `until ${formatTime(ban.until)}`}.`,
        );
      }),
    );
  examples(add, [
    'dialtrace ban add 203.0.113.7',
    'dialtrace ban add 203.0.113.0/24 --for forever --reason "nothing but scanners"',
  ]);
  group
    .command('remove')
    .description('Lift a ban; its address begins anew.')
    .argument('<cidr>', 'address or network', readTarget)
    .action(
      act<[string]>(cli, async (session, cidr) => {
        requireWall(session.config());
        await removeBan(session, cidr);
        if (session.json) return cli.out.json({ removed: true });
        cli.out.line(`${cidr} is not banned any more.`);
      }),
    );
};
