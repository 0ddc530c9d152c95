import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PanelWords } from '../words/en.ts';
import type { Refusal } from './gate.ts';
import { Alert, Button, Field, NumberLink, onSend, Title, useScope } from './parts.tsx';
import type { Scene } from './view.ts';

type Of<T extends Scene['type']> = { readonly scene: Extract<Scene, { readonly type: T }> };

const textIn = (fields: FormData, name: string): string => String(fields.get(name) ?? '').trim();

const refusalText = (words: PanelWords, { code, left }: Refusal): string => {
  if (code === 'wrong') return words.refused.wrong(left);
  return code === 'verify' ? (words.ended.codes['verify'] ?? '') : words.refused[code];
};

/** The visitor's own way to write times, where it is of the same language. */
const timeLocale = (locale: string): string =>
  navigator.languages.find((tag) => tag.slice(0, 2) === locale.slice(0, 2)) ?? locale;

/** `Monday 09:00`, or the hour alone on the same day. */
export const whenText = (locale: string, at: number, now: number): string => {
  const [day, today] = [new Date(at), new Date(now)];
  const isToday = day.toDateString() === today.toDateString();
  const isNear = at - now < 6 * 86_400_000;
  return new Intl.DateTimeFormat(locale, {
    ...(!isToday && (isNear ? { weekday: 'long' } : { day: 'numeric', month: 'long' })),
    hour: '2-digit',
    minute: '2-digit',
  }).format(day);
};

/** Asks what it is about, and whether to call. */
export const Sheet = (): JSX.Element => {
  const { words, session, view } = useScope();
  const { facts, decision, intent: given } = view.press;
  const [missing, setMissing] = useState(false);
  const asks = given === undefined && facts.intents.length > 0;
  const confirm = (): void => {
    if (asks && view.intent === undefined) setMissing(true);
    else session.confirm();
  };
  const call = decision.type === 'call' ? decision : undefined;
  return (
    <form noValidate onSubmit={onSend(confirm)}>
      <Title>
        <span dir="auto">{facts.text}</span>
      </Title>
      {asks && (
        <fieldset aria-describedby="missing">
          <legend>{words.sheet.intents}</legend>
          {facts.intents.map(({ id, text }, index) => (
            <label class="choice" key={id}>
              <input
                type="radio"
                name="intent"
                value={id}
                checked={view.intent === id}
                data-first={index === 0 || undefined}
                onChange={() => {
                  setMissing(false);
                  session.choose(id);
                }}
              />
              <span dir="auto">{text}</span>
            </label>
          ))}
          <div id="missing">{missing && <Alert>{words.sheet.choose}</Alert>}</div>
        </fieldset>
      )}
      {call?.voicemail && <p>{words.sheet.voicemail}</p>}
      {facts.notice && (
        <p class="notice" dir="auto">
          {facts.notice}
        </p>
      )}
      <p class="quiet">
        {call?.microphone === 'granted' ? words.sheet.microphoneGranted : words.sheet.microphone}
      </p>
      <div class="row">
        <Button
          kind="main"
          {...(facts.confirm !== 'sms' && { icon: 'phone' })}
          label={facts.confirm === 'sms' ? words.sheet.next : words.sheet.call}
          first={!asks}
        />
        <Button label={words.cancel} onClick={session.close} />
      </div>
    </form>
  );
};

/** Asks for the number that a code is sent to. */
export const NumberScene = ({ scene }: Of<'number'>): JSX.Element => {
  const { words, session } = useScope();
  const [empty, setEmpty] = useState(false);
  const { verify, refused } = words;
  const problem = scene.problem && refusalText(words, { code: scene.problem, left: 0 });
  const send = (fields: FormData): void => {
    const number = textIn(fields, 'number');
    setEmpty(number === '');
    if (number !== '') session.sendCode(number);
  };
  return (
    <form noValidate onSubmit={onSend(send)}>
      <Title>{verify.title}</Title>
      <p>{verify.why}</p>
      <Field
        id="number"
        kind="number"
        label={verify.number}
        hint={verify.numberHint}
        problem={empty ? refused.empty : problem}
        first
      />
      <div class="row">
        <Button kind="main" label={verify.send} />
        <Button label={words.cancel} onClick={session.close} />
      </div>
    </form>
  );
};

/** Seconds until `at` of `performance.now()`, counted down. */
const useCountdown = (at: number): number => {
  const left = (): number => Math.max(0, Math.ceil((at - performance.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left);
    const timer = setInterval(() => setSeconds(left), 1000);
    return () => clearInterval(timer);
  }, [at]);
  return seconds;
};

