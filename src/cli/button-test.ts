import { errorMessage } from '../base/errors.ts';
import type { ButtonPlan } from '../config/index.ts';
import { openSocket } from './button-socket.ts';
import { formatTime } from './format.ts';

const PATIENCE_MS = 5000;
/** Above, a page would feel it. */
const MOST_SCRIPT_BYTES = 40_000;

/** One thing that was looked at. */
export type ButtonCheck = { readonly what: string; readonly ok: boolean; readonly found: string };

/** What the gateway tells a page of a button. */
type Form = {
  readonly open?: boolean;
  /** Milliseconds since the epoch. */
  readonly opensAt?: number;
  readonly web?: boolean;
  readonly callback?: { readonly enabled?: boolean };
};

type Config = { readonly buttons?: Readonly<Record<string, Form>>; readonly detail?: string };

/** What is looked at, and how it is reached. */
export type ButtonTest = {
  readonly button: ButtonPlan;
  /** Of its site. */
  readonly hosts: readonly string[];
  /** Where the gateway is reached, without a slash at its end. */
  readonly base: string;
  /** `buttons.publicUrl` names it; else it is this machine's own address. */
  readonly isPublic: boolean;
  /** WebSockets that its pages may open. */
  readonly sockets: readonly string[];
  /** Address of the page that has the button; undefined: any page of the site. */
  readonly page: string | undefined;
};

const isLocal = (hostname: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

/** A host that a pattern such as `*.example.com` stands for. */
const someHost = (hosts: readonly string[]): string | undefined => hosts[0]?.replace(/^\*\./, 'www.');

const somePage = ({ page, hosts }: ButtonTest): string | undefined => {
  const host = someHost(hosts);
  return page ?? (host === undefined ? undefined : `https://${host}/`);
};

/** Browsers give a page the microphone only where nobody can listen in, and visitors are elsewhere. */
const checkAddress = ({ base, isPublic }: ButtonTest, pageHost: string | undefined): ButtonCheck => {
  const { protocol, hostname } = new URL(base);
  const what = 'secure address';
  if (!isPublic && pageHost !== undefined && !isLocal(pageHost))
    return {
      what,
      ok: false,
      found: `${base} is this machine alone: set buttons.publicUrl in dialtrace.yaml to where visitors reach it`,
    };
  if (protocol === 'https:' || isLocal(hostname)) return { what, ok: true, found: base };
  const mend = 'set http.tls, or put a proxy with https before it, and write that into buttons.publicUrl';
  return { what, ok: false, found: `${base}: browsers give a microphone to https alone; ${mend}` };
};

/** Why something was not reached; what its certificate is worth, browsers judge alike. */
const problemOf = (error: unknown): string => {
  const { cause } = error as { cause?: unknown };
  const text = errorMessage(cause ?? error);
  return /certificate|CERT_/i.test(text) ? `${text}: browsers refuse it too` : text;
};

const attempt = async (
  what: string,
  look: () => Promise<Omit<ButtonCheck, 'what'>>,
): Promise<ButtonCheck> => {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    return { what, ok: false, found: problemOf(error) };
  }
};

const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });

const checkPage = (button: ButtonPlan, base: string): Promise<ButtonCheck> =>
  attempt('page of its own', async () => {
    const url = `${base}/c/${button.id}`;
    const { status } = await ask(url);
    return { ok: status === 200, found: status === 200 ? url : `${url} answers ${status}` };
  });

const checkScript = (base: string): Promise<ButtonCheck> =>
  attempt('script', async () => {
    const url = `${base}/dt-call.js`;
    const response = await ask(url);
    const bytes = (await response.arrayBuffer()).byteLength;
    if (response.status !== 200) return { ok: false, found: `${url} answers ${response.status}` };
    return { ok: bytes > 0 && bytes <= MOST_SCRIPT_BYTES, found: `${url}, ${bytes} bytes unpacked` };
  });

const readConfig = async (button: ButtonPlan, page: string, base: string) => {
  const { origin } = new URL(page);
  const response = await ask(`${base}/v1/button/config`, {
    method: 'POST',
    headers: { origin, 'content-type': 'text/plain' },
    body: JSON.stringify({
      site: button.site,
      buttons: [button.id],
      page,
      lang: 'en',
      // Nobody looks: no view, no arm, no visit.
      automated: true,
    }),
  });
  return { status: response.status, body: (await response.json()) as Config };
};

const openCheck = (what: string, button: ButtonPlan, { open, opensAt }: Form): ButtonCheck => {
  if (open === true) return { what, ok: true, found: 'open' };
  if (opensAt === undefined)
    return { what, ok: false, found: `closed for good: look at schedule ${button.schedule ?? ''}` };
  const until = formatTime(new Date(opensAt).toISOString()).slice(0, 16);
  return { what, ok: true, found: `closed until ${until}: ${button.closed}` };
};

const webCheck = ({ web }: Form): ButtonCheck => ({
  what: 'calls in the browser',
  ok: web === true,
  found:
    web === true
      ? 'yes'
      : 'no: there is no media worker (`dialtrace doctor` looks for it), or sip.listen has no wss (for https) or ws listener and phone.servers names none',
});

/** Who finds nobody is to be called back, as long as nothing else was planned. */
const callBackCheck = (
  { callback, schedule, closed }: ButtonPlan,
  form: Form['callback'],
): readonly ButtonCheck[] => {
  const what = 'call backs';
  if (form?.enabled === undefined || !callback.enabled) return [];
  if (form.enabled) return [{ what, ok: true, found: callback.hours }];
  const found = 'not offered: dialtrace.yaml has no trunk with a gateway to call visitors through';
  return [{ what, ok: schedule === undefined || closed !== 'callback', found }];
};

const socketChecks = ({ sockets }: ButtonTest, page: string): Promise<readonly ButtonCheck[]> =>
  Promise.all(
    sockets.map(async (url): Promise<ButtonCheck> => {
      const problem = await openSocket(url, new URL(page).origin, PATIENCE_MS);
      return { what: 'WebSocket', ok: problem === undefined, found: problem ? `${url}: ${problem}` : url };
    }),
  );

const checkConfig = async (test: ButtonTest, page: string): Promise<readonly ButtonCheck[]> => {
  const { button, base } = test;
  const what = `its form for pages of ${new URL(page).host}`;
  try {
    const { status, body } = await readConfig(button, page, base);
    const form = body.buttons?.[button.id];
    if (form === undefined) {
      const hint = status === 403 ? ` Hosts of site ${button.site}: ${test.hosts.join(', ')}.` : '';
      const why = body.detail ?? 'there is no such button; was the plan applied?';
      return [{ what, ok: false, found: `${status}: ${why}${hint}` }];
    }
    return [
      openCheck(what, button, form),
      webCheck(form),
      ...(form.web === true ? await socketChecks(test, page) : []),
      ...callBackCheck(button, form.callback),
    ];
  } catch (error) {
    return [{ what, ok: false, found: problemOf(error) }];
  }
};

/** Looks at a button as a visitor's browser would. */
export const checkButton = async (test: ButtonTest): Promise<readonly ButtonCheck[]> => {
  const { button, base } = test;
  const page = somePage(test);
  return [
    checkAddress(test, page === undefined ? undefined : new URL(page).hostname),
    await checkPage(button, base),
    await checkScript(base),
    ...(page === undefined
      ? [{ what: 'hosts of its site', ok: false, found: `the site ${button.site} has none` }]
      : await checkConfig(test, page)),
  ];
};
