/** Calls from web pages: who is let in, where they go, what their record begins with. */
export { destinationOf } from './destination.ts';
export { limitTime } from './limit-time.ts';
export { matchOfVisit, prepareWebCall } from './prepare.ts';
