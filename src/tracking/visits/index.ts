/** Reading visits: what brought one, what its browser is, whether it is a person's, where it begins. Pure. */
export { type Landing, matchesHost, parseUrl, readLanding } from './address.ts';
export { type BotSigns, botReason, readBrowser } from './browser.ts';
export { CLICK_ID_KINDS, type ClickIdKind } from './click-ids.ts';
export { channelOfMedium } from './media.ts';
export { type PlanSource, planSourceOf } from './plan-source.ts';
export type { TouchSite } from './referrer.ts';
export { regionOf, zonesOfRegion } from './region.ts';
export { trimUrl } from './stored-address.ts';
export { hasAdClick, readTouch } from './touch.ts';
export { beginsVisit, VISIT_PAUSE_MS } from './visit.ts';
