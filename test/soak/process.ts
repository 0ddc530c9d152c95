import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from '../support/wait.ts';
import type { Answer, Question } from './house.ts';

const HOUSE = fileURLToPath(new URL('./house.ts', import.meta.url));

/** The watched engine's process. */
export type House = {
  ask<Type extends Question['type']>(question: Extract<Question, { type: Type }>): Promise<Answer[Type]>;
  end(): Promise<void>;
};

/** Starts the process; questions are answered one after the other. */
export const startHouse = (): House => {
  const child = fork(HOUSE, { execArgv: ['--expose-gc', '--import', 'tsx'], serialization: 'advanced' });
  let last: Promise<unknown> = Promise.resolve();
  const exited = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the engine's process ended (${code ?? signal})`)));
  });
  exited.catch(() => {});

  const exchange = async (question: Question): Promise<unknown> => {
    const reply = new Promise<{ value?: unknown; error?: string }>((resolve) => {
      child.once('message', (message) => resolve(message as { value?: unknown; error?: string }));
    });
    child.send(question);
    const { value, error } = await within(question.type, 30_000, Promise.race([reply, exited]));
    if (error !== undefined) throw new Error(`${question.type}: ${error}`);
    return value;
  };

  return {
    ask<Type extends Question['type']>(question: Extract<Question, { type: Type }>) {
      const turn = last.then(() => exchange(question));
      last = turn.catch(() => {});
      return turn as Promise<Answer[Type]>;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await within('the end of the engine', 10_000, exited).catch(() => child.kill('SIGKILL'));
    },
  };
};
