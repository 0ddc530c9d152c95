/** Which number a visit sees: the rules of a site, and why each one decides or not. Pure. */
export { chooseNumbers, type RankedRule, RULE_KINDS, rankedRules } from './choose.ts';
export { classOf, landingGroup } from './class.ts';
export { explainSite, type ImaginedVisit, type SiteExplanation } from './explain.ts';
