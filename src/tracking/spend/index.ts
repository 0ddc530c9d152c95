/** What advertising cost: imported by day, source, medium, campaign and currency. */
export { MOST_SPENT, readAmount, readCurrency, readDay } from './fields.ts';
export {
  importSpend,
  listSpend,
  removeSpend,
  type SpendFilter,
  type SpendRemoval,
} from './import.ts';
export { parseSpendCsv, type SpendDefaults } from './parse-csv.ts';
export type { SpendImport, SpendRow } from './types.ts';
