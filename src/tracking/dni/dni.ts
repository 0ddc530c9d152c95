import { createHmac } from 'node:crypto';
import type { Logger } from '../../base/logger.ts';
import type { SitePlan } from '../../config/index.ts';
import type { SqliteFile, Store } from '../../store/index.ts';
import type { LivePlan, SessionAnswer, SessionRequest } from '../types.ts';
import { botReason, readBrowser, readTouch } from '../visits/index.ts';
import { createAlarm } from './alarm.ts';
import { canonicalAnswer, unstoredAnswer, visitAnswer } from './answer.ts';
import { unlent, wishesOf } from './choose.ts';
import { pageFacts, visitFacts } from './facts.ts';
import { lend } from './lend.ts';
import { createLimit, networkOf } from './limits.ts';
import { createLinks } from './link.ts';
import { openPage } from './open-page.ts';
import { takeEvents } from './page-events.ts';
import { mayStore, readPage } from './read-page.ts';
import { statementsOf } from './statements.ts';
import { createTurns, Overload } from './turns.ts';
import type { Dni, DniAlert, SessionRefusal } from './types.ts';
import type { ReadPage } from './visit-row.ts';

/** Visits that may begin a minute at one address: a mobile carrier has thousands of people behind one. */
const VISITS_PER_ADDRESS = 300;

export type DniOptions = {
  readonly store: Pick<Store, 'exclusively' | 'vault' | 'db'>;
  readonly plan: () => LivePlan;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly onAlert?: ((alert: DniAlert) => void) | undefined;
};

const REFUSED: SessionRefusal = { refused: 'too-many' };
const UNKNOWN: SessionRefusal = { refused: 'unknown-site' };

/**
 * Dynamic number insertion. Of machines nothing is kept: they see the page's own numbers. Nor is anything kept without
 * consent, or above the limit of visits: these see numbers of sources, by the landing page alone.
 */
export const createDni = ({ store, plan, now, logger, onAlert }: DniOptions): Dni => {
  const turns = createTurns(store);
  const ledgerKey = store.vault.derive('lease-ledger');
  const addressKey = Buffer.from(store.vault.derive('visit-address'), 'hex');
  const links = createLinks(store.vault.derive('dni-link'), now);
  const visits = createLimit(VISITS_PER_ADDRESS);
  const alarm = createAlarm({ now, logger, onAlert });
  const sessions = new Map<string, number>();

  const count = (what: string): void => void sessions.set(what, (sessions.get(what) ?? 0) + 1);

  const pseudonym = (address: string): string =>
    createHmac('sha256', addressKey).update(networkOf(address)).digest('hex');

  /** Nobody is to be told apart by it: the referrer is left out too. */
  const withoutTrace = (site: SitePlan, request: SessionRequest): SessionAnswer => {
    count('no-consent');
    const wishes = wishesOf(plan(), site, {
      landingUrl: request.url,
      touch: readTouch(request.url, undefined, site),
      device: readBrowser(request.userAgent).device,
    });
    return unstoredAnswer(site, unlent(wishes), false);
  };

  const decide = (
    file: SqliteFile,
    inForce: LivePlan,
    site: SitePlan,
    page: ReadPage,
    at: number,
  ): SessionAnswer => {
    const opened = openPage(file, page, { visits }, at);
    if (opened === undefined) {
      alarm({ type: 'visit-limit', site: site.id });
      return unstoredAnswer(site, unlent(wishesOf(inForce, site, pageFacts(page))), true);
    }
    const { visit, isFirst } = opened;
    const wishes = wishesOf(inForce, site, isFirst ? pageFacts(page) : visitFacts(visit, site));
    const { given, limited } = lend(file, wishes, { site, visit, ledgerKey, at });
    if (limited) alarm({ type: 'lease-limit', site: site.id });
    const { show } = statementsOf(file);
    for (const { number, leaseId, code } of given) show.run(visit.id, number, leaseId, code ?? null, at);
    return visitAnswer(site, visit, wishes, given, limited);
  };

  /** @throws what is no overload */
  const refuse = (error: unknown): SessionRefusal => {
    if (!(error instanceof Overload)) throw error;
    count('refused');
    alarm({ type: 'overload' });
    return REFUSED;
  };

  return {
    site: (siteId) => plan().sites.get(siteId),
    sites: () => plan().sites,
    links,

    session: async (request) => {
      const inForce = plan();
      const site = inForce.sites.get(request.siteId);
      if (!site) return UNKNOWN;
      if (botReason(request) !== null) {
        count('bot');
        return canonicalAnswer(site);
      }
      if (!mayStore(site, request.consent)) return withoutTrace(site, request);
      const page = readPage(inForce, site, request, pseudonym(request.address));
      try {
        const answer = await turns.take((file) => decide(file, inForce, site, page, now()));
        count(answer.visit === undefined ? 'limited' : answer.mode);
        return answer;
      } catch (error) {
        return refuse(error);
      }
    },

    events: async (siteId, visitId, events) => {
      const inForce = plan();
      const site = inForce.sites.get(siteId);
      if (!site) return UNKNOWN;
      if (events.length === 0) return { renew: false, visitor: undefined };
      try {
        return await turns.take((file) =>
          takeEvents(file, visitId, events, { plan: inForce, site, ledgerKey, at: now() }),
        );
      } catch (error) {
        return refuse(error);
      }
    },

    figures: () => ({ sessions: Object.fromEntries(sessions), waiting: turns.waiting() }),
  };
};
