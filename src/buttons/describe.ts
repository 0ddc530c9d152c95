import type { ButtonPlan, SitePlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import { botReason, dialOf, displayOf, numberOfVisit } from '../tracking/index.ts';
import type { Ground } from './ground.ts';
import type { ButtonView, ConfigAnswer, ConfigRequest, Sender } from './pages-types.ts';
import { buttonText, consentText, inLanguage, languageOf } from './texts.ts';
import type { Person } from './who.ts';

/** Buttons that are described at once. */
const MOST = 50;

/** Whether a request is a machine's. */
export const isBot = (sender: Pick<Sender, 'userAgent' | 'language'>, automated: boolean): boolean =>
  botReason({ userAgent: sender.userAgent, language: sender.language, automated }) !== null;

/** The number of a button as everybody sees it. */
export const numberOf = ({ number }: ButtonPlan, site: SitePlan): ButtonView['number'] => {
  const pattern = site.targets.find((target) => target.number === number)?.display;
  return { e164: number, tel: dialOf(number), display: displayOf(number, pattern) };
};

/** The number that is lent to the visit in its place, where there is one. */
const numberFor = (
  { plan }: Pick<Ground, 'plan'>,
  file: SqliteFile,
  button: ButtonPlan,
  site: SitePlan,
  visitId: string | undefined,
): ButtonView['number'] => {
  const lent = visitId === undefined ? undefined : numberOfVisit(file, plan(), site, visitId, button.number);
  if (lent === undefined) return numberOf(button, site);
  return { e164: lent.e164, tel: lent.tel, display: `${lent.display}${lent.suffix ?? ''}` };
};

/** Whether visitors may ask to be called. */
export const callsBack = ({ canCallBack }: Pick<Ground, 'canCallBack'>, button: ButtonPlan): boolean =>
  button.callback.enabled && canCallBack(button);

/** The intents of a button in a language. */
export const intentsOf = (
  { intents }: Pick<ButtonPlan, 'intents'>,
  language: string,
): ButtonView['intents'] => intents.map(({ id, text }) => ({ id, text: inLanguage(text, language) }));

const view = (
  ground: Ground,
  file: SqliteFile,
  button: ButtonPlan,
  request: ConfigRequest,
  {
    viewer,
    visitId,
    bot,
    at,
  }: Pick<Person, 'viewer' | 'visitId'> & { readonly bot: boolean; readonly at: number },
): ButtonView => {
  const { form, experimentId, arm } = ground.arms(
    file,
    button,
    request.plain ? undefined : { viewer, bot },
    at,
  );
  const { open, opensAt } = ground.availability(file, button, at);
  const callback = callsBack(ground, button);
  const language = button.language ?? request.language ?? request.sender.language ?? 'en';
  return {
    id: button.id,
    text: buttonText(form.text, language),
    intents: intentsOf(button, language),
    ...(button.notice !== undefined && { notice: inLanguage(button.notice, language) }),
    confirm: button.confirm,
    ...(form.color !== undefined && { color: form.color }),
    position: form.position,
    size: form.size,
    language: languageOf(language),
    ...(experimentId !== undefined && { experiment: experimentId }),
    ...(arm !== undefined && { arm }),
    number: numberFor(ground, file, button, request.site, bot ? undefined : visitId),
    mobile: button.mobile,
    open,
    ...(opensAt !== undefined && { opensAt }),
    // What is shown to whom comes outside of the hours.
    closed: button.closed === 'callback' && !callback ? 'number' : button.closed,
    callback: { enabled: callback, consent: consentText(button, language) },
    web: request.reachable && ground.takesCalls(),
  };
};

/** Describes the buttons of a page to whom looks at it. */
export const describeButtons = (ground: Ground, request: ConfigRequest): Promise<ConfigAnswer> =>
  ground.turns.take((file) => {
    const { site, viewer, visit, automated, sender, buttons: wanted } = request;
    const at = ground.now();
    const person = ground.who(file, { siteId: site.id, viewer, visit, at });
    const bot = isBot(sender, automated);
    const known = [...ground.plan().buttons.values()].filter(
      ({ id, site: of }) => of === site.id && (wanted === undefined || wanted.includes(id)),
    );
    const views = known
      .slice(0, MOST)
      .map((button) => [button.id, view(ground, file, button, request, { ...person, bot, at })] as const);
    return { viewer: person.viewer, buttons: Object.fromEntries(views) };
  });
