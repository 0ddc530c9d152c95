import { errorMessage } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import type { GatewayConfig } from './config/index.ts';
import type { Ban, BanChange, SipServerOptions } from './sip/index.ts';
import { type BanRowChange, type BanTable, isBusy, type Store } from './store/index.ts';

const AGAIN_AFTER_MS = 1000;

/** Writes bans down as they come and go, so that they hold after a restart. */
export type BanKeeper = {
  note(change: BanChange): void;
  /** Writes what is left; what can't be written then is lost. */
  stop(): Promise<void>;
};

const asBan = ({ made_by, until, ...rest }: BanTable): Ban => ({
  ...rest,
  by: made_by,
  until: until ?? undefined,
});

const asRow = (change: BanChange): BanRowChange => {
  if (change.type === 'lifted') return change;
  const { by, until, cidr, reason, since, count } = change.ban;
  return {
    type: 'banned',
    ban: { cidr, reason, made_by: by, since: Math.round(since), until: until ?? null, count },
  };
};

/** Bans of the last run: those in force, and those whose memory makes the next one longer. */
export const lastBans = async (store: Pick<Store, 'bans'>, now: number): Promise<readonly Ban[]> =>
  (await store.bans.remembered(now)).map(asBan);

/** A database that is held is tried again: a ban that is not written yet is in force all the same. */
export const createBanKeeper = (store: Pick<Store, 'bans'>, logger: Logger, now: () => number): BanKeeper => {
  /** The last change of each network. */
  let waiting = new Map<string, BanChange>();
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const putBack = (changes: ReadonlyMap<string, BanChange>, error: unknown): void => {
    if (!isBusy(error)) logger.error({ error: errorMessage(error) }, 'bans not written');
    waiting = new Map([...changes, ...waiting]);
    if (stopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, AGAIN_AFTER_MS).unref();
  };

  const write = async (): Promise<void> => {
    while (waiting.size > 0 && timer === undefined) {
      const changes = waiting;
      waiting = new Map();
      try {
        await store.bans.write([...changes.values()].map(asRow), now());
      } catch (error) {
        putBack(changes, error);
        return;
      }
    }
  };

  const flush = (): Promise<void> => {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  };

  return {
    note(change) {
      const cidr = change.type === 'banned' ? change.ban.cidr : change.cidr;
      if (change.type === 'lifted') logger.info({ cidr }, 'ban lifted');
      else logger.warn({ cidr, reason: change.ban.reason, until: change.ban.until }, 'banned');
      waiting.delete(cidr);
      waiting.set(cidr, change);
      void flush();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
      await writing;
      await flush();
      if (waiting.size > 0)
        logger.error({ bans: waiting.size }, 'bans lost: the database could not be written');
    },
  };
};

/** This machine's own tools, such as the self-test. */
const OWN = ['127.0.0.1', '::1'];

/** The embedded engine with the wall that the configuration wants. */
export const withWall = (
  server: SipServerOptions['server'],
  { wall }: GatewayConfig['sip'],
  bans: readonly Ban[],
): SipServerOptions['server'] => {
  if (server.type !== 'embedded' || !wall.enabled) return server;
  const { messagesPerSecond, offences, banSeconds } = wall;
  const trusted = [...OWN, ...wall.trusted];
  return {
    ...server,
    options: { ...server.options, wall: { trusted, bans, messagesPerSecond, offences, banSeconds } },
  };
};
