/** Codes that prove a mobile number, and how they are sent. */
export { CODE_SECONDS, type Codes, createCodes } from './codes.ts';
export { createSmsSender, type SmsSender, type SmsSettings } from './sender.ts';
export { messageText } from './template.ts';
