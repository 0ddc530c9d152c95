import { createServer, type Server } from 'node:net';

/** A run of ports that no other test of this machine uses; `take` hands them out one by one. */
export type PortBlock = {
  readonly from: number;
  readonly to: number;
  /** The next unused port, from the low end; `even` for RTP. */
  take(options?: { readonly even?: boolean }): number;
  release(): Promise<void>;
};

/** Below the system's ephemeral range (32768 and up), so that no outgoing socket ever lands in it. */
const LOWEST = 10_000;
const HIGHEST = 32_000;
const STEP = 500;

const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });

/**
 * Claims `count` consecutive ports. The claim is a TCP listener on the first port of each 500, so it ends with the
 * process whatever happens to it.
 */
export const claimPorts = async (count: number): Promise<PortBlock> => {
  const steps = Math.ceil((count + 1) / STEP);
  const slots = Math.floor((HIGHEST - LOWEST) / STEP) - steps + 1;
  const offset = Math.floor(Math.random() * slots);
  for (let attempt = 0; attempt < slots; attempt += 1) {
    const base = LOWEST + ((offset + attempt) % slots) * STEP;
    const claims = await claimFrom(base, steps);
    if (claims) return block(base + 1, base + steps * STEP - 1, base, claims);
  }
  throw new Error(`no ${count} free consecutive ports between ${LOWEST} and ${HIGHEST}`);
};

const claimFrom = async (base: number, steps: number): Promise<Server[] | undefined> => {
  const claims: Server[] = [];
  for (let step = 0; step < steps; step += 1) {
    const server = await listen(base + step * STEP);
    if (!server) {
      await closeAll(claims);
      return undefined;
    }
    claims.push(server);
  }
  return claims;
};

const closeAll = async (servers: readonly Server[]): Promise<void> => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
};

const block = (from: number, to: number, base: number, claims: readonly Server[]): PortBlock => {
  let next = from;
  return {
    from,
    to,
    take: ({ even = false } = {}) => {
      // The claiming listeners' own ports are taken for TCP.
      while ((even && next % 2 === 1) || (next - base) % STEP === 0) next += 1;
      if (next > to) throw new Error('the block of ports is used up');
      const port = next;
      next += even ? 2 : 1;
      return port;
    },
    release: () => closeAll(claims),
  };
};
