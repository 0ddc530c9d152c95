import { afterEach, describe, expect, it } from 'vitest';
import { createLossyRelay, type LossyRelay } from '../../../support/lossy-relay.ts';
import { claimPorts, type PortBlock } from '../../../support/ports.ts';
import { runSipp, type SippOptions, type SippResult, startSipp } from '../../../support/sipp.ts';
import { callerScenario, lineScenario } from '../../../support/sipp-scenarios.ts';
import { type Harness, pause, startHarness, until } from '../harness.ts';
import { sdp } from '../peer.ts';
import type { Dialog, Srf } from '../srf.ts';

/** drachtio-srf applications with SIPp as the other side: a hundred calls each, twenty a second. */

const CALLS = 100;
const RATE = 20;
const TALK = 200;
const MEDIA = { type: 'elsewhere', port: 4000, law: 'PCMU' } as const;
/** Of the line between SIPp and the engine, each way. SIPp takes a 180 that comes after the 200 for a fault: nothing is shuffled. */
const BAD_LINE = { dropped: 0.05, duplicated: 0, reordered: 0, seed: 7 } as const;
/**
 * Calls that SIPp may spoil: it gives up when two of its own messages are lost on end (180 and 200, then the INVITE that comes
 * again is "unexpected"; ACK and BYE, which it never repeats). 0.25 % of calls for each such pair.
 */
const SIPP_FAILS = 5;
/** A line that still answers when a BYE comes again; SIPp forgets a call with its last message otherwise. */
const patientLine = lineScenario({ media: MEDIA })
  .replace('<recv request="ACK"/>', '<recv request="ACK" optional="true"/>')
  .replace('<Reference', '<timewait milliseconds="8000"/><Reference');

type Transport = 'udp' | 'tcp';

let harness: Harness | undefined;
let ports: PortBlock | undefined;
const relays: LossyRelay[] = [];
afterEach(async () => {
  await harness?.close();
  await ports?.release();
  for (const relay of relays.splice(0)) await relay.close();
  harness = undefined;
});

const start = async (prepare: (srf: Srf) => void = () => {}): Promise<Harness> => {
  ports = await claimPorts(20);
  const port = ports.take();
  harness = await startHarness(
    {
      listen: [
        { protocol: 'udp', address: '127.0.0.1', port },
        { protocol: 'tcp', address: '127.0.0.1', port },
      ],
    },
    prepare,
  );
  return harness;
};

const nextPort = (): number => {
  if (ports === undefined) throw new Error('not started');
  return ports.take();
};

const caller = (
  running: Harness,
  transport: Transport,
  options: Partial<SippOptions> = {},
): Promise<SippResult> =>
  runSipp({
    scenario: callerScenario({ media: MEDIA }),
    at: { address: '127.0.0.1', port: nextPort() },
    remote: { address: '127.0.0.1', port: running.port },
    calls: CALLS,
    rate: RATE,
    pauseMs: TALK,
    service: '4930123',
    transport,
    timeoutMs: 90_000,
    ...options,
  });

const line = (transport: Transport, options: Partial<SippOptions> = {}) => {
  const port = nextPort();
  const sipp = startSipp({
    scenario: lineScenario({ media: MEDIA }),
    at: { address: '127.0.0.1', port },
    calls: CALLS,
    transport,
    timeoutMs: 90_000,
    ...options,
  });
  return { uri: `sip:line@127.0.0.1:${port};transport=${transport}`, sipp };
};

const allWell = (result: SippResult): void =>
  expect({ ...result, output: '', log: [] }).toMatchObject({ code: 0, successful: CALLS, failed: 0 });

const link = (one: Dialog, other: Dialog): void => {
  one.on('destroy', () => void other.destroy().catch(() => {}));
  other.on('destroy', () => void one.destroy().catch(() => {}));
};

/** Nothing is left of the calls. */
const quiet = ({ engine }: Harness): Promise<void> =>
  until(async () => (await engine.stats()).dialogs === 0, 40_000);

const answering = (srf: Srf): void =>
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp('app') }).catch(() => {}));

