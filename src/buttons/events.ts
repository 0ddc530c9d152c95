import type { ButtonPlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import { createLimit, type Dni, networkOf, readBrowser } from '../tracking/index.ts';
import { isBot } from './describe.ts';
import type { NewEvent } from './event-log.ts';
import type { Ground } from './ground.ts';
import { createWindow } from './limits.ts';
import type { Asked, EventsRequest, Pressed, ReportedEvent } from './pages-types.ts';

const MINUTE_MS = 60_000;
/** Reports of one address in a minute: an office full of readers, or a mobile carrier's network, has one. */
const REPORTS_PER_ADDRESS = 600;
/** Events of them that are kept: most reports hold one or two. */
const EVENTS_PER_ADDRESS = 1200;
/** The same of all readers of a site: 28 million a day. */
const EVENTS_PER_SITE = 20_000;
/** How long after the press something may have happened, ms. */
const LONGEST_MS = 5 * 3_600_000;

type What = {
  readonly type: NewEvent['type'];
  readonly button: ButtonPlan;
  readonly pressId: string | undefined;
  readonly page: string | undefined;
  readonly detail: NewEvent['detail'];
};

/** Notes what happened at a button, in the transaction that is open. @returns whether it is a person's, and new */
export const noteEvent = (
  { who, arms, log }: Pick<Ground, 'who' | 'arms' | 'log'>,
  file: SqliteFile,
  { site, viewer: claimed, visit, automated, sender }: Asked,
  { type, button, pressId, page, detail }: What,
  at: number,
): boolean => {
  // What is reported as a page closes may bear other headers than all before; it is the same visitor's.
  const bot = (pressId === undefined ? undefined : log.ofMachine(file, pressId)) ?? isBot(sender, automated);
  const { viewer, visitId } = who(file, { siteId: site.id, viewer: claimed, visit, at });
  const { experimentId, arm } = arms(file, button, { viewer, bot }, at);
  const isNew = log.append(file, {
    at,
    type,
    site_id: site.id,
    button_id: button.id,
    experiment_id: experimentId ?? null,
    arm: arm ?? null,
    viewer,
    visit_id: visitId ?? null,
    press_id: pressId ?? null,
    device: readBrowser(sender.userAgent).device,
    page: page ?? null,
    bot: bot ? 1 : 0,
    detail,
  });
  return isNew && !bot;
};

/** The same of a press that a request is about. */
export const notePressed = (
  ground: Pick<Ground, 'who' | 'arms' | 'log'>,
  file: SqliteFile,
  pressed: Pressed,
  type: NewEvent['type'],
  detail: NewEvent['detail'],
  at: number,
): boolean => noteEvent(ground, file, pressed, { ...pressed, type, detail }, at);

/** An intent that the button has not is none. */
const detailOf = (
  { ms, detail: { intent, ...detail } }: ReportedEvent,
  { intents }: ButtonPlan,
): NewEvent['detail'] => ({
  ...detail,
  ...(typeof intent === 'string' && intents.some(({ id }) => id === intent) && { intent }),
  ...(ms !== undefined && { ms: Math.min(LONGEST_MS, Math.max(0, Math.round(ms))) }),
});

/** Takes what pages report. A press of a visit is told to it, too. */
export const createEventTaker = (ground: Ground, dni: Pick<Dni, 'events'>) => {
  const reports = createWindow(REPORTS_PER_ADDRESS, MINUTE_MS);
  const ofNetwork = createLimit(EVENTS_PER_ADDRESS);
  const ofSite = createLimit(EVENTS_PER_SITE);

  return async (request: EventsRequest): Promise<void> => {
    const { site, sender, events, page, visit } = request;
    const at = ground.now();
    const network = networkOf(sender.address);
    if (events.length === 0 || !reports.take(network, at)) return;
    const { buttons } = ground.plan();
    const clicked = await ground.turns.take((file) =>
      events.flatMap((event) => {
        const button = buttons.get(event.button);
        if (button?.site !== site.id) return [];
        if (!ofNetwork.take(network, at) || !ofSite.take(site.id, at)) return [];
        const detail = detailOf(event, button);
        const what = { type: event.type, button, pressId: event.press, page, detail };
        const isNew = noteEvent(ground, file, request, what, at);
        return isNew && event.type === 'click' ? [button.number] : [];
      }),
    );
    if (visit === undefined || clicked.length === 0) return;
    const clicks = clicked.map((number) => ({ type: 'click', kind: 'button', number }) as const);
    await dni.events(site.id, visit, clicks);
  };
};
