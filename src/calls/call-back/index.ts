/** Call backs: the business is called first, then the visitor who asked for it. When and whom, buttons/call-backs/ decides. */
export { type PlacedCallBack, placeCallBack } from './place.ts';
