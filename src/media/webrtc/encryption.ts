import { errorMessage } from '../../base/errors.ts';
import type { Wire } from '../wire.ts';
import { createBrowserWire } from './browser-wire.ts';
import { createSdesWire } from './sdes-wire.ts';
import type { Encryption } from './types.ts';
import { createWorkers, type WorkersParts } from './workers.ts';

/** The wire, with `gone` called once when it is closed. */
const closing = (wire: Wire, gone: () => void): Wire => {
  let open = true;
  const close = (): void => {
    wire.close();
    if (open) gone();
    open = false;
  };
  // No copy: the wire's getters tell what is so at the time.
  return Object.create(wire, { close: { value: close } }) as Wire;
};

/**
 * Starts mediasoup.
 *
 * @throws FailureError when there is no worker binary, or a worker does not start: a sentence that says what to do
 */
export const createEncryption = async (parts: WorkersParts): Promise<Encryption> => {
  const workers = await createWorkers(parts);
  let browserLegs = 0;
  let sdesLegs = 0;

  return {
    async browserWire(wireParts) {
      const wire = await createBrowserWire(workers, { ...wireParts, opus: parts.options.opus ?? false });
      browserLegs += 1;
      return closing(wire, () => {
        browserLegs -= 1;
      });
    },
    async sdesWire(wireParts) {
      const wire = await createSdesWire(workers, wireParts).catch((error: unknown) => {
        parts.logger?.warn({ reason: errorMessage(error) }, 'a leg could not be given SDES-SRTP');
        throw error;
      });
      sdesLegs += 1;
      return closing(wire, () => {
        sdesLegs -= 1;
      });
    },
    async stats() {
      return { ...(await workers.counts()), browserLegs, sdesLegs };
    },
    close: workers.close,
  };
};
