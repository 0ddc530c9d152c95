import { type Answer, ask } from '../button/ask.ts';
import type { Ground, Press } from '../button/contract.ts';
import { pageAddress } from '../button/events.ts';
import type { TokenAnswer } from '../call/contract.ts';
import { solveWork } from './work.ts';

/** Why the gateway did not take a number or a code; `left`: tries that are left for a wrong one. */
export type Refusal = {
  readonly code:
    | 'number'
    | 'not-allowed'
    | 'emergency'
    | 'not-sent'
    | 'too-many'
    | 'wrong'
    | 'over'
    | 'consent'
    | 'blocked'
    | 'disabled'
    | 'verify'
    | 'unreachable'
    | 'failed';
  readonly left: number;
};

export type Outcome<T> = ({ readonly type: 'done' } & T) | ({ readonly type: 'refused' } & Refusal);

/** What is known of the press by the time the gateway is asked. */
export type Asked = {
  readonly intent: string | undefined;
  /** Of a code that was entered. */
  readonly proof: string | undefined;
};

/** What the gateway is asked for a press. Nothing rejects. */
export type Gate = {
  /** @param sinceMs since the visitor pressed, or confirmed */
  token(asked: Asked, sinceMs: number): Promise<TokenAnswer>;
  sendCode(number: string): Promise<Outcome<{ readonly challenge: string }>>;
  checkCode(challenge: string, code: string): Promise<Outcome<{ readonly proof: string }>>;
  callBack(
    number: string,
    asked: Asked,
  ): Promise<Outcome<{ readonly when: 'now' | 'later'; readonly dueAt: number }>>;
  rate(stars: number): Promise<boolean>;
  /** Address of the QR code of the number that is shown. */
  readonly qrUrl: string;
};

const CODES: readonly string[] = [
  'number',
  'not-allowed',
  'emergency',
  'not-sent',
  'too-many',
  'wrong',
  'over',
  'consent',
  'blocked',
  'disabled',
  'verify',
] satisfies Refusal['code'][];
/** Work is given again when the first one came too late. */
const WORKS = 2;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const refusalOf = ({ status, body }: Answer): Refusal & { readonly type: 'refused' } => {
  const code = text(body['code']);
  const left = Number(body['left'] ?? 0);
  if (status === 0) return { type: 'refused', code: 'unreachable', left };
  if (CODES.includes(code)) return { type: 'refused', code: code as Refusal['code'], left };
  return { type: 'refused', code: status === 429 ? 'too-many' : 'failed', left };
};

const tokenOf = ({ status, body, retryAfterS }: Answer): TokenAnswer => {
  if (status === 200) return { type: 'given', ...(body as Omit<TokenAnswer & { type: 'given' }, 'type'>) };
  const detail = text(body['detail']);
  return {
    type: 'refused',
    status,
    code: text(body['code']),
    ...(detail && { text: detail }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
};

export const createGate = (ground: Ground, press: Press): Gate => {
  const { site, origin } = ground;
  const { id, facts, language, number } = press;
  const url = `${origin}/v1/button/`;
  const about = () => ({
    site,
    button: facts.id,
    press: id,
    ...ground.who(),
    page: pageAddress(),
    lang: language,
    automated: !!navigator.webdriver,
  });

  /** Asks, and works for it where the gateway wants that. */
  const askWorking = async (path: string, body: () => object): Promise<Answer> => {
    let work: object | undefined;
    for (let round = 0; ; round += 1) {
      const answer = await ask(url + path, { ...about(), ...body(), ...(work && { work }) });
      const wanted = answer.body['work'] as { readonly challenge: string; readonly bits: number } | undefined;
      if (answer.status !== 428 || !wanted || round === WORKS) return answer;
      work = { challenge: wanted.challenge, nonce: await solveWork(wanted.challenge, wanted.bits) };
    }
  };
  const given = ({ intent, proof }: Asked) => ({ ...(intent && { intent }), ...(proof && { proof }) });

  const query = new URLSearchParams({ site, button: facts.id });
  if (number.e164 !== facts.number.e164) query.set('number', number.e164);

  return {
    qrUrl: `${url}qr.svg?${query}`,
    token: async (asked, sinceMs) => {
      const begun = performance.now() - sinceMs;
      const body = () => ({
        ...given(asked),
        sincePressMs: Math.min(600_000, Math.round(performance.now() - begun)),
      });
      return tokenOf(await askWorking('token', body));
    },
    sendCode: async (to) => {
      const answer = await askWorking('verify', () => ({ number: to }));
      if (answer.status !== 200) return refusalOf(answer);
      return { type: 'done', challenge: text(answer.body['challenge']) };
    },
    checkCode: async (challenge, code) => {
      const answer = await ask(`${url}verify/check`, { ...about(), challenge, code });
      if (answer.status !== 200) return refusalOf(answer);
      return { type: 'done', proof: text(answer.body['proof']) };
    },
    callBack: async (to, asked) => {
      const answer = await askWorking('callback', () => ({ ...given(asked), number: to, consent: true }));
      if (answer.status !== 200) return refusalOf(answer);
      const when = answer.body['state'] === 'now' ? 'now' : 'later';
      return { type: 'done', when, dueAt: Number(answer.body['dueAt']) };
    },
    rate: async (stars) =>
      (await ask(`${url}rating`, { site, button: facts.id, press: id, stars })).status === 200,
  };
};
