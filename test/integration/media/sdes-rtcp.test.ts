import { createSocket, type RemoteInfo } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSrtcpContext } from '../../support/srtp.ts';
import { cryptoLines } from '../../support/srtp-peer.ts';
import { later, within } from '../../support/wait.ts';
import { hearEachOther, openSdesScene, type SdesScene } from './sdes-scene.ts';

/** Lies between our report and the answer to it, unsaid: it counts as part of the round trip. */
const DELAY_MS = 100;
const SENDER_REPORT = 200;

let scene: SdesScene;

beforeAll(async () => {
  scene = await openSdesScene(1);
});

afterAll(async () => {
  await scene?.clear();
  await scene?.end();
});

/** A receiver report on `ssrc` (RFC 3550 6.4.2). @param middle of the NTP time of the sender report that it answers */
const receiverReport = (own: number, ssrc: number, middle: number): Buffer => {
  const report = Buffer.alloc(32);
  report.writeUInt16BE(0x81c9, 0);
  report.writeUInt16BE(7, 2);
  report.writeUInt32BE(own, 4);
  report.writeUInt32BE(ssrc, 8);
  report.writeUInt32BE(middle, 24);
  // As good as no delay, in units of 15 µs; none at all would mean that there was no sender report.
  report.writeUInt32BE(1, 28);
  return report;
};

describe('SRTCP', () => {
  it('goes both ways, encrypted, to the port that SDP named, and tells the round trip', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const call = await scene.incoming();
    const offer = call.carrier.offer().replace('a=ptime', `a=rtcp:${socket.address().port}\r\na=ptime`);
    const answer = await call.leg.acceptOffer(offer);
    call.carrier.takeAnswer(answer);
    const [theirs] = cryptoLines(answer);
    const [ours] = cryptoLines(offer);
    if (!theirs || !ours) throw new Error('no keys');
    const [from, to] = [createSrtcpContext(theirs.key), createSrtcpContext(ours.key)];
    const reported = later<{ packet: Buffer; remote: RemoteInfo }>();
    let answering: NodeJS.Timeout | undefined;
    socket.on('message', (data, remote) => {
      const packet = from.unprotect(data);
      if (packet?.[1] !== SENDER_REPORT) return;
      reported.resolve({ packet, remote });
      const report = receiverReport(call.carrier.ssrc, packet.readUInt32BE(4), packet.readUInt32BE(10));
      answering = setTimeout(() => socket.send(to.protect(report), remote.port, remote.address), DELAY_MS);
    });
    try {
      await hearEachOther(call);
      const { packet, remote } = await within('a sender report', 10_000, reported.promise);
      expect(remote.port).toBe((call.carrier.remote()?.port ?? 0) + 1);
      expect(packet.readUInt32BE(4)).toBe(call.carrier.packets[0]?.ssrc);
      // Measured every 5 s; the edge's own RTCP sees the way to mediasoup only, which takes less than a millisecond.
      await new Promise((resolve) => setTimeout(resolve, 5_500));
      const { rttMs } = await call.leg.close();
      expect(rttMs).toBeGreaterThan(DELAY_MS - 10);
      expect(rttMs).toBeLessThan(DELAY_MS * 5);
    } finally {
      clearTimeout(answering);
      socket.close();
    }
  }, 30_000);
});
