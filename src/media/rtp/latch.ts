/** For so long after the first packet a better source may still take over. */
const WINDOW_MS = 3_000;

/** How near a source is to what signalling said; higher wins. */
const STRANGER = 1;
const SAME_ADDRESS = 2;
const SAME_ADDRESS_AND_PORT = 3;

/**
 * Decides whose packets are the peer's, and where packets to the peer go. Pure: the clock comes in as `now`.
 *
 * Without NAT only the address and port that signalling named are the peer. Behind NAT the first packet's source is
 * learned, once: for 3 s a source nearer to what signalling said takes its place, then the latch is shut until
 * signalling names another address (the RTP bleed defence; RFC 7362 describes the learning).
 */
export type Latch = {
  /** Takes the address of a description; one that says the same again changes nothing. */
  aim(address: string, port: number): void;
  /** Whether a packet from there is the peer's; may learn from it. */
  accepts(address: string, port: number, now: number): boolean;
  /** Whether that is where packets go now; never learns. */
  holds(address: string, port: number): boolean;
  /** Where to send; undefined before signalling said. */
  readonly address: string | undefined;
  readonly port: number;
  /** True when packets come from elsewhere than signalling said. */
  readonly learned: boolean;
};

export const createLatch = (nat: boolean): Latch => {
  let aimedAddress: string | undefined;
  let aimedPort = 0;
  let address: string | undefined;
  let port = 0;
  let shut = true;
  let rank = 0;
  let windowEnds = 0;

  const rankOf = (from: string, fromPort: number): number => {
    if (from !== aimedAddress) return STRANGER;
    return fromPort === aimedPort ? SAME_ADDRESS_AND_PORT : SAME_ADDRESS;
  };

  const learn = (from: string, fromPort: number, now: number): boolean => {
    if (rank > 0 && now >= windowEnds) {
      shut = true;
      return from === address && fromPort === port;
    }
    const theirs = rankOf(from, fromPort);
    if (theirs <= rank) return from === address && fromPort === port;
    if (rank === 0) windowEnds = now + WINDOW_MS;
    rank = theirs;
    address = from;
    port = fromPort;
    shut = theirs === SAME_ADDRESS_AND_PORT;
    return true;
  };

  return {
    aim(nextAddress, nextPort) {
      if (nextAddress === aimedAddress && nextPort === aimedPort) return;
      aimedAddress = address = nextAddress;
      aimedPort = port = nextPort;
      shut = !nat;
      rank = 0;
    },
    accepts(from, fromPort, now) {
      if (shut) return fromPort === port && from === address;
      return learn(from, fromPort, now);
    },
    holds: (from, fromPort) => fromPort === port && from === address,
    get address() {
      return address;
    },
    get port() {
      return port;
    },
    get learned() {
      return port !== aimedPort || address !== aimedAddress;
    },
  };
};
