/** Call backs: who is called, when, how often; the calls themselves are placed by calls/call-back/. */
export { createCallBacks } from './call-backs.ts';
export { cancelCallBack, findCallBack, type Ordered, retryCallBack } from './queue.ts';
export type {
  CallBackOptions,
  CallBackOrder,
  CallBackRequest,
  CallBackResult,
  CallBacks,
  CallBackVerdict,
  Placer,
  RefusalCode,
} from './types.ts';
export {
  type CallBackFilter,
  type CallBackView,
  callBackView,
  callBackViewSchema,
  listCallBacks,
} from './view.ts';
