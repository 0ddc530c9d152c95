import { afterEach, describe, expect, it } from 'vitest';
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
/** SIPp loses this part of what it sends and of what comes, in percent. */
const LOSS = ['-lost', '5'];

/**
 * A line that lives with loss as a real one does: without it, SIPp gives up a call whose ACK is lost, and does not answer a
 * BYE that comes again.
 */
const patientLine = lineScenario({ media: MEDIA })
  .replace('<recv request="ACK"/>', '<recv request="ACK" optional="true"/>')
  .replace('<Reference', '<timewait milliseconds="8000"/><Reference');
const LOSSY = { extra: LOSS, scenario: patientLine };

type Transport = 'udp' | 'tcp';

let harness: Harness | undefined;
let ports: PortBlock | undefined;
afterEach(async () => {
  await harness?.close();
  await ports?.release();
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

describe('over udp that loses a message in twenty, both ways', () => {
  it('createUAS answers every call all the same', async () => {
    const running = await start(answering);
    const result = await caller(running, 'udp', { extra: LOSS });
    allWell(result);
    const { retransmissionsIn, retransmissionsOut } = await running.engine.stats();
    expect(result.retransmissions).toBeGreaterThan(0);
    expect(retransmissionsIn).toBeGreaterThan(0);
    expect(retransmissionsOut).toBeGreaterThan(0);
    await quiet(running);
  });

  it('createUAC gets every call answered and ended', async () => {
    const running = await start();
    const { uri, sipp } = line('udp', LOSSY);
    await pause(500);
    expect(await placeAll(running, uri)).toEqual([]);
    allWell(await sipp.done);
    expect((await running.engine.stats()).retransmissionsOut).toBeGreaterThan(0);
    await quiet(running);
  });

  it('createB2BUA connects and releases every call', async () => {
    let target = '';
    const running = await start(bridging(() => target));
    const { uri, sipp } = line('udp', LOSSY);
    target = uri;
    await pause(500);
    allWell(await caller(running, 'udp', { extra: LOSS }));
    allWell(await sipp.done);
    await quiet(running);
  });
});
