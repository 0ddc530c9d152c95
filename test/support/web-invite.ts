import { authorization } from './digest.ts';
import type { PhoneAccount, Wire } from './phone.ts';
import { cseqOf, type Header, header, need, type SipMessage, token, writeSip } from './sip-message.ts';
import { until } from './wait.ts';

export type WebInvite = {
  /** Final response. */
  readonly final: SipMessage;
  readonly callId: string;
};

/** Sends an INVITE as a page does, answers the challenge, and gives the final response; a success is acknowledged and hung up. */
export const inviteFromPage = async (
  wire: Wire,
  { user, domain, password, username = user }: PhoneAccount,
  target: string,
  body: string,
): Promise<WebInvite> => {
  const uri = `sip:${target}@${domain}`;
  const [callId, tag] = [token(), token()];
  const head = (method: string, number: number, to: string, more: readonly Header[] = []): Header[] => [
    ['Via', `${wire.via};branch=z9hG4bK${token()}`],
    ['Max-Forwards', '70'],
    ['From', `<sip:${user}@${domain}>;tag=${tag}`],
    ['To', to],
    ['Call-ID', callId],
    ['CSeq', `${number} ${method}`],
    ['Contact', wire.contact],
    ...more,
  ];
  const finalOf = (number: number, method = 'INVITE'): Promise<SipMessage> =>
    until(`the final response to ${method}`, () =>
      wire.received
        .map(({ message }) => message)
        .find(
          (message) =>
            (message.status ?? 0) >= 200 &&
            header(message, 'call-id') === callId &&
            cseqOf(message).number === number &&
            cseqOf(message).method === method,
        ),
    );
  const invite = async (number: number, more: readonly Header[] = []): Promise<SipMessage> => {
    const headers = head('INVITE', number, `<${uri}>`, more);
    wire.send(writeSip(`INVITE ${uri} SIP/2.0`, headers, body));
    const final = await finalOf(number);
    const failed = (final.status ?? 0) >= 300;
    const [via, ...rest] = headers;
    const ack = rest.filter(([name]) => !['To', 'CSeq', 'Contact', 'Authorization'].includes(name));
    if (failed && via)
      wire.send(
        writeSip(`ACK ${uri} SIP/2.0`, [via, ...ack, ['To', need(final, 'to')], ['CSeq', `${number} ACK`]]),
      );
    return final;
  };

  const asked = await invite(1);
  const challenge = header(asked, 'www-authenticate');
  if (challenge === undefined) return { final: asked, callId };
  const proof = authorization(challenge, { username, password }, 'INVITE', uri);
  const final = await invite(2, [['Authorization', proof]]);
  if (final.status === 200) {
    const to = need(final, 'to');
    wire.send(writeSip(`ACK ${uri} SIP/2.0`, head('ACK', 2, to)));
    wire.send(writeSip(`BYE ${uri} SIP/2.0`, head('BYE', 3, to)));
    await finalOf(3, 'BYE');
  }
  return { final, callId };
};
