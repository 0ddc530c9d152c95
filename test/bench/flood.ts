import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { holdings } from '../support/leaks.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CARRIER, DID, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { round } from './figures.ts';

const FLOODER = fileURLToPath(new URL('../support/flooder.mjs', import.meta.url));
const HOLD_MS = 500;
/** Time for the gateway's first calls and buffers before memory is compared. */
const WARM_UP_MS = 2000;

export type FloodResult = {
  readonly sent: number;
  /** Datagrams that came back to the flooder. */
  readonly answered: number;
  readonly calls: { readonly successful: number; readonly failed: number; readonly retransmissions: number };
  readonly errors: string;
  /** Resident memory of the gateway over the flood. */
  readonly memoryMb: { readonly before: number; readonly after: number };
};

/** Hostile datagrams from `sources` while calls come in at a steady rate, SIPp on both sides. */
export const floodDuringCalls = async (
  stage: Stage,
  {
    seconds,
    perSecond,
    callsPerSecond,
    sources,
  }: {
    readonly seconds: number;
    readonly perSecond: number;
    readonly callsPerSecond: number;
    readonly sources: readonly string[];
  },
): Promise<FloodResult> => {
  const { gateway } = stage;
  const media = { type: 'elsewhere', port: 30_000, law: 'PCMU' } as const;
  const calls = Math.ceil((seconds + WARM_UP_MS / 1000) * callsPerSecond);
  const line = startSipp({
    scenario: lineScenario({ media, ringMs: 10 }),
    at: stage.sippLine,
    calls: 1_000_000,
    timeoutMs: (seconds + 60) * 1000,
  });
  try {
    await sleep(500);
    const caller = runSipp({
      scenario: callerScenario({ media }),
      at: { address: CARRIER, port: gateway.spare.take() },
      remote: gateway.sip,
      calls,
      rate: callsPerSecond,
      limit: 1000,
      pauseMs: HOLD_MS,
      service: DID.sipp,
      timeoutMs: (seconds + 60) * 1000,
    });
    await sleep(WARM_UP_MS);
    const memory = (): number => round(holdings(gateway.pid()).rssBytes / 1e6);
    const before = memory();
    const { address, port } = gateway.sip;
    const { stdout } = await promisify(execFile)(process.execPath, [
      FLOODER,
      address,
      String(port),
      String(perSecond),
      String(seconds),
      ...sources,
    ]);
    const after = memory();
    const { successful, retransmissions, errors } = await caller;
    const { sent, answered } = JSON.parse(stdout) as { sent: number; answered: number };
    return {
      sent,
      answered,
      calls: { successful, failed: calls - successful, retransmissions },
      errors,
      memoryMb: { before, after },
    };
  } finally {
    await line.stop();
  }
};
