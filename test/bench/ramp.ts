import { runSipp, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CARRIER, DID, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type CpuUse, round, watchCpu } from './figures.ts';

export type RampStep = {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly failedPercent: number;
  /** Of the gateway's whole process. */
  readonly cpuMsPerCall: number;
  readonly sippRetransmissions: number;
  readonly cpu: CpuUse;
};

/** Calls that are answered at once and last 200 ms, without audio: what setting up and tearing down costs. */
const HOLD_MS = 200;

/** Raises the rate until 1 % of the calls fail, SIPp on both sides. */
export const ramp = async (
  stage: Stage,
  {
    rates,
    secondsEach,
    onStep,
  }: {
    readonly rates: readonly number[];
    readonly secondsEach: number;
    readonly onStep: (step: RampStep) => void;
  },
): Promise<RampStep[]> => {
  const media = { type: 'elsewhere', port: 30_000, law: 'PCMU' } as const;
  const line = startSipp({
    scenario: lineScenario({ media, ringMs: 10 }),
    at: stage.sippLine,
    calls: 1_000_000,
    timeoutMs: 600_000,
  });
  await sleep(500);
  const steps: RampStep[] = [];
  try {
    for (const rate of rates) {
      const calls = rate * secondsEach;
      const cpu = watchCpu(stage.gateway.pid());
      const result = await runSipp({
        scenario: callerScenario({ media }),
        at: { address: CARRIER, port: stage.gateway.spare.take() },
        remote: stage.gateway.sip,
        calls,
        rate,
        limit: 5000,
        pauseMs: HOLD_MS,
        service: DID.sipp,
        timeoutMs: (secondsEach + 25) * 1000,
        extra: ['-recv_timeout', '8000'],
      });
      const used = cpu();
      const step: RampStep = {
        callsPerSecond: rate,
        calls,
        failedPercent: round(((calls - result.successful) / calls) * 100),
        cpuMsPerCall: round(used.ms / calls),
        sippRetransmissions: result.retransmissions,
        cpu: used,
      };
      steps.push(step);
      onStep(step);
      if (step.failedPercent >= 1) break;
      await sleep(1500);
    }
  } finally {
    await line.stop();
  }
  return steps;
};
