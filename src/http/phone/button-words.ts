import { buttonSchema } from '../../config/index.ts';
import type { CallRow, Store } from '../../store/index.ts';

/** What an agent is told of the call button that brought a call; null and false of other calls. */
export type ButtonWords = {
  readonly button: string | null;
  readonly intent: string | null;
  readonly page: string | null;
  /** The visitor asked to be called, and is when the agent has answered. */
  readonly callBack: boolean;
};

/** Words in one language, or the first one of several: whoever wrote them put theirs first. */
const firstWords = (texts: string | Readonly<Record<string, string>> | undefined): string | undefined =>
  typeof texts === 'object' ? Object.values(texts)[0] : texts;

/** The button's name and what the visitor chose, in the words of the plan; their ids where the plan has none any more. */
export const buttonWords = async (
  { db }: Pick<Store, 'db'>,
  {
    web_kind: kind,
    button_id: id,
    intent,
    page,
  }: Pick<CallRow, 'web_kind' | 'button_id' | 'intent' | 'page'>,
): Promise<ButtonWords> => {
  if (id === null) return { button: null, intent: null, page: null, callBack: false };
  const row = await db.selectFrom('button').select('plan').where('id', '=', id).executeTakeFirst();
  const plan = row && buttonSchema.safeParse({ ...JSON.parse(row.plan), id }).data;
  const chosen = plan?.intents.find((each) => each.id === intent);
  return {
    button: plan?.name ?? id,
    intent: firstWords(chosen?.text) ?? intent,
    page,
    callBack: kind === 'callback',
  };
};
