/** SIP messages: read from bytes within limits, looked into, written. */
export {
  nameAddressToString,
  parseNameAddress,
  parseNameAddressList,
  splitHeaderList,
} from './address.ts';
export { header, headerValue, headerValues, withHeader, withoutHeaders } from './fields.ts';
export { type BodyPart, multipartParts } from './multipart.ts';
export { canonicalName, headerKey, headerName } from './names.ts';
export { DEFAULT_LIMITS, parseMessage } from './parse.ts';
export { reasonPhrase } from './reasons.ts';
export type {
  HeaderField,
  MessageCore,
  NameAddress,
  ParseLimits,
  ParseResult,
  RejectedRequest,
  SipMessage,
  SipRequest,
  SipResponse,
  SipUri,
  Via,
} from './types.ts';
export { hostForWire, parseUri, uriToString } from './uri.ts';
export { parseVia, viaToString } from './via.ts';
export {
  buildResponse,
  headerNumber,
  type MessageDraft,
  messageText,
  newBranch,
  newTag,
  type RequestDraft,
  type ResponseDraft,
  type ResponseOptions,
  serializeMessage,
  stampOrigin,
  stampReceived,
  stampTopVia,
  valueParameters,
} from './write.ts';
