/** Who visits, calls and writes: persons, leads, tags, automations, spam, forms, and the timeline that shows them together. */
export { type AfterCallContext, afterCall, unfinishedCalls } from './after-call.ts';
export { readAutomations } from './automations.ts';
export { NOT_SPAM_TAG, SPAM_TAG } from './call-facts.ts';
export type { AutomationFacts } from './conditions.ts';
export { type DryRun, dryRun } from './dry-run.ts';
export { findSubject, getLead, setLead } from './find.ts';
export {
  type FormContext,
  type FormFilter,
  type FormInput,
  getForm,
  listForms,
  submitForm,
} from './forms.ts';
export { type LeadFilter, type LeadPatch, type LeadRow, listLeads } from './leads.ts';
export { MOST_AMOUNT, type Money, money } from './money.ts';

export { SPAM_FLAG, type SpamFacts, type SpamVerdict } from './spam.ts';
export { listSpam, type SpamRow } from './spam-list.ts';
export {
  type Act,
  callTags,
  type TagView,
  tagCall,
  tagPerson,
  tagSchema,
  untagCall,
  untagPerson,
} from './tags.ts';
export { timeline } from './timeline.ts';
export { LINK_FROM, sourceChannel } from './touch.ts';
export {
  type FormView,
  formView,
  formViewSchema,
  type LeadView,
  leadStatusSchema,
  leadView,
  leadViewSchema,
  type PersonView,
  personViewSchema,
  type TimelineEntry,
} from './views.ts';
export { afterWrapUp } from './wrap-up.ts';
