import { errorMessage } from './errors.ts';
import type { Logger } from './logger.ts';

/** Things that were started, closed in the opposite order. */
export const createShutdown = (logger: Logger) => {
  const steps: { name: string; close: () => unknown }[] = [];
  return {
    add: (name: string, close: () => unknown): void => void steps.push({ name, close }),
    run: async (): Promise<void> => {
      for (const { name, close } of steps.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          logger.error({ error: errorMessage(error) }, `${name} did not close well`);
        }
      }
    },
  };
};

export type Shutdown = ReturnType<typeof createShutdown>;
