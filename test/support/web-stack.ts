import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { ToneBrowser } from './browser.ts';
import type { Issued } from './certificates.ts';
import type { PhoneAccount } from './phone.ts';
import { hostPort } from './sip-message.ts';
import { until } from './wait.ts';
import type { WebLibrary } from './web-phones.ts';

/** How a page's SDP is changed before it is sent, and what it has besides audio. */
export type Wishes = {
  readonly munge?: readonly ('pcmaOnly' | 'noTelephoneEvent' | 'rtcpMuxOnly' | 'noCandidates' | 'noSsrc')[];
  readonly video?: boolean;
  readonly data?: boolean;
  /** Sends with the first candidate, and the others never. */
  readonly eager?: boolean;
};

export type StackState = {
  readonly ringing: boolean;
  readonly established: boolean;
  readonly over: boolean;
  /** Offers and answers that the page took. */
  readonly descriptions: number;
  readonly events: readonly (readonly [string, string | null])[];
  readonly connection: string | null;
  readonly signaling: string | null;
  readonly local: string | null;
  readonly remote: string | null;
};

type Place = {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly candidateType: string;
};

/** A page with a telephone of one of the libraries, in a real browser. */
export type StackPhone = {
  readonly tone: number;
  state(): Promise<StackState>;
  when(what: string, probe: (state: StackState) => boolean): Promise<StackState>;
  call(target: string, wishes?: Wishes): Promise<void>;
  answer(wishes?: Wishes): Promise<void>;
  hangUp(): Promise<void>;
  hold(on: boolean): Promise<void>;
  /** Keys by INFO. */
  info(keys: string): Promise<void>;
  /** Keys by RFC 4733. */
  keys(keys: string): Promise<void>;
  /** Other ICE credentials, by re-INVITE or UPDATE. */
  restart(useUpdate?: boolean): Promise<void>;
  renegotiate(useUpdate?: boolean): Promise<void>;
  /** Settles when it is accepted. */
  transfer(target: string): Promise<void>;
  hears(tones: readonly number[], ms?: number): Promise<number[]>;
  pair(): Promise<{ readonly local: Place; readonly remote: Place }>;
  close(): Promise<void>;
};

const ENTRY = fileURLToPath(new URL('web-stack-page.mjs', import.meta.url));
let script: Promise<string> | undefined;

const bundle = async (): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    build: { write: false, minify: false, lib: { entry: ENTRY, formats: ['iife'], name: 'stackPage' } },
  });
  const [first] = Array.isArray(built) ? built : [built];
  if (!first || !('output' in first)) throw new Error('no bundle');
  return first.output[0].code;
};

export type PageOptions = {
  readonly library: WebLibrary;
  readonly account: PhoneAccount;
  /** `ws:` or `wss:` URL of the gateway. */
  readonly server: string;
  /** Of the page; default: 127.0.0.1. */
  readonly address?: string;
  /** Serves the page over HTTPS; the browser then takes any certificate. */
  readonly certificate?: Issued;
  /** Evaluated before anything else. */
  readonly before?: string;
};

export const openStackPhone = async (
  browser: ToneBrowser,
  { library, account, server, address = '127.0.0.1', certificate, before }: PageOptions,
): Promise<StackPhone> => {
  script ??= bundle();
  const code = await script;
  const show = (_request: unknown, response: import('node:http').ServerResponse): void => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Phone</title>');
  };
  const host = certificate ? createSecureServer(certificate, show) : createServer(show);
  host.listen(0, address);
  await once(host, 'listening');
  const page = await browser.open();
  const close = async (): Promise<void> => {
    await page.context().close();
    host.closeAllConnections();
    host.close();
  };
  const run = <T>(method: string, ...inputs: readonly unknown[]): Promise<T> =>
    page.evaluate(`globalThis.${method}(...${JSON.stringify(inputs)})`) as Promise<T>;
  const act = (name: string, ...inputs: readonly unknown[]): Promise<void> =>
    run('stack.act', name, ...inputs);
  const state = (): Promise<StackState> => run('stack.state');
  try {
    const { port } = host.address() as AddressInfo;
    if (certificate) {
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Security.setIgnoreCertificateErrors', { ignore: true });
    }
    await page.goto(`http${certificate ? 's' : ''}://${hostPort({ address, port })}/`);
    if (before !== undefined) await page.evaluate(before);
    await page.evaluate(code);
    await run('stack.open', library, { server, ...account });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    tone: browser.tone,
    state,
    when: async (what, probe) => {
      let last: StackState | undefined;
      return until(`${library}: ${what}`, async () => {
        last = await state();
        return probe(last) && last;
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${JSON.stringify(last, undefined, 1)}`);
      });
    },
    call: (target, wishes = {}) => act('call', target, wishes),
    answer: (wishes = {}) => act('answer', wishes),
    hangUp: () => act('hangUp'),
    hold: (on) => act('hold', on),
    info: (keys) => act('info', keys),
    keys: (keys) => act('keys', keys),
    restart: (useUpdate = false) => act('restart', useUpdate),
    renegotiate: (useUpdate = false) => act('renegotiate', useUpdate),
    transfer: (target) => act('transfer', target),
    hears: async (tones, ms = 800) => {
      const { shares } = await run<{ readonly shares: readonly number[] }>('probe.listen', tones, ms);
      return tones.filter((_, index) => (shares[index] ?? 0) > 0.6);
    },
    pair: () => run('stack.pair'),
    close: async () => {
      await act('close').catch(() => undefined);
      await close();
    },
  };
};
