import type { CallerVault } from '../store/index.ts';
import { networkOf } from '../tracking/index.ts';
import { type Ground, refuse, tooMany } from './ground.ts';
import { createWindow } from './limits.ts';
import type { CheckRequest, CodeRight, CodeSent, Refusal, VerifyRequest } from './pages-types.ts';
import { CODE_SECONDS, createCodes, messageText, type SmsSender } from './sms/index.ts';
import { languageOf } from './texts.ts';
import { type Guard, hasWorked } from './token.ts';
import { numberRegions, visitorNumber } from './visitor-number.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** One address asks for several people's numbers at most so often as one number may. */
const ADDRESS_TIMES = 3;
/** Codes that one site sends in an hour: whoever has many addresses and numbers is stopped here. */
const PER_SITE = 300;
/** Codes that one address may try in a minute. */
const CHECKS = 30;
const NUMBER_STATUS = { number: 400, 'not-allowed': 403, emergency: 403 } as const;

/** Sends codes to mobile numbers, and checks what visitors enter. */
export const createVerifier = (ground: Ground, guard: Guard, vault: CallerVault, send: SmsSender) => {
  const { settings, turns, tokens, who, now } = ground;
  const codes = createCodes(vault);
  const { codesPerHour } = settings.limits;
  const byAddress = createWindow(codesPerHour * ADDRESS_TIMES, HOUR_MS);
  const bySite = createWindow(PER_SITE, HOUR_MS);
  const checks = createWindow(CHECKS, MINUTE_MS);

  const verify = async (request: VerifyRequest): Promise<CodeSent | Refusal> => {
    const { button, site, sender, pressId } = request;
    if (button.confirm !== 'sms') return refuse(403, 'not-allowed', 'This button asks for no code.');
    const number = visitorNumber(request.number, { regions: numberRegions(ground, button), use: 'sms' });
    if (number.type === 'refused') return refuse(NUMBER_STATUS[number.code], number.code, number.detail);
    const at = now();
    const network = networkOf(sender.address);
    const wait = Math.max(byAddress.wait(network, at), bySite.wait(site.id, at));
    if (wait > 0) return tooMany('Too many codes were asked for: try again later.', wait);
    const wanted = { buttonId: button.id, pressId, e164: number.e164, perHour: codesPerHour, at };
    const made = await turns.take((file) => {
      const { viewer, visit } = request;
      const person = who(file, { siteId: site.id, viewer, visit, at });
      const works = guard.mustWork(guard.score(request, person));
      if (works && !hasWorked(guard, file, request, at)) return guard.order(request);
      return codes.make(file, wanted);
    });
    if (made.type === 'refused') return made;
    if (made.type === 'too-many')
      return tooMany('Too many codes were sent to this number: try again later.', made.waitMs);
    if (!byAddress.take(network, at) || !bySite.take(site.id, at)) {
      await turns.take((file) => codes.forget(file, made.id));
      return tooMany('Too many codes were asked for: try again later.', MINUTE_MS);
    }
    const language = languageOf(button.language, request.language, sender.language);
    const text = messageText(settings.sms.text, language, made.code);
    if (!(await send({ to: number.e164, text, code: made.code, at }))) {
      await turns.take((file) => codes.forget(file, made.id));
      return refuse(502, 'not-sent', 'The code could not be sent: try again later.');
    }
    return { type: 'sent', challenge: made.id, expiresIn: CODE_SECONDS };
  };

  const checkCode = async (request: CheckRequest): Promise<CodeRight | Refusal> => {
    const { button, sender, pressId, challenge: id, code } = request;
    const at = now();
    if (!checks.take(networkOf(sender.address), at))
      return tooMany('Too many codes were entered: try again later.', MINUTE_MS);
    const entered = { id, code, buttonId: button.id, pressId, at };
    const checked = await turns.take((file) => codes.check(file, entered));
    if (checked.type === 'over')
      return refuse(403, 'over', 'This code is good no more: ask for another one.');
    if (checked.type === 'wrong')
      return refuse(403, 'wrong', 'This is not the code.', { left: checked.left });
    const { sealedNumber } = checked;
    return { type: 'right', proof: await tokens.proof({ pressId, buttonId: button.id, sealedNumber }, at) };
  };

  return { verify, checkCode };
};
