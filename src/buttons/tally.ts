import type { ButtonEventTable } from '../store/index.ts';
import type { ButtonPages, Refusal } from './pages-types.ts';

/** What a page may ask and be refused. */
type Question = 'token' | 'verify' | 'checkCode' | 'callBack' | 'rate';

/** What happened since the start. */
export type ButtonTally = {
  /** Events that were noted. */
  readonly events: readonly {
    readonly type: ButtonEventTable['type'];
    readonly machine: boolean;
    readonly count: number;
  }[];
  /** Refusals by question and code. */
  readonly refusals: readonly {
    readonly question: Question;
    readonly code: string;
    readonly count: number;
  }[];
};

type Count = { count: number };

/** Counts what happens at call buttons, for metrics. */
export const createTally = () => {
  const events = new Map<string, Pick<ButtonTally['events'][number], 'type' | 'machine'> & Count>();
  const refusals = new Map<string, Pick<ButtonTally['refusals'][number], 'question' | 'code'> & Count>();

  const noted = (type: ButtonEventTable['type'], machine: boolean): void => {
    const key = `${type} ${machine}`;
    const known = events.get(key);
    if (known) known.count += 1;
    else events.set(key, { type, machine, count: 1 });
  };

  const refused = (question: Question, code: string): void => {
    const key = `${question} ${code}`;
    const known = refusals.get(key);
    if (known) known.count += 1;
    else refusals.set(key, { question, code, count: 1 });
  };

  const watching =
    <Asked extends readonly unknown[], Answer extends { readonly type: string }>(
      question: Question,
      ask: (...asked: Asked) => Promise<Answer | Refusal>,
    ) =>
    async (...asked: Asked): Promise<Answer | Refusal> => {
      const answer = await ask(...asked);
      if (isRefusal(answer)) refused(question, answer.code);
      return answer;
    };

  return {
    noted,
    /** The same pages; what they refuse is counted. */
    watch: (pages: ButtonPages): ButtonPages => ({
      ...pages,
      token: watching('token', pages.token),
      verify: watching('verify', pages.verify),
      checkCode: watching('checkCode', pages.checkCode),
      callBack: watching('callBack', pages.callBack),
      rate: watching('rate', pages.rate),
    }),
    read: (): ButtonTally => ({ events: [...events.values()], refusals: [...refusals.values()] }),
  };
};

const isRefusal = (answer: { readonly type: string }): answer is Refusal => answer.type === 'refused';
