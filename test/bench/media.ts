import { holdings } from '../support/leaks.ts';
import type { Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type CpuUse, round, watchCpu } from './figures.ts';
import { loopback, openCalls, type RtpRun } from './rtp-load.ts';

export type MediaLoad = {
  readonly calls: number;
  readonly recorded: boolean;
  readonly run: RtpRun;
  readonly cpu: CpuUse;
  readonly cpuMicrosecondsPerPacket: number;
  readonly memoryMbPerHundredCalls: number;
};

const MEGABYTE = 1e6;

const perPacket = (cpu: CpuUse, run: RtpRun): number => round((cpu.ms * 1000) / run.packetsReceived);

/** `count` calls with audio both ways at 50 packets a second. */
export const mediaLoad = async (
  stage: Stage,
  count: number,
  seconds: number,
  recorded: boolean,
): Promise<MediaLoad> => {
  const pid = stage.gateway.pid();
  const before = holdings(pid).rssBytes;
  const load = await openCalls(stage, count);
  await load.run(1, 50);
  const cpu = watchCpu(pid);
  const run = await load.run(seconds, 50);
  const used = cpu();
  const memory = holdings(pid).rssBytes - before;
  await load.hangUp();
  return {
    calls: count,
    recorded,
    run,
    cpu: used,
    cpuMicrosecondsPerPacket: perPacket(used, run),
    memoryMbPerHundredCalls: round(((memory / count) * 100) / MEGABYTE, 1),
  };
};

export type ForwardLimit = {
  /** Packets a second received, the highest with under 1 % lost. */
  readonly packetsPerSecond: number;
  readonly cpuMicrosecondsPerPacket: number;
  /** What one core could forward at that cost. */
  readonly packetsPerSecondAndCore: number;
  readonly steps: readonly { readonly wanted: number; readonly got: number; readonly lostPercent: number }[];
};

/** Sends faster and faster on `count` calls until 1 % is lost. */
export const forwardLimit = async (
  stage: Stage,
  count: number,
  rates: readonly number[],
  seconds: number,
): Promise<ForwardLimit> => {
  const load = await openCalls(stage, count);
  const steps: { wanted: number; got: number; lostPercent: number }[] = [];
  let best: { run: RtpRun; cpu: CpuUse } | undefined;
  for (const rate of rates) {
    const cpu = watchCpu(stage.gateway.pid());
    const run = await load.run(seconds, rate);
    const used = cpu();
    steps.push({ wanted: rate * count * 2, got: run.packetsPerSecond, lostPercent: run.lostPercent });
    if (run.lostPercent >= 1) break;
    best = { run, cpu: used };
    await sleep(200);
  }
  await load.hangUp();
  const cost = best ? perPacket(best.cpu, best.run) : Number.NaN;
  return {
    packetsPerSecond: best?.run.packetsPerSecond ?? 0,
    cpuMicrosecondsPerPacket: cost,
    packetsPerSecondAndCore: Math.round(1e6 / cost),
    steps,
  };
};

export { loopback };
