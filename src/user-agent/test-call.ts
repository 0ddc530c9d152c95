import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine, type LegStats, type MediaLeg, type Playable } from '../media/index.ts';
import { type DialResult, startSipServer } from '../sip/index.ts';
import { analyseHeard, type HeardAudio } from './heard.ts';

/** Ports of the caller's side of a test call: outside the gateway's default range and the system's ephemeral one. */
const RTP_PORTS = { from: 30_000, to: 31_999 };

export type TestCallOptions = {
  /** Where the gateway listens: `udp/127.0.0.1:5060`. */
  readonly gateway: string;
  /** The tracking number to call, E.164. */
  readonly did: string;
  /** The caller's number, E.164. */
  readonly caller: string;
  /** Credentials of the gateway's self-test trunk. */
  readonly credentials: { readonly realm: string; readonly username: string; readonly password: string };
  /** What the caller says. */
  readonly prompt: Playable;
  /** Length of the talk in seconds, 1 to 300; it ends with the prompt, or when the line hangs up. */
  readonly seconds: number;
  /** How long to wait for an answer, in seconds. */
  readonly ringSeconds: number;
  /** Told of what the caller hears of the call's course. */
  readonly onState?: (state: 'ringing' | 'answered') => void;
};

export type TestCallResult = {
  /** The gateway's call id, when it took the call. */
  readonly callId: string | undefined;
  readonly answered: boolean;
  readonly status: number;
  readonly reason: string;
  readonly setupMs: number;
  /** What the caller heard while the call was up. */
  readonly heard: HeardAudio | undefined;
  readonly stats: LegStats | undefined;
};

const parseHostport = (hostport: string): { protocol: string; host: string; port: string } => {
  const match = /^(\w+)\/(.*):(\d+)$/.exec(hostport);
  return { protocol: match?.[1] ?? 'udp', host: match?.[2] ?? '127.0.0.1', port: match?.[3] ?? '5060' };
};

/** The address to call from: a wildcard listens on loopback too. */
const localAddress = (host: string): string => {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === '0.0.0.0') return '127.0.0.1';
  return bare === '::' ? '::1' : bare;
};

const frequencies = (prompt: Playable): readonly number[] =>
  prompt.type === 'tone' ? prompt.frequencies : [];

/** Talks on an answered call: plays the prompt and keeps what comes back. */
const talk = async (
  options: TestCallOptions,
  leg: MediaLeg,
  record: (path: string) => void,
  hungUp: Promise<void>,
  finish: () => Promise<LegStats | undefined>,
): Promise<{ heard: HeardAudio; stats: LegStats | undefined }> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-test-call-'));
  try {
    const path = join(directory, 'heard.wav');
    record(path);
    const played = leg.play(options.prompt);
    const over = new AbortController();
    const longest = sleep(options.seconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([played.then(() => sleep(300)), longest, hungUp]);
    // The command is to end with the call.
    over.abort();
    leg.stopPlaying();
    const stats = await finish();
    return { heard: analyseHeard(path, frequencies(options.prompt)), stats };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/**
 * Places one call with real audio from a SIP user agent of its own, listens, and hangs up.
 *
 * @throws FailureError when no port is free; a refused call is a result, not an error
 */
export const placeTestCall = async (options: TestCallOptions): Promise<TestCallResult> => {
  const { protocol, host, port } = parseHostport(options.gateway);
  const address = localAddress(host);
  const listen = [{ protocol: protocol === 'tcp' ? ('tcp' as const) : ('udp' as const), address, port: 0 }];
  const media = await createMediaEngine({
    address,
    publicAddress: address,
    ports: RTP_PORTS,
    threads: 1,
    timeoutMs: { first: 30_000, later: 30_000 },
  });
  const sip = await startSipServer({
    server: { type: 'embedded', options: { listen, sessionExpires: 0 } },
    onInvite: (invite) => invite.refuse(480),
    onOptions: () => 200,
    onLost: () => undefined,
  });
  const target = address.includes(':') ? `[${address}]` : address;
  const started = performance.now();
  try {
    const session = media.createSession('test call');
    const leg = await session.addLeg({ label: 'test caller', nat: false, codecs: ['PCMU', 'PCMA'] });
    const outgoing = sip.dial({
      uri: `sip:${options.did}@${target}:${port}${protocol === 'tcp' ? ';transport=tcp' : ''}`,
      headers: {
        From: `<sip:${options.caller}@${options.credentials.realm}>`,
        To: `<sip:${options.did}@${target}:${port}>`,
        Contact: '<sip:test-call@localhost>',
        'Content-Type': 'application/sdp',
        'User-Agent': 'Dialtrace test call',
      },
      sdp: leg.createOffer(),
      auth: { username: options.credentials.username, password: options.credentials.password },
      onProgress: (status) => {
        if (status === 180) options.onState?.('ringing');
      },
    });
    const patience = setTimeout(() => outgoing.cancel(), options.ringSeconds * 1000);
    const result: DialResult = await outgoing.result;
    clearTimeout(patience);
    const setupMs = performance.now() - started;
    const callId = result.header('X-Dialtrace-Call');
    if (result.type === 'refused') {
      return {
        callId,
        answered: false,
        status: result.status,
        reason: result.reason,
        setupMs,
        heard: undefined,
        stats: undefined,
      };
    }
    options.onState?.('answered');
    await leg.acceptAnswer(result.sdp);
    const hungUp = new Promise<void>((done) => result.dialog.onHangUp(() => done()));
    const { heard, stats } = await talk(
      options,
      leg,
      (path) => session.record({ path, left: leg, right: leg }),
      hungUp,
      async () => {
        await result.dialog.bye();
        return (await session.close()).legs.get(leg.id);
      },
    );
    return { callId, answered: true, status: 200, reason: 'OK', setupMs, heard, stats };
  } finally {
    await sip.close();
    await media.close();
  }
};
