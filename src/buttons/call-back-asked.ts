import { createHmac } from 'node:crypto';
import type { ButtonPlan } from '../config/index.ts';
import type { CallerVault } from '../store/index.ts';
import { networkOf, readBrowser } from '../tracking/index.ts';
import type { CallBackRequest, CallBackVerdict, RefusalCode } from './call-backs/types.ts';
import { callsBack, isBot } from './describe.ts';
import { notePressed } from './events.ts';
import { type Ground, refuse, tooMany } from './ground.ts';
import { createWindow } from './limits.ts';
import type { CallBackAsked, CallBackTaken, Refusal } from './pages-types.ts';
import { type Guard, hasWorked, isIntent, provenNumber } from './token.ts';
import { numberRegions, visitorNumber } from './visitor-number.ts';

const HOUR_MS = 3_600_000;
const MANY = 'Too many calls were asked for from here: try again later.';

/** Whoever calls visitors back. */
export type CallBackDesk = {
  /** @throws Overload when the database is held */
  askForCallBack(request: CallBackRequest): Promise<CallBackVerdict>;
};

const STATUS: Readonly<Record<RefusalCode, Refusal['status']>> = {
  number: 400,
  disabled: 403,
  consent: 403,
  emergency: 403,
  'not-allowed': 403,
  blocked: 403,
  'too-many': 429,
};

type Asked = Omit<CallBackRequest, 'button' | 'number' | 'consent' | 'verified'>;

/** Takes requests to be called: looks at who asks, and leaves the rest to whoever calls. */
export const createCallBackTaker = (
  ground: Ground,
  guard: Guard,
  vault: CallerVault,
  deskNow: () => CallBackDesk | undefined,
) => {
  const { settings, turns, who, arms, now } = ground;
  const byAddress = createWindow(settings.limits.callbacksPerAddress, HOUR_MS);
  const addressKey = Buffer.from(vault.derive('visit-address'), 'hex');

  /** A number that was proven has to be the one that is to be called. */
  const isProven = async (request: CallBackAsked): Promise<boolean> => {
    const sealed = await provenNumber(ground, request, request.proof);
    if (sealed === undefined) return false;
    const number = visitorNumber(request.number, {
      regions: numberRegions(ground, request.button),
      use: 'sms',
    });
    return number.type === 'good' && vault.reveal(Buffer.from(sealed, 'base64url')) === number.e164;
  };

  const look = (request: CallBackAsked): Promise<Asked | Refusal> =>
    turns.take((file) => {
      const { site, viewer, visit, button, automated, sender, pressId } = request;
      const at = now();
      const person = who(file, { siteId: site.id, viewer, visit, at });
      if (guard.mustWork(guard.score(request, person))) {
        if (!request.scripted)
          return refuse(403, 'not-allowed', 'Call us, please: this can not be done here.');
        if (!hasWorked(guard, file, request, at)) return guard.order(request);
      }
      const bot = isBot(sender, automated);
      const { experimentId, arm } = arms(file, button, { viewer: person.viewer, bot }, at);
      return {
        pressId,
        viewer: person.viewer,
        visitId: person.visitId,
        experimentId,
        arm,
        intent: request.intent,
        device: readBrowser(sender.userAgent).device,
        page: request.page,
        addressHmac: createHmac('sha256', addressKey).update(networkOf(sender.address)).digest('hex'),
        // The one that the words were shown in.
        language: button.language ?? request.language ?? sender.language ?? 'en',
      };
    });

  /** What needs no look at the database. */
  const atOnce = (request: CallBackAsked): Refusal | undefined => {
    const { button, sender, consent } = request;
    if (!callsBack(ground, button)) return refuse(403, 'disabled', 'Nobody is called back here.');
    if (!consent) return refuse(403, 'consent', 'Agree to be called, please.');
    if (!isIntent(button, request.intent)) return refuse(403, 'intent', 'There is no such choice.');
    const wait = byAddress.wait(networkOf(sender.address), now());
    return wait > 0 ? tooMany(MANY, wait) : undefined;
  };

  const verifiedBy = (button: ButtonPlan, proven: boolean): CallBackRequest['verified'] => {
    if (proven) return 'sms';
    return button.confirm === 'confirm' ? 'confirm' : 'none';
  };

  return async (request: CallBackAsked): Promise<CallBackTaken | Refusal> => {
    const { button, sender, number, consent } = request;
    const desk = deskNow();
    if (desk === undefined) return refuse(403, 'disabled', 'Nobody is called back here.');
    const early = atOnce(request);
    if (early) return early;
    const proven = await isProven(request);
    if (button.confirm === 'sms' && !proven) return refuse(403, 'verify', 'Prove your mobile number first.');
    const looked = await look(request);
    if ('type' in looked) return looked;
    if (!byAddress.take(networkOf(sender.address), now())) return tooMany(MANY, HOUR_MS);
    const verified = verifiedBy(button, proven);
    const verdict = await desk.askForCallBack({ ...looked, button, number, consent, verified });
    if (verdict.type === 'refused') {
      const { code, reason, retryAfterSeconds } = verdict;
      const more = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      return refuse(STATUS[code], code, `${reason}.`, more);
    }
    const { state } = verdict;
    await turns.take((file) => notePressed(ground, file, request, 'callback_asked', { state }, now()));
    return verdict;
  };
};
