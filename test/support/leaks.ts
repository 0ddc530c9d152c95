import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds open. */
export type Holdings = {
  readonly fds: number;
  /** Open descriptors that are sockets of any kind. */
  readonly sockets: number;
  /** Local ports of its UDP sockets, IPv4 and IPv6. */
  readonly udpPorts: readonly number[];
  readonly threads: number;
  /** Resident memory in bytes. */
  readonly rssBytes: number;
};

const links = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed between the two calls
    }
  });

/** Local port of each UDP socket by inode (proc(5): columns local_address and inode). */
const udpPortsByInode = (pid: number): Map<string, number> => {
  const rows = ['udp', 'udp6'].flatMap((file) =>
    readFileSync(`/proc/${pid}/net/${file}`, 'utf8').split('\n').slice(1),
  );
  const entries = rows.flatMap((row): [string, number][] => {
    const columns = row.trim().split(/\s+/);
    const [local, inode] = [columns[1], columns[9]];
    if (!local || !inode) return [];
    return [[inode, Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)]];
  });
  return new Map(entries);
};

const statusField = (pid: number, field: string): number => {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+)`, 'm'));
  return Number(line?.[1] ?? Number.NaN);
};

/** What process `pid` holds now, from /proc. */
export const holdings = (pid: number): Holdings => {
  const open = links(pid);
  const ports = udpPortsByInode(pid);
  const sockets = open.flatMap((link) => link.match(/^socket:\[(\d+)\]$/)?.[1] ?? []);
  return {
    fds: open.length,
    sockets: sockets.length,
    udpPorts: sockets.flatMap((inode) => ports.get(inode) ?? []).sort((a, b) => a - b),
    threads: statusField(pid, 'Threads'),
    rssBytes: statusField(pid, 'VmRSS') * 1024,
  };
};

/** CPU time of a process or thread in milliseconds, with its name. */
export type CpuTime = { readonly name: string; readonly ms: number };

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

const cpuOf = (statPath: string): CpuTime => {
  const stat = readFileSync(statPath, 'utf8');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { name: stat.slice(stat.indexOf('(') + 1, close), ms: ticks * TICK_MS };
};

/** CPU time that process `pid` has used since its start. */
export const processCpu = (pid: number): number => cpuOf(`/proc/${pid}/stat`).ms;

/** CPU time of each thread by thread id. */
export const threadCpu = (pid: number): Map<number, CpuTime> =>
  new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((tid): [number, CpuTime][] => {
      try {
        return [[Number(tid), cpuOf(`/proc/${pid}/task/${tid}/stat`)]];
      } catch {
        return []; // the thread ended
      }
    }),
  );
