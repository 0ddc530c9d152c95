import { type Core, TransportState, type UserAgent } from 'sip.js';
import { grantedSeconds, refreshAfterMs } from './sip-text.ts';

export type Outcome =
  | { readonly type: 'accepted'; readonly refreshAfterMs: number }
  | { readonly type: 'refused'; readonly status: number; readonly text: string };

/** Short, so that a page that vanished is forgotten soon; long enough for a page in the background. */
const EXPIRES_S = 180;
const TIMEOUT_MS = 8000;

/** One Call-ID for all registrations of a page, each with a higher CSeq (RFC 3261 10.2). */
const series = new WeakMap<UserAgent, Core.OutgoingRequestMessage>();

const messageOf = (agent: UserAgent, instance: string, expires: number): Core.OutgoingRequestMessage => {
  const former = series.get(agent);
  const { uri } = agent.configuration;
  const registrar = uri.clone();
  registrar.user = undefined;
  const contact = agent.contact.toString({ register: true });
  const message = agent.userAgentCore.makeOutgoingRequestMessage(
    'REGISTER',
    registrar,
    uri,
    uri,
    former ? { callId: former.callId, cseq: former.cseq + 1, fromTag: former.fromTag } : { cseq: 1 },
    [
      `Contact: ${contact};reg-id=1;+sip.instance="<urn:uuid:${instance}>";expires=${expires}`,
      'Allow: ACK, CANCEL, INVITE, BYE, OPTIONS, INFO, NOTIFY, REFER',
    ],
  );
  series.set(agent, message);
  return message;
};

/**
 * Registers the page, or unregisters it when `expires` is 0. SIP.js's own Registerer would send the credentials of the
 * time before first, renew at times of its own and refuse to try again while an answer is out: each of these is in the way
 * of short-lived credentials and of a connection that comes and goes.
 *
 * @returns 408 when no answer came within 8 s, 503 when the connection broke
 */
export const register = (agent: UserAgent, instance: string, expires = EXPIRES_S): Promise<Outcome> =>
  new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      agent.transport.stateChange.removeListener(onTransport);
      resolve(outcome);
    };
    const refuse = (status: number, text: string): void => settle({ type: 'refused', status, text });
    const onTransport = (state: TransportState): void => {
      if (state === TransportState.Disconnected) refuse(503, '');
    };
    agent.transport.stateChange.addListener(onTransport);
    const timer = setTimeout(() => refuse(408, ''), TIMEOUT_MS);
    agent.userAgentCore.register(messageOf(agent, instance, expires), {
      onAccept: ({ message }) => {
        const seconds = grantedSeconds(
          message.getHeaders('contact'),
          agent.contact.uri.user ?? '',
          message.getHeader('expires'),
          EXPIRES_S,
        );
        settle({ type: 'accepted', refreshAfterMs: refreshAfterMs(seconds) });
      },
      onRedirect: ({ message }) => refuse(message.statusCode ?? 300, message.reasonPhrase ?? ''),
      onReject: ({ message }) => refuse(message.statusCode ?? 500, message.reasonPhrase ?? ''),
    });
  });
