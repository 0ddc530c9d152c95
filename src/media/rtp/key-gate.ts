/**
 * Keeps a peer's keys from whoever hears it. A key that was pressed goes through or is kept back whole, whatever is wanted
 * before its end. Pure.
 */
export type KeyGate = {
  hold(on: boolean): void;
  /** @param timestamp which event the packet belongs to, as its source numbers them */
  passes(timestamp: number): boolean;
};

export const createKeyGate = (): KeyGate => {
  let held = false;
  let event = -1;
  let passing = true;

  return {
    hold(on) {
      held = on;
    },
    passes(timestamp) {
      if (timestamp !== event) {
        event = timestamp;
        passing = !held;
      }
      return passing;
    },
  };
};
