import type { Page } from 'playwright-core';
import type { Call, PhoneActions, PhoneState } from '../../src/web/softphone/contract.ts';
import type { ToneBrowser } from './browser.ts';
import type { Firefox } from './firefox.ts';
import { until } from './wait.ts';

/** The softphone in a real browser, driven through its actions. */
export type Softphone = {
  readonly user: string;
  /** Hz that its microphone hears. */
  readonly tone: number;
  state(): Promise<PhoneState>;
  act<A extends keyof PhoneActions>(action: A, ...parts: Parameters<PhoneActions[A]>): Promise<void>;
  /** Waits until the state is as `probe` wants it; gives what that gave. */
  when<T>(what: string, probe: (state: PhoneState) => T | undefined | false, timeoutMs?: number): Promise<T>;
  /** Waits for a call in one of these phases. */
  call(...phases: readonly Call['phase'][]): Promise<Call>;
  /** Waits until no call is left that has not ended. */
  idle(): Promise<void>;
  /** Registered, and takes calls. */
  ready(): Promise<void>;
  /** Those of `tones` that the page plays in more than `share` (default 0.6) of the next `ms`, in the order given. */
  hears(tones: readonly number[], ms?: number, share?: number): Promise<number[]>;
  /** Level of the loudest moment within the next `ms`, in dB of full scale. */
  loudest(ms?: number): Promise<number>;
  /** In all SIP that the page sends from now on, as regular expression and replacement. */
  rewrite(pairs: readonly (readonly [from: string, to: string])[]): Promise<void>;
  /** getStats of each of the page's connections. */
  stats(): Promise<readonly (readonly Readonly<Record<string, unknown>>[])[]>;
  /** Makes the page load anew, as a person does with F5. */
  reload(): Promise<void>;
};

/** The same in Chromium, with what a person sees. */
export type PageSoftphone = Softphone & {
  readonly page: Page;
  /** What the page wrote to its console as errors, and what nothing caught. */
  readonly errors: readonly string[];
  close(): Promise<void>;
};

export type Login = {
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
  readonly user: string;
  readonly password: string;
};

/** What a driver needs of a browser's page. Expressions come as text: what a compiler adds to functions is not in the page. */
type Surface = {
  evaluate<T>(expression: string): Promise<T>;
  reload(): Promise<unknown>;
  /** For the words of a failure. */
  errors(): readonly string[];
};

type Heard = { readonly shares: readonly number[]; readonly loudest: number };

/** What a failing test needs to say about a call. */
const brief = ({ phase, direction, party, end, quality }: Call) => ({
  phase,
  direction,
  party,
  end,
  quality: quality.level,
});

const drive = ({ evaluate, reload, errors }: Surface, user: string, tone: number): Softphone => {
  const run = <T>(expression: string, ...parts: readonly unknown[]): Promise<T> =>
    evaluate<T>(`(${expression})(...${JSON.stringify(parts)})`);

  const state = (): Promise<PhoneState> =>
    run<PhoneState>('() => JSON.parse(JSON.stringify(globalThis.dialtracePhone.state))');

  const when: Softphone['when'] = async (what, probe, timeoutMs = 15_000) => {
    let last: PhoneState | undefined;
    return until(
      `${user}'s softphone: ${what}`,
      async () => {
        last = await state().catch(() => undefined);
        return last && probe(last);
      },
      { timeoutMs, everyMs: 50 },
    ).catch((error: unknown) => {
      const { stage, connection, problems, calls } = last ?? {};
      const seen = JSON.stringify({ stage, connection, problems, calls: calls?.map(brief) });
      throw new Error(`${String(error)}\nstate: ${seen}\nerrors: ${errors().slice(-5).join('\n')}`);
    });
  };

  const listen = (tones: readonly number[], ms: number): Promise<Heard> =>
    run('(tones, ms) => globalThis.probe.listen(tones, ms)', tones, ms);

  return {
    user,
    tone,
    state,
    when,
    act: async (action, ...parts) => {
      // Undefined does not survive JSON inside an array.
      const given = parts.map((part) => (part === undefined ? { absent: true } : { part }));
      const call =
        '(action, given) => globalThis.dialtracePhone.actions[action](...given.map(({ part }) => part))';
      await run(call, action, given);
    },
    call: (...phases) =>
      when(`a call that is ${phases.join(' or ')}`, ({ calls }) =>
        calls.find(({ phase }) => phases.includes(phase)),
      ),
    idle: async () => {
      await when('no call', ({ calls }) => calls.every(({ phase }) => phase === 'ended'));
    },
    ready: async () => {
      await when('ready', ({ account, connection }) => account?.ready && connection === 'ready');
    },
    hears: async (tones, ms = 800, share = 0.6) => {
      const { shares } = await listen(tones, ms);
      return tones.filter((_, index) => (shares[index] ?? 0) > share);
    },
    loudest: async (ms = 500) => (await listen([], ms)).loudest,
    rewrite: (pairs) => run('(pairs) => globalThis.probe.rewrite(pairs)', pairs),
    stats: () => run('() => globalThis.probe.stats()'),
    reload: async () => {
      await reload();
    },
  };
};

const registered = async (phone: Softphone, login: () => Promise<void>): Promise<void> => {
  const known = ({ stage }: PhoneState) => stage !== 'starting' && stage;
  if ((await phone.when('the page knows who it is', known)) === 'login') await login();
  await phone.when(
    'registered',
    ({ stage, connection }) => stage === 'phone' && connection === 'ready',
    20_000,
  );
};

/** Opens the page, beside another one with its cookies or alone, logs in by its form unless somebody is, and waits until it is registered. */
export const openSoftphone = async (
  browser: ToneBrowser,
  { origin, user, password }: Login,
  beside?: PageSoftphone,
): Promise<PageSoftphone> => {
  const page = await browser.open(beside?.page);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const surface: Surface = {
    evaluate: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
    reload: () => page.reload(),
    errors: () => errors,
  };
  const phone = drive(surface, user, browser.tone);
  await page.goto(`${origin}/phone/`);
  await registered(phone, async () => {
    await page.locator('input[autocomplete="username"]').fill(user);
    await page.locator('input[type="password"]').fill(password);
    await page.locator('input[type="password"]').press('Enter');
  });
  return {
    ...phone,
    page,
    errors,
    close: async () => {
      await page.close();
      if (!beside) await page.context().close();
    },
  };
};

/** The softphone in Firefox. */
export const openFirefoxPhone = async (
  { page, tone }: Firefox,
  { origin, user, password }: Login,
): Promise<Softphone> => {
  const phone = drive({ ...page, errors: () => [] }, user, tone);
  await page.goto(`${origin}/phone/`);
  await registered(phone, () => phone.act('login', user, password));
  return phone;
};
