import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { until, within } from './wait.ts';

/** Debian's Firefox without a window, driven over WebDriver BiDi; its microphone hears one tone for ever. */
export type Firefox = {
  /** Hz. */
  readonly tone: number;
  readonly page: {
    goto(url: string): Promise<unknown>;
    reload(): Promise<unknown>;
    /** What the expression, or the promise that it is, comes to, by way of JSON. */
    evaluate<T>(expression: string): Promise<T>;
  };
  close(): Promise<void>;
};

type Reply = {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
};

const PROBE = fileURLToPath(new URL('page-probe.mjs', import.meta.url));

const preferences = (tone: number): Readonly<Record<string, string | number | boolean>> => ({
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.audio.fake_frequency': tone,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.autoplay.block-webaudio': false,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'app.update.enabled': false,
  'app.normandy.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
});

type Session = {
  readonly command: (method: string, params: object) => Promise<unknown>;
  end(): void;
};

const openSession = async (url: string): Promise<Session> => {
  const socket = new WebSocket(`${url}/session`);
  const waiting = new Map<number, (reply: Reply) => void>();
  let count = 0;
  socket.on('message', (data) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const command = async (method: string, params: object): Promise<unknown> => {
    count += 1;
    const id = count;
    const answered = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error, message } = await within(method, 30_000, answered);
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error}: ${message}`);
    return result;
  };
  await command('session.new', { capabilities: {} });
  return { command, end: () => socket.terminate() };
};

type Evaluated = {
  readonly type: string;
  readonly result: { readonly value?: string };
  readonly exceptionDetails: { readonly text: string };
};

/** Starts Firefox with a microphone that hears `tone` Hz. */
export const openFirefox = async (tone: number): Promise<Firefox> => {
  const folder = mkdtempSync(join(tmpdir(), 'dialtrace-firefox-'));
  const lines = Object.entries(preferences(tone)).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(folder, 'user.js'), lines.join(''));
  const words = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0'];
  // A process group of its own: its children go with it.
  const child = spawn('firefox-esr', words, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  process.on('exit', kill);
  let session: Session | undefined;
  const close = async (): Promise<void> => {
    session?.end();
    kill();
    await gone;
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await until('Firefox', () => output.match(/BiDi listening on (ws:\S+)/)?.[1], {
      timeoutMs: 30_000,
    });
    session = await openSession(url);
  } catch (error) {
    await close();
    throw new Error(`${String(error)}\n${output.slice(-2000)}`);
  }
  const { command } = session;
  const probe = readFileSync(PROBE, 'utf8');
  await command('script.addPreloadScript', { functionDeclaration: `() => {\n${probe}\n}` });
  const { context } = (await command('browsingContext.create', { type: 'tab' })) as { context: string };
  return {
    tone,
    page: {
      goto: (url) => command('browsingContext.navigate', { context, url, wait: 'complete' }),
      reload: () => command('browsingContext.reload', { context, wait: 'complete' }),
      evaluate: async <T>(expression: string) => {
        const evaluated = (await command('script.evaluate', {
          expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
          target: { context },
          awaitPromise: true,
        })) as Evaluated;
        if (evaluated.type === 'exception') throw new Error(evaluated.exceptionDetails.text);
        return JSON.parse(evaluated.result.value ?? 'null') as T;
      },
    },
    close,
  };
};