/** Asks for the code that was sent. */
export const CodeScene = ({ scene }: Of<'code'>): JSX.Element => {
  const { words, session } = useScope();
  const [empty, setEmpty] = useState(false);
  const wait = useCountdown(scene.againAt);
  const { verify, refused } = words;
  const check = (fields: FormData): void => {
    const code = textIn(fields, 'code').replace(/\s/g, '');
    setEmpty(code === '');
    if (code !== '') session.checkCode(code);
  };
  const problem = scene.problem && refusalText(words, scene.problem);
  return (
    <form noValidate onSubmit={onSend(check)}>
      <Title>{verify.title}</Title>
      <p>{verify.sent(scene.number)}</p>
      <Field
        id="code"
        kind="code"
        label={verify.code}
        problem={empty ? refused['empty-code'] : problem}
        first
      />
      <div class="row">
        <Button kind="main" label={verify.check} />
        <Button label={verify.other} onClick={session.otherNumber} />
      </div>
      {wait > 0 ? (
        <p class="quiet">{verify.againIn(wait)}</p>
      ) : (
        <Button kind="link" label={verify.again} onClick={() => session.sendCode(scene.number)} />
      )}
    </form>
  );
};

/** A word before the browser's own question. */
export const Explain = ({ scene }: Of<'explain'>): JSX.Element => {
  const { words, session, view } = useScope();
  const { explain, sheet } = words;
  const { decision, facts } = view.press;
  return (
    <>
      <Title>{scene.denied ? explain.deniedTitle : explain.title}</Title>
      <p>{scene.denied ? explain.denied : explain.why}</p>
      {decision.type === 'call' && decision.voicemail && <p>{sheet.voicemail}</p>}
      {facts.notice && (
        <p class="notice" dir="auto">
          {facts.notice}
        </p>
      )}
      <div class="row">
        <Button
          kind="main"
          label={scene.denied ? explain.again : explain.go}
          onClick={() => session.goOn('ask')}
          first
        />
        <Button label={words.cancel} onClick={session.close} />
      </div>
      <Button kind="link" label={explain.listen} onClick={() => session.goOn('none')} />
      <p class="quiet">{explain.listenHint}</p>
      {scene.denied && <Button kind="link" label={words.problems.other} onClick={session.offerOthers} />}
    </>
  );
};

const NumberBlock = (): JSX.Element => {
  const { words, view } = useScope();
  const [hasCode, setHasCode] = useState(true);
  return (
    <section class="number-block" aria-label={words.offer.number}>
      <NumberLink />
      {hasCode && (
        <figure>
          <img
            src={view.qrUrl}
            width="168"
            height="168"
            alt={words.offer.qr}
            onError={() => setHasCode(false)}
          />
          <figcaption aria-hidden="true">{words.offer.qr}</figcaption>
        </figure>
      )}
    </section>
  );
};

const CallBackForm = ({ problem: told }: { readonly problem: Refusal['code'] | undefined }): JSX.Element => {
  const { words, session, view } = useScope();
  const { offer, refused } = words;
  const { consent } = view.press.facts.callback;
  const [wrong, setWrong] = useState<'empty' | 'consent' | undefined>();
  const send = (fields: FormData): void => {
    const number = textIn(fields, 'number');
    const next = number === '' ? 'empty' : fields.get('consent') === null ? 'consent' : undefined;
    setWrong(next);
    if (!next) session.callBack(number);
  };
  const fromGateway = told && refusalText(words, { code: told, left: 0 });
  return (
    <form class="call-back" noValidate onSubmit={onSend(send)} aria-labelledby="call-back">
      <h3 id="call-back">{offer.callback}</h3>
      <Field
        id="number"
        kind="number"
        label={offer.yours}
        hint={words.verify.numberHint}
        problem={wrong === 'empty' ? refused.empty : wrong ? undefined : fromGateway}
      />
      <label class="choice">
        <input type="checkbox" name="consent" required aria-invalid={wrong === 'consent'} />
        <span dir="auto">{consent}</span>
      </label>
      {wrong === 'consent' && <Alert>{offer.consentMissing}</Alert>}
      <div class="row">
        <Button kind="main" label={offer.ask} />
      </div>
    </form>
  );
};

/** Other ways to reach the business: the number, large, its QR code, and a call back. */
export const Offer = ({ scene }: Of<'offer'>): JSX.Element => {
  const { words, view } = useScope();
  const { offer } = words;
  const { opensAt, callback, open } = view.press.facts;
  const why = offer.why[scene.why];
  const form = callback.enabled && <CallBackForm problem={scene.problem} />;
  return (
    <>
      <Title first>{offer.title[scene.why]}</Title>
      {why !== '' && <p>{why}</p>}
      {!open && opensAt !== undefined && (
        <p>{offer.opens(whenText(timeLocale(words.locale), opensAt, Date.now()))}</p>
      )}
      {scene.first === 'callback' && form}
      <NumberBlock />
      {scene.first === 'number' && form}
    </>
  );
};

/** The call back is asked for. */
export const Asked = ({ scene }: Of<'asked'>): JSX.Element => {
  const { words, session } = useScope();
  const { asked } = words;
  const text =
    scene.when === 'now'
      ? asked.now
      : asked.later(whenText(timeLocale(words.locale), scene.dueAt, Date.now()));
  return (
    <>
      <Title first>{asked.title}</Title>
      <p role="status">{text}</p>
      <div class="row">
        <Button kind="main" label={words.close} onClick={session.close} />
      </div>
    </>
  );
};
