import { headerNumber, headerValue, headerValues, valueParameters } from '../message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import { given } from './headers.ts';
import type { AppMessage, Core, Dialog } from './types.ts';

/** What a message says about its session's time (RFC 4028 4): seconds, and who refreshes. */
export type SessionInterval = { readonly seconds: number; readonly refresher: 'local' | 'remote' };

/** Whether an option tag stands in Require of a message. */
export const requires = (message: SipMessage, option: string): boolean =>
  headerValues(message, 'require').some((value) => value.toLowerCase() === option);

/** Whether an option tag stands in Supported or Require of a message. */
export const supports = (message: SipMessage, option: string): boolean =>
  headerValues(message, 'supported').some((value) => value.toLowerCase() === option) ||
  requires(message, option);

/** Lines of an INVITE that offer our interval where the application offers none (RFC 4028 7.1). */
export const offerText = (core: Core): string =>
  `Session-Expires: ${core.sessionExpires}\r\nMin-SE: ${core.minimumSessionExpires}\r\n`;

const names = (value: string | undefined, option: string): boolean =>
  value?.split(',').some((item) => item.trim().toLowerCase() === option) === true;

const supportedLine = (message: AppMessage): string =>
  names(given(message, 'supported'), 'timer') ? '' : 'Supported: timer\r\n';

/** What an INVITE outside dialogs says about its session's time besides the application's own headers. */
export const offerLines = (core: Core, message: AppMessage): string => {
  if (core.sessionExpires === 0 || given(message, 'session-expires') !== undefined) return '';
  return `${supportedLine(message)}${offerText(core)}`;
};

/** The same for a refresh: interval and roles stay as they are (RFC 4028 7.4). */
export const refreshLines = (core: Core, dialog: Dialog, message: AppMessage): string => {
  const timer = dialog.sessionTimer;
  if (timer === undefined || given(message, 'session-expires') !== undefined) return '';
  return `${supportedLine(message)}${refreshText(core, timer)}`;
};

/** Session-Expires and Min-SE of a refresh we send. */
export const refreshText = (
  core: Core,
  { interval, refresher }: { interval: number; refresher: string },
): string =>
  `Session-Expires: ${interval};refresher=${refresher === 'local' ? 'uac' : 'uas'}\r\nMin-SE: ${core.minimumSessionExpires}\r\n`;

/** The Min-SE to refuse a request with (422), when its interval is too short (RFC 4028 9). */
export const tooShort = (core: Core, request: SipRequest): number | undefined => {
  if (core.sessionExpires === 0) return undefined;
  const seconds = headerNumber(request, 'session-expires');
  if (seconds === undefined || seconds >= core.minimumSessionExpires || !supports(request, 'timer'))
    return undefined;
  return core.minimumSessionExpires;
};

/** What our 2xx to a session's request says about its time (RFC 4028 9), and the lines that say it. */
export const answerInterval = (
  core: Core,
  request: SipRequest,
  message: AppMessage,
): (SessionInterval & { readonly lines: string }) | undefined => {
  if (core.sessionExpires === 0) return undefined;
  const own = given(message, 'session-expires');
  if (own !== undefined) {
    const seconds = Number.parseInt(own, 10);
    if (!(seconds > 0)) return undefined;
    return {
      seconds,
      refresher: valueParameters(own).get('refresher') === 'uas' ? 'local' : 'remote',
      lines: '',
    };
  }
  const supported = supports(request, 'timer');
  const asked = headerNumber(request, 'session-expires');
  if (asked === undefined && !supported) return undefined;
  const minimum = Math.max(headerNumber(request, 'min-se') ?? 0, core.minimumSessionExpires);
  const wanted = Math.max(core.sessionExpires, minimum);
  const seconds = asked === undefined ? wanted : Math.min(asked, wanted);
  const parameter = valueParameters(headerValue(request, 'session-expires') ?? '')
    .get('refresher')
    ?.toLowerCase();
  // Only one who knows the extension can refresh (RFC 4028 9, table 2); left to us, the caller does.
  if (!supported || parameter === 'uas') {
    return { seconds, refresher: 'local', lines: `Session-Expires: ${seconds};refresher=uas\r\n` };
  }
  return {
    seconds,
    refresher: 'remote',
    lines: `Session-Expires: ${seconds};refresher=uac\r\nRequire: timer\r\n`,
  };
};

/** What a 2xx to our request says about the session's time (RFC 4028 7.2); undefined for none. */
export const grantedInterval = (core: Core, response: SipResponse): SessionInterval | undefined => {
  const seconds = headerNumber(response, 'session-expires');
  if (core.sessionExpires === 0 || seconds === undefined || seconds === 0) return undefined;
  const refresher = valueParameters(headerValue(response, 'session-expires') ?? '').get('refresher');
  return { seconds, refresher: refresher?.toLowerCase() === 'uas' ? 'remote' : 'local' };
};
