/** Flows as the database has them, and what it knows that they may refer to. */
export { keptFlow, lintContext, lintLines, promptLanguages } from './stored.ts';