/** Calls that the application places, a new one every 50 ms; each is hung up after a while. Gives what failed. */
const placeAll = async ({ srf }: Harness, uri: string): Promise<readonly unknown[]> => {
  const failures: unknown[] = [];
  const place = async (): Promise<void> => {
    const dialog = await srf.createUAC(uri, { localSdp: sdp('app') });
    await pause(TALK);
    await dialog.destroy();
  };
  const placed: Promise<unknown>[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    placed.push(place().catch((error: unknown) => failures.push(error)));
    await pause(1000 / RATE);
  }
  await Promise.all(placed);
  return failures;
};

const bridging = (target: () => string) => (srf: Srf) =>
  srf.invite((req, res) => {
    srf.createB2BUA(req, res, target(), { localSdpB: req.body }).then(
      ({ uas, uac }) => link(uas, uac),
      () => {},
    );
  });

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it('createUAS answers a hundred calls of SIPp', async () => {
    const running = await start(answering);
    allWell(await caller(running, transport));
    await quiet(running);
    const { responsesOut, retransmissionsOut } = await running.engine.stats();
    expect(responsesOut).toMatchObject({ 'INVITE 200': CALLS, 'BYE 200': CALLS });
    if (transport === 'tcp') expect(retransmissionsOut).toBe(0);
  });

  it('createUAC calls SIPp a hundred times', async () => {
    const running = await start();
    const { uri, sipp } = line(transport);
    await pause(500);
    expect(await placeAll(running, uri)).toEqual([]);
    allWell(await sipp.done);
    await quiet(running);
  });

  it('createB2BUA stands between two of them', async () => {
    let target = '';
    const running = await start(bridging(() => target));
    const { uri, sipp } = line(transport);
    target = uri;
    await pause(500);
    allWell(await caller(running, transport));
    allWell(await sipp.done);
    await quiet(running);
  });
});

describe('over a bad line', () => {
  const mostWell = (result: SippResult): void => {
    expect(result.successful + result.failed).toBe(CALLS);
    expect(result.failed, result.errors).toBeLessThanOrEqual(SIPP_FAILS);
  };
  const between = async (sipp: number, { port }: Harness): Promise<LossyRelay> => {
    const place = (at: number) => ({ address: '127.0.0.1', port: at });
    const relay = await createLossyRelay({
      address: '127.0.0.9',
      left: place(sipp),
      right: place(port),
      ...BAD_LINE,
    });
    relays.push(relay);
    return relay;
  };
  const farCaller = async (running: Harness): Promise<SippResult> => {
    const port = nextPort();
    const { forLeft } = await between(port, running);
    return caller(running, 'udp', { at: { address: '127.0.0.1', port }, remote: forLeft });
  };
  const farLine = async (running: Harness) => {
    const port = nextPort();
    const { forRight } = await between(port, running);
    const { sipp } = line('udp', { at: { address: '127.0.0.1', port }, scenario: patientLine });
    return { uri: `sip:line@${forRight.address}:${forRight.port}`, sipp };
  };
  const lost = (): number => relays.flatMap(({ log }) => log).filter(({ fate }) => fate === 'dropped').length;

  it('createUAS: what is lost comes again, and calls are answered', async () => {
    const running = await start(answering);
    const result = await farCaller(running);
    mostWell(result);
    expect(lost()).toBeGreaterThan(10);
    const { retransmissionsIn, retransmissionsOut } = await running.engine.stats();
    expect(result.retransmissions).toBeGreaterThan(0);
    expect(retransmissionsIn).toBeGreaterThan(0);
    expect(retransmissionsOut).toBeGreaterThan(0);
    await quiet(running);
  }, 120_000);

  it('createUAC: calls are answered and ended', async () => {
    const running = await start();
    const { uri, sipp } = await farLine(running);
    await pause(500);
    expect((await placeAll(running, uri)).length).toBeLessThanOrEqual(SIPP_FAILS);
    mostWell(await sipp.done);
    expect(lost()).toBeGreaterThan(10);
    expect((await running.engine.stats()).retransmissionsOut).toBeGreaterThan(0);
    await quiet(running);
  }, 120_000);

  it('createB2BUA: calls are connected and released', async () => {
    let target = '';
    const running = await start(bridging(() => target));
    const { uri, sipp } = await farLine(running);
    target = uri;
    await pause(500);
    mostWell(await farCaller(running));
    mostWell(await sipp.done);
    await quiet(running);
  }, 120_000);
});
