import { Document, isMap, isScalar, visit } from 'yaml';
import type { PlanStore } from './apply.ts';
import { storedEntries } from './state.ts';

export type ExportOptions = {
  /** Writes the numbers of blocked callers, which are personal data; otherwise only how many there are. */
  readonly reveal: boolean;
};

const HEADER = ` Tracking plan, written by \`dialtrace export\`. Change it, look at \`dialtrace plan\`, then \`dialtrace apply\`.
 yaml-language-server: $schema=schema/tracking.schema.json`;

/** The database's tracking plan as YAML text, which loads to a plan that changes nothing. */
export const exportPlan = async ({ db, vault }: PlanStore, options: ExportOptions): Promise<string> => {
  const { entries, sealed } = await db.transaction().execute(async (trx) => ({
    entries: await storedEntries(trx),
    sealed: await trx.selectFrom('blocked_caller').select('number_encrypted').orderBy('hmac').execute(),
  }));
  const blockedCallers = options.reveal
    ? sealed.map((row) => vault.reveal(row.number_encrypted)).sort()
    : undefined;
  const document = new Document(
    { ...entries, ...(blockedCallers && { blockedCallers }) },
    { aliasDuplicateObjects: false },
  );
  document.commentBefore = HEADER;
  if (!options.reveal && sealed.length > 0) {
    document.comment = ` blockedCallers: ${sealed.length} kept in the database; \`dialtrace export --reveal\` writes their numbers.`;
  }
  quoteNumbers(document);
  return document.toString({ lineWidth: 0 });
};

/** Phone numbers in quotes: to other YAML readers `+12025550123` is an integer. */
const quoteNumbers = (document: Document): void => {
  visit(document, {
    Map(_, map) {
      if (isMap(map) && map.items.length <= 4 && map.has('currency')) map.flow = true;
    },
    Seq(_, seq) {
      if (
        seq.items.every((item) => isScalar(item) && typeof item.value === 'string' && !/^\+/.test(item.value))
      )
        seq.flow = true;
    },
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && /^\+\d/.test(scalar.value)) scalar.type = 'QUOTE_SINGLE';
    },
  });
};
