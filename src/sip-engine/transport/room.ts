/** A place among the connections taken, for as long as one lasts. */
export type Seat = {
  /** What ends the connection; something else once it is through handshake and upgrade. */
  end: () => void;
  /** Whether it has brought a message yet; the silent go first. */
  hasSpoken: () => boolean;
  /** Gives the place up. */
  leave(): void;
};

/** Shares the connections that peers may open among their addresses, so that none of them can keep all others out. */
export type Room = {
  /** @param known whether the address is served without further question */
  take(address: string, known: boolean, end: () => void): Seat;
  /**
   * Ends a connection in favour of a new one: one of the address that has most, if that is more than the new one's would then
   * have. For known peers strangers go first, for strangers only they do. False when there is none.
   */
  makeFor(address: string, known: boolean): boolean;
};

type Group = { readonly seats: Set<Seat>; known: boolean };

/** The oldest that has said nothing, else the oldest. */
const leastWanted = ({ seats }: Group): Seat | undefined => {
  for (const seat of seats) if (!seat.hasSpoken()) return seat;
  const [oldest] = seats;
  return oldest;
};

export const createRoom = (): Room => {
  const groups = new Map<string, Group>();
  let taken = 0;

  const largest = (above: number, strangersOnly: boolean): Group | undefined => {
    let found: Group | undefined;
    for (const group of groups.values())
      if (group.seats.size > (found?.seats.size ?? above) && !(strangersOnly && group.known)) found = group;
    return found;
  };

  const giver = (address: string, known: boolean): Group | undefined => {
    const own = (groups.get(address)?.seats.size ?? 0) + 1;
    if (known) return largest(0, true) ?? largest(own, false);
    // Above its fair share it gets nothing of others: no need to look who has most.
    return own * groups.size > taken ? undefined : largest(own, true);
  };

  return {
    take: (address, known, end) => {
      const group = groups.get(address) ?? { seats: new Set<Seat>(), known };
      group.known = known;
      groups.set(address, group);
      const { seats } = group;
      const seat: Seat = {
        end,
        hasSpoken: () => false,
        leave: () => {
          if (!seats.delete(seat)) return;
          taken -= 1;
          if (seats.size === 0) groups.delete(address);
        },
      };
      seats.add(seat);
      taken += 1;
      return seat;
    },
    makeFor: (address, known) => {
      const group = giver(address, known);
      const seat = group && leastWanted(group);
      seat?.leave();
      seat?.end();
      return seat !== undefined;
    },
  };
};
