import { createRegistration, openWebPhone, type PhoneAccount } from '../support/phone.ts';
import {
  type HostPort,
  header,
  need,
  type SipMessage,
  token,
  writeResponse,
} from '../support/sip-message.ts';
import { type Later, later, within } from '../support/wait.ts';
import { type Identity, type LightBrowser, makeIdentity, openLightBrowser } from './light-browser.ts';

/** A user who answers every call, over SIP in a WebSocket, with a light browser each. */
export type LightUser = {
  /** The browser that answered a call, by the gateway's call id; connected. */
  browserOf(callId: string): Promise<LightBrowser>;
  close(): void;
};

const statusLine = { ok: [200, 'OK'], ringing: [180, 'Ringing'] } as const;

export const openLightUser = async (ws: HostPort, account: PhoneAccount): Promise<LightUser> => {
  const identity: Identity = await makeIdentity();
  const browsers = new Map<string, Later<LightBrowser>>();

  const waitFor = (callId: string): Later<LightBrowser> => {
    const known = browsers.get(callId) ?? later<LightBrowser>();
    browsers.set(callId, known);
    return known;
  };

  const respond = (request: SipMessage, kind: keyof typeof statusLine, body = ''): void => {
    const [status, reason] = statusLine[kind];
    const extra = kind === 'ok' ? [['Contact', phone.contact] as const] : [];
    phone.reply(
      writeResponse(request, status, reason, { toTag: `${need(request, 'call-id')}-l`, extra, body }),
    );
  };

  const take = async (invite: SipMessage): Promise<void> => {
    const browser = await openLightBrowser(invite.body, identity);
    respond(invite, 'ok', browser.answer);
    await browser.connect();
    waitFor(header(invite, 'x-dialtrace-call') ?? token()).resolve(browser);
  };

  const phone = await openWebPhone(ws, account.user, (message) => {
    if (message.method === 'INVITE') take(message).catch(() => undefined);
    else if (message.method !== undefined && message.method !== 'ACK') respond(message, 'ok');
  });
  const registered = await createRegistration(phone, account).register({ expires: 600 });
  if (registered.status !== 200) throw new Error(`REGISTER: ${registered.startLine}`);

  return {
    browserOf: (callId) => within(`the browser of call ${callId}`, 20_000, waitFor(callId).promise),
    close: () => {
      phone.close();
      identity.remove();
    },
  };
};
