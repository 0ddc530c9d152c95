import { errorMessage } from '../base/errors.ts';
import type { ButtonPlan } from '../config/index.ts';

const PATIENCE_MS = 5000;
/** Above, a page would feel it. */
const MOST_SCRIPT_BYTES = 40_000;

/** One thing that was looked at. */
export type ButtonCheck = { readonly what: string; readonly ok: boolean; readonly found: string };

type Config = {
  readonly buttons?: Readonly<Record<string, { readonly open?: boolean; readonly web?: boolean }>>;
  readonly detail?: string;
};

/** Browsers give a page the microphone only where nobody can listen in. */
const isSecure = (base: string): boolean => {
  const { protocol, hostname } = new URL(base);
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  );
};

/** A host that a pattern such as `*.example.com` stands for. */
const someHost = (hosts: readonly string[]): string | undefined => hosts[0]?.replace(/^\*\./, 'www.');

const attempt = async (
  what: string,
  look: () => Promise<Omit<ButtonCheck, 'what'>>,
): Promise<ButtonCheck> => {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return { what, ok: false, found: errorMessage(cause ?? error) };
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

const readConfig = async (button: ButtonPlan, host: string, base: string) => {
  const origin = `https://${host}`;
  const response = await ask(`${base}/v1/button/config`, {
    method: 'POST',
    headers: { origin, 'content-type': 'text/plain' },
    body: JSON.stringify({
      site: button.site,
      buttons: [button.id],
      page: `${origin}/`,
      lang: 'en',
      // Nobody looks: no view, no arm, no visit.
      automated: true,
    }),
  });
  return { status: response.status, body: (await response.json()) as Config };
};

const checkConfig = async (
  button: ButtonPlan,
  host: string,
  base: string,
): Promise<readonly ButtonCheck[]> => {
  const what = `its form for pages of ${host}`;
  try {
    const { status, body } = await readConfig(button, host, base);
    const found = body.buttons?.[button.id];
    if (found === undefined)
      return [
        {
          what,
          ok: false,
          found: `${status}: ${body.detail ?? 'there is no such button; was the plan applied?'}`,
        },
      ];
    return [
      { what, ok: true, found: found.open === true ? 'open' : `closed: ${button.closed}` },
      {
        what: 'calls in the browser',
        ok: found.web === true,
        found:
          found.web === true
            ? 'yes'
            : 'no: there is no media worker, or no ws/wss listener that such a page may use',
      },
    ];
  } catch (error) {
    return [{ what, ok: false, found: errorMessage(error) }];
  }
};

/**
 * Looks at a button as a visitor's browser would.
 *
 * @param hosts of its site
 * @param base where the gateway is reached, without a slash at its end
 */
export const checkButton = async (
  button: ButtonPlan,
  hosts: readonly string[],
  base: string,
): Promise<readonly ButtonCheck[]> => {
  const host = someHost(hosts);
  const secure = isSecure(base);
  return [
    {
      what: 'secure address',
      ok: secure,
      found: secure ? base : `${base}: browsers give a microphone to https alone`,
    },
    await checkPage(button, base),
    await checkScript(base),
    ...(host === undefined
      ? [{ what: 'hosts of its site', ok: false, found: `the site ${button.site} has none` }]
      : await checkConfig(button, host, base)),
  ];
};
