import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ToneBrowser } from './browser.ts';
import type { Firefox } from './firefox.ts';
import type { Direction } from './rtp-peer.ts';

/** A bare page with one RTCPeerConnection and a microphone. SDP goes in and out whole, candidates with it. */
export type BarePage = {
  /** @param video a video stream beside the audio */
  offer(options?: { readonly video?: boolean; readonly iceRestart?: boolean }): Promise<string>;
  takeAnswer(sdp: string): Promise<void>;
  answer(sdp: string): Promise<string>;
  /** Of its audio, from the next offer or answer on. */
  direct(direction: Direction): Promise<void>;
  press(digits: string): Promise<void>;
  /** The loudest frequency in Hz that it hears now, and its level in dB; Firefox hears nothing without a loudspeaker. */
  hears(): Promise<{ readonly frequency: number; readonly level: number }>;
  connectionState(): Promise<string>;
  /** As the browser's own statistics name it; Firefox's don't. */
  cipher(): Promise<string | null>;
  /** Packets of audio that came. */
  received(): Promise<number>;
  /** Another RTCPeerConnection with a certificate of its own, as after a reload. */
  renew(): Promise<void>;
  close(): Promise<void>;
};

type Surface = {
  goto(url: string): Promise<unknown>;
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
};

const SCRIPT = fileURLToPath(new URL('bare-page.mjs', import.meta.url));

const surfaceOf = async (browser: ToneBrowser | Firefox): Promise<Surface> => {
  if ('page' in browser) return { ...browser.page, close: async () => undefined };
  const page = await browser.open();
  return {
    goto: (url) => page.goto(url),
    evaluate: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
    close: () => page.context().close(),
  };
};

/** Opens the page in a browser of its own kind. Firefox has one at a time. */
export const openBarePage = async (browser: ToneBrowser | Firefox): Promise<BarePage> => {
  // A page of loopback may use the microphone.
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Peer</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const surface = await surfaceOf(browser);
  await surface.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await surface.evaluate(readFileSync(SCRIPT, 'utf8').replace(/;\s*$/, ''));
  const call = <T>(method: string, ...inputs: readonly unknown[]): Promise<T> =>
    surface.evaluate<T>(`globalThis.barePeer.${method}(...${JSON.stringify(inputs)})`);
  return {
    offer: (options = {}) => call('offer', options),
    takeAnswer: (sdp) => call('takeAnswer', sdp),
    answer: (sdp) => call('answer', sdp),
    direct: (direction) => call('direct', direction),
    press: (digits) => call('press', digits),
    hears: () => call('hears'),
    connectionState: () => call('connectionState'),
    cipher: () => call('cipher'),
    received: () => call('received'),
    renew: () => call('renew'),
    async close() {
      await surface.close();
      server.closeAllConnections();
      server.close();
    },
  };
};
