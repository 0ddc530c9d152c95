import { processCpu, threadCpu } from '../support/leaks.ts';

/** Sorted once, asked often. */
export type Distribution = {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

export const distribution = (values: Iterable<number>): Distribution => {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { count: sorted.length, p50: round(at(0.5)), p99: round(at(0.99)), max: round(at(1)) };
};

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** CPU that a process used over a stretch of time, as a whole and by thread. */
export type CpuUse = {
  readonly ms: number;
  readonly wallMs: number;
  /** Share of one core, by thread, largest first; threads below 1 % left out. */
  readonly threads: readonly { readonly thread: string; readonly percent: number }[];
};

/** Starts to watch process `pid`; the returned function tells what it has used since. */
export const watchCpu = (pid: number): (() => CpuUse) => {
  const [began, cpu, threads] = [performance.now(), processCpu(pid), threadCpu(pid)];
  return () => {
    const wallMs = performance.now() - began;
    const used = [...threadCpu(pid)].map(([tid, { name, ms }]) => ({
      thread: tid === pid ? 'main' : `${name} ${tid - pid}`,
      percent: round(((ms - (threads.get(tid)?.ms ?? 0)) / wallMs) * 100, 1),
    }));
    return {
      ms: processCpu(pid) - cpu,
      wallMs: round(wallMs, 0),
      threads: used.filter(({ percent }) => percent >= 1).sort((a, b) => b.percent - a.percent),
    };
  };
};
