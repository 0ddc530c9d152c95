/** Calls from web pages: who is let in, where they go, what their record begins with. */
export { destinationOf } from './destination.ts';
export { prepareWebCall } from './prepare.ts';
