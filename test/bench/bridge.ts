import { startSipEngineThread } from '../../src/sip-engine/index.ts';
import { connectSrf, type Dialog } from '../integration/sip-engine/srf.ts';
import { claimPorts } from '../support/ports.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { sleep } from '../support/wait.ts';
import { round, watchCpu } from './figures.ts';

export type BridgeStep = {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly failed: number;
  /** Of engine and application together. */
  readonly cpuMsPerCall: number;
};

const ADDRESS = '127.0.0.1';
const SECRET = 'only for the bench';
const HOLD_MS = 200;
const MEDIA = { type: 'elsewhere', port: 30_000, law: 'PCMU' } as const;

const link = ({ uas, uac }: { uas: Dialog; uac: Dialog }): void => {
  uas.on('destroy', () => uac.destroy().catch(() => undefined));
  uac.on('destroy', () => uas.destroy().catch(() => undefined));
};

/**
 * SIPp calls a drachtio-srf application, whose `createB2BUA` calls SIPp: INVITE, 200, ACK, BYE, 200 on both sides. The
 * engine has a thread of its own, the application this one.
 */
export const benchBridge = async (
  rates: readonly number[],
  secondsEach: number,
  onStep: (step: BridgeStep) => void,
): Promise<void> => {
  const ports = await claimPorts(20);
  const at = { address: ADDRESS, port: ports.take() };
  const callee = { address: ADDRESS, port: ports.take() };
  const engine = await startSipEngineThread({
    listen: [{ protocol: 'udp', ...at }],
    admin: { address: ADDRESS, port: 0, secret: SECRET },
  });
  const srf = await connectSrf(engine.admin, SECRET, (app) =>
    app.invite((req, res) => {
      app
        .createB2BUA(req, res, `sip:line@${callee.address}:${callee.port}`, { localSdpB: req.body })
        .then(link, () => undefined);
    }),
  );
  const line = startSipp({
    scenario: lineScenario({ media: MEDIA, ringMs: 10 }),
    at: callee,
    calls: 1_000_000,
    timeoutMs: 600_000,
  });
  try {
    await sleep(500);
    for (const rate of rates) {
      const calls = rate * secondsEach;
      const cpu = watchCpu(process.pid);
      const result = await runSipp({
        scenario: callerScenario({ media: MEDIA }),
        at: { address: ADDRESS, port: ports.take() },
        remote: at,
        calls,
        rate,
        limit: 5000,
        pauseMs: HOLD_MS,
        service: '4930123',
        timeoutMs: (secondsEach + 25) * 1000,
        extra: ['-recv_timeout', '8000'],
      });
      const failed = calls - result.successful;
      onStep({ callsPerSecond: rate, calls, failed, cpuMsPerCall: round(cpu().ms / calls) });
      if (failed > calls / 100) break;
      await sleep(1500);
    }
  } finally {
    await line.stop();
    srf.disconnect();
    await engine.close();
    await ports.release();
  }
};
