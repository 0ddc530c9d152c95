import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkers, type WorkerLease as Lease, type Workers } from '../../../src/media/webrtc/workers.ts';
import { mediaWorkers } from '../../support/media-workers.ts';
import { claimPorts, type PortBlock } from '../../support/ports.ts';
import { later, sleep, until } from '../../support/wait.ts';

let ports: PortBlock;
let workers: Workers;
beforeAll(async () => {
  ports = await claimPorts(10);
  workers = await createWorkers({
    options: {
      workers: 2,
      port: ports.from,
      listen: [{ address: '127.0.0.1', publicAddress: '203.0.113.5' }, { address: '::1' }],
    },
    rtpPorts: { from: 20_000, to: 29_999 },
    logger: undefined,
  });
});
afterAll(async () => {
  await workers?.close();
  await ports?.release();
  expect(mediaWorkers()).toEqual([]);
});

const portOf = async (lease: Lease): Promise<number> => {
  const { udpSockets } = await lease.webRtcServer.dump();
  return udpSockets[0]?.port ?? 0;
};

/** The process that answers for the lease: the one whose standstill silences it. */
const workerOf = async (lease: Lease): Promise<number> => {
  for (const pid of mediaWorkers()) {
    process.kill(pid, 'SIGSTOP');
    const answered = await Promise.race([portOf(lease), sleep(500)]);
    process.kill(pid, 'SIGCONT');
    if (answered === undefined) return pid;
  }
  throw new Error('no worker answers for the lease');
};

describe('workers', () => {
  it('listen on a port each, by UDP and TCP, on all addresses; browsers are told the public one', async () => {
    const lease = await workers.lease();
    const router = await lease.createRouter({ telephoneEvent: 126 });
    const { webRtcServer } = lease;
    const { iceCandidates } = await router.createWebRtcTransport({ webRtcServer });
    const port = await portOf(lease);
    expect([ports.from, ports.from + 1]).toContain(port);
    expect(
      iceCandidates.map(({ protocol, address, port: at }) => `${protocol} ${address} ${at}`).sort(),
    ).toEqual([`tcp 203.0.113.5 ${port}`, `tcp ::1 ${port}`, `udp 203.0.113.5 ${port}`, `udp ::1 ${port}`]);
    const codecs = router.rtpCapabilities.codecs ?? [];
    expect(codecs.map(({ preferredPayloadType }) => preferredPayloadType)).toEqual([0, 8, 126]);
    lease.release();
    expect(router.closed).toBe(true);
  });

  it('get legs in turn, and say how they do', async () => {
    const leases = [await workers.lease(), await workers.lease()];
    expect((await Promise.all(leases.map(portOf))).sort()).toEqual([ports.from, ports.from + 1]);
    for (const lease of leases) lease.release();
    const { workers: running, deaths, memoryBytes } = await workers.counts();
    expect({ running, deaths }).toEqual({ running: 2, deaths: 0 });
    expect(memoryBytes).toBeGreaterThan(2 * 5_000_000);
  });

  it('say which port is taken, and what to do', async () => {
    const options = { workers: 1, port: ports.from, listen: [{ address: '0.0.0.0' }] };
    const rtpPorts = { from: 20_000, to: 29_999 };
    const before = mediaWorkers();
    await expect(createWorkers({ options, rtpPorts, logger: undefined })).rejects.toThrow(
      `The mediasoup worker does not start: udp port ${ports.from} is taken; stop what holds it, or set media.webrtc.port`,
    );
    await until('none of its workers is left', () => mediaWorkers().length === before.length);
  });

  it('end, even one that does not listen', async () => {
    const options = { workers: 1, port: 0, listen: [{ address: '127.0.0.1' }] };
    const before = mediaWorkers();
    const others = await createWorkers({
      options,
      rtpPorts: { from: 20_000, to: 29_999 },
      logger: undefined,
    });
    const [pid = 0] = mediaWorkers().filter((each) => !before.includes(each));
    process.kill(pid, 'SIGSTOP');
    await others.close();
    expect(mediaWorkers()).toEqual(before);
    await expect(others.lease()).rejects.toThrow('No mediasoup worker is running');
  });

  it('are replaced on the same port when they die, and only those concerned are told', async () => {
    const [one, other] = [await workers.lease(), await workers.lease()];
    const death = later<string>();
    const port = await portOf(one);
    one.onDied(() => death.resolve('one'));
    other.onDied(() => death.resolve('other'));
    const before = mediaWorkers();
    process.kill(await workerOf(one), 'SIGKILL');
    expect(await death.promise).toBe('one');
    one.release();
    other.release();
    await until('two workers run', () => workers.counts().then((counts) => counts.workers === 2));
    expect(mediaWorkers().filter((pid) => before.includes(pid))).toHaveLength(1);
    const leases = [await workers.lease(), await workers.lease()];
    expect(await Promise.all(leases.map(portOf))).toContain(port);
    for (const lease of leases) lease.release();
    expect((await workers.counts()).deaths).toBe(1);
  });
});
