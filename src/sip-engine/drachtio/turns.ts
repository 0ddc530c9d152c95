import type { Client } from './client.ts';

/** Applications under names (methods, tags): each name has its own round. */
export type Turns = {
  add(name: string, client: Client): void;
  remove(name: string, client: Client): void;
  /** The next in turn that can take something. */
  next(name: string): Client | undefined;
};

type Round = { readonly clients: Client[]; at: number };

export const createTurns = (): Turns => {
  const rounds = new Map<string, Round>();
  return {
    add(name, client) {
      const round = rounds.get(name);
      if (round === undefined) rounds.set(name, { clients: [client], at: 0 });
      else if (!round.clients.includes(client)) round.clients.push(client);
    },
    remove(name, client) {
      const round = rounds.get(name);
      const index = round?.clients.indexOf(client) ?? -1;
      if (round === undefined || index < 0) return;
      round.clients.splice(index, 1);
      if (index < round.at) round.at -= 1;
      if (round.clients.length === 0) rounds.delete(name);
    },
    next(name) {
      const round = rounds.get(name);
      if (round === undefined) return undefined;
      const { clients } = round;
      for (let tried = 0; tried < clients.length; tried += 1) {
        const client = clients[round.at % clients.length];
        round.at = (round.at + 1) % clients.length;
        if (client !== undefined && !client.clogged) return client;
      }
      return undefined;
    },
  };
};
