import type { SitePlan } from '../../config/index.ts';
import type { PageEvent, SessionAnswer, SessionRequest } from '../types.ts';

/** Something that somebody should look at. Told at most once a minute and site. */
export type DniAlert =
  /** More numbers were asked for at one place, or for one visitor, than people ask for. */
  | { readonly type: 'lease-limit'; readonly site: string }
  /** More visits began at one place than people begin. */
  | { readonly type: 'visit-limit'; readonly site: string }
  /** More pages wait than can be answered in time. */
  | { readonly type: 'overload' };

/** Why a page gets no answer: no such site; too many wait, or another process holds the database. */
export type SessionRefusal = { readonly refused: 'unknown-site' | 'too-many' };

export type EventsAnswer = {
  /** The page is to ask for a session: the visit is over, or the number went to somebody else. */
  readonly renew: boolean;
  /** Whose visit it is; undefined when there is none, or consent was withdrawn. */
  readonly visitor: string | undefined;
};

/** What happened since the start. */
export type DniFigures = {
  /** Sessions by their answer's mode, and `bot`, `no-consent`, `limited`, `refused`. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Pages that wait at this moment. */
  readonly waiting: number;
};

/** Dynamic number insertion: which number a page shows to whom. */
export type Dni = {
  /** The site of the plan in force. */
  site(siteId: string): SitePlan | undefined;
  /** Sites by id. */
  sites(): ReadonlyMap<string, SitePlan>;
  session(request: SessionRequest): Promise<SessionAnswer | SessionRefusal>;
  /**
   * Takes what a page reports.
   *
   * @param visitId undefined on a page without a visit: swaps alone are taken
   */
  events(
    siteId: string,
    visitId: string | undefined,
    events: readonly PageEvent[],
  ): Promise<EventsAnswer | SessionRefusal>;
  readonly links: Links;
  figures(): DniFigures;
};

/** Tokens that tell a linked site who comes. */
export type Links = {
  /** Good for 2 minutes. */
  make(visitorId: string): string;
  /** The visitor's id; undefined when it is forged or too old. */
  read(token: string): string | undefined;
};
