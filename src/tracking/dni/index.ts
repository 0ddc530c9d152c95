/** Dynamic number insertion: sessions of pages, what they report, and the log of visits. */

export { dialOf, displayOf } from './display.ts';
export { createDni, type DniOptions } from './dni.ts';
export { createLimit, networkOf } from './limits.ts';
export { createLivePlan, type LivePlanReader } from './live-plan.ts';
export { numberOfVisit } from './number-of-visit.ts';
export { createTurns, Overload, type Turns } from './turns.ts';
export type { Dni, DniAlert, DniFigures, EventsAnswer, Links, SessionRefusal } from './types.ts';
export {
  listVisits,
  type SwapFigures,
  swapFigures,
  type VisitDetail,
  type VisitFilter,
  visitDetail,
} from './visit-log.ts';
export {
  type VisitDetailView,
  type VisitView,
  visitDetailView,
  visitDetailViewSchema,
  visitView,
  visitViewSchema,
} from './visit-view.ts';
