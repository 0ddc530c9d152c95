import type { ButtonPlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import { createLimit, networkOf, readBrowser } from '../tracking/index.ts';
import { isBot } from './describe.ts';
import { WEB_DOMAIN } from './domain.ts';
import { notePressed } from './events.ts';
import { type Ground, refuse, tooMany } from './ground.ts';
import { createWindow } from './limits.ts';
import type { Pressed, Refusal, TokenGiven, TokenRequest } from './pages-types.ts';
import { type Score, scoreOf } from './score.ts';
import { useOnce } from './single-use.ts';
import { languageOf } from './texts.ts';
import { CALL_SECONDS } from './tokens.ts';
import type { CallPass } from './types.ts';
import type { Person } from './who.ts';
import type { WorkDone } from './work.ts';

const MINUTE_MS = 60_000;
const LATELY_MS = 10 * MINUTE_MS;
/** As many calls of a network as the score tells apart. */
const LATELY_MOST = 20;
/** Refusals of one address that are noted in a minute: a flood of them tells no more than its beginning. */
const REFUSALS_PER_ADDRESS = 30;
/** Beside the longest time of a call: ringing, and the page that is loaded last. */
const RESUME_MORE_SECONDS = 300;

/** Whether a browser has to work, and has. */
export const createGuard = ({ settings, work, now }: Pick<Ground, 'settings' | 'work' | 'now'>) => {
  const lately = createWindow(LATELY_MOST, LATELY_MS);
  const purposeOf = ({ site, pressId }: Pressed): string => `${site.id} ${pressId}`;

  return {
    score: ({ sender, automated }: Pressed, { visit }: Person): Score =>
      scoreOf({
        userAgent: sender.userAgent,
        language: sender.language,
        automated,
        visit,
        lately: lately.count(networkOf(sender.address), now()),
        missingHeaders: sender.missingHeaders,
      }),
    /** A call was begun: the next one is looked at more closely. */
    count: ({ sender }: Pressed): void => void lately.take(networkOf(sender.address), now()),
    mustWork: ({ points }: Score): boolean => points >= settings.proofOfWork.score,
    order: (pressed: Pressed): Refusal =>
      refuse(428, 'work', 'Prove that this is a browser that somebody waits at.', {
        work: work.order(purposeOf(pressed), now()),
      }),
    check: (pressed: Pressed, done: WorkDone) => work.check(done, purposeOf(pressed), now()),
  };
};

export type Guard = ReturnType<typeof createGuard>;

/** The sealed number that a proof is of; undefined when it is not of this press. */
export const provenNumber = async (
  { tokens, now }: Pick<Ground, 'tokens' | 'now'>,
  { pressId, button }: Pick<Pressed, 'pressId' | 'button'>,
  proof: string | undefined,
): Promise<string | undefined> => {
  if (proof === undefined) return undefined;
  const reading = await tokens.readProof(proof, now());
  if (reading.type === 'bad') return undefined;
  const { value } = reading;
  return value.pressId === pressId && value.buttonId === button.id ? value.sealedNumber : undefined;
};

export const isIntent = ({ intents }: ButtonPlan, intent: string | undefined): boolean =>
  intent === undefined || intents.some(({ id }) => id === intent);

/** Work, where the guard asks for it, is done, and used up; in the transaction that is open. */
export const hasWorked = (
  guard: Guard,
  file: SqliteFile,
  request: Pressed & { readonly work: WorkDone | undefined },
  at: number,
): boolean => {
  const done = request.work && guard.check(request, request.work);
  return done !== undefined && useOnce(file, done.id, done.until, at);
};

type Looked = {
  readonly person: Person;
  readonly experimentId: string | undefined;
  readonly arm: string | undefined;
};

/** Gives tokens for calls. */
export const createTokenGiver = (ground: Ground, guard: Guard) => {
  const { settings, turns, tokens, admission, availability, arms, who, now } = ground;
  const given = createWindow(settings.limits.tokensPerMinute, MINUTE_MS);
  const refusals = createLimit(REFUSALS_PER_ADDRESS);

  /** What needs no look at the database. */
  const atOnce = ({ button, site, sender, intent, reachable }: TokenRequest): Refusal | undefined => {
    if (!reachable || !ground.takesCalls())
      return refuse(503, 'no-web', 'The gateway takes no calls from browsers now.');
    if (!isIntent(button, intent)) return refuse(403, 'intent', 'There is no such choice.');
    const wait = given.wait(networkOf(sender.address), now());
    if (wait > 0) return tooMany('Too many calls were begun from here: try again later.', wait);
    if (admission.full(site.id, sender.address))
      return tooMany('Too many calls are up at once: try again later.', MINUTE_MS);
    return undefined;
  };

  const look = (request: TokenRequest): Promise<Looked | Refusal> =>
    turns.take((file) => {
      const { site, viewer, visit, button, automated, sender } = request;
      const at = now();
      const { open } = availability(file, button, at);
      if (!open && button.closed !== 'voicemail')
        return refuse(403, 'closed', 'Nobody takes calls at this hour.');
      const person = who(file, { siteId: site.id, viewer, visit, at });
      if (guard.mustWork(guard.score(request, person))) {
        if (!hasWorked(guard, file, request, at)) return guard.order(request);
      }
      const looker = { viewer: person.viewer, bot: isBot(sender, automated) };
      const { experimentId, arm } = arms(file, button, looker, at);
      return { person, experimentId, arm };
    });

  const passOf = (
    request: TokenRequest,
    { person, experimentId, arm }: Looked,
    sealedNumber: string | undefined,
  ): Omit<CallPass, 'jti' | 'expiresAt'> => ({
    buttonId: request.button.id,
    siteId: request.site.id,
    origin: request.sender.origin,
    pressId: request.pressId,
    viewer: person.viewer,
    visitId: person.visitId,
    experimentId,
    arm,
    intent: request.intent,
    page: request.page,
    device: readBrowser(request.sender.userAgent).device,
    pressedAt: now() - request.sincePressMs,
    verified:
      sealedNumber === undefined ? (request.button.confirm === 'confirm' ? 'confirm' : 'none') : 'sms',
    sealedNumber,
    language: languageOf(request.button.language, request.language, request.sender.language),
    network: ground.networkName(request.sender.address),
  });

  const give = async (request: TokenRequest): Promise<TokenGiven | Refusal> => {
    const { button, site, sender, pressId } = request;
    const early = atOnce(request);
    if (early) return early;
    const sealedNumber = await provenNumber(ground, request, request.proof);
    if (button.confirm === 'sms' && sealedNumber === undefined)
      return refuse(403, 'verify', 'Prove your mobile number first.');
    const looked = await look(request);
    if ('type' in looked) return looked;
    const at = now();
    // Asked at the same time, others may have taken the last one.
    if (!given.take(networkOf(sender.address), at))
      return tooMany('Too many calls were begun from here: try again later.', MINUTE_MS);
    guard.count(request);
    const maxSeconds = button.maxMinutes * 60;
    const resume = { pressId, siteId: site.id, origin: sender.origin };
    return {
      type: 'given',
      token: await tokens.call(passOf(request, looked, sealedNumber), at),
      expiresIn: CALL_SECONDS,
      resume: await tokens.resume(resume, maxSeconds + RESUME_MORE_SECONDS, at),
      uri: `sip:${button.id}@${WEB_DOMAIN}`,
      maxSeconds,
    };
  };

  return async (request: TokenRequest): Promise<TokenGiven | Refusal> => {
    const answer = await give(request);
    // Work to be done is no refusal yet.
    if (answer.type === 'refused' && answer.status === 428) return answer;
    if (answer.type === 'refused' && !refusals.take(networkOf(request.sender.address), now())) return answer;
    const [type, detail] =
      answer.type === 'given'
        ? (['token_ok', { ms: request.sincePressMs }] as const)
        : (['token_refused', { reason: answer.code }] as const);
    await turns.take((file) => notePressed(ground, file, request, type, detail, now()));
    return answer;
  };
};
