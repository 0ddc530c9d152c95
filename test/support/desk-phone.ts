import { writeFileSync } from 'node:fs';
import { commandOf } from './command.ts';
import { authorization } from './digest.ts';
import type { Gateway } from './gateway.ts';
import { createRegistration, type PhoneAccount } from './phone.ts';
import type { RtpPeer } from './rtp-peer.ts';
import { type Header, header } from './sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from './sip-peer.ts';

/** A user's phone on the desk: SIP over UDP, plain RTP, and a password. */
export type DeskPhone = {
  readonly peer: SipPeer;
  readonly account: PhoneAccount;
  /** Calls a user part of its domain, and proves who it is. Media: offered unless an own SDP is. */
  call(target: string, options?: DeskCallOptions): Promise<PeerCall>;
  close(): Promise<void>;
};

export type DeskCallOptions = {
  readonly media?: RtpPeer;
  readonly headers?: readonly Header[];
};

/** The user of a phone, as the command makes it. */
export const addPhoneUser = async (
  gateway: Gateway,
  { user, password }: PhoneAccount,
  ...words: string[]
): Promise<void> => {
  const file = `${gateway.directory}/${user}.txt`;
  writeFileSync(file, password);
  const { code, stderr } = await commandOf(gateway)('user', 'add', user, '--password-file', file, ...words);
  if (code !== 0) throw new Error(`user add ${user}: ${stderr}`);
};

/** Registers, over MD5 as old phones do. */
export const openDeskPhone = async (
  gateway: Gateway,
  account: PhoneAccount,
  address: string,
): Promise<DeskPhone> => {
  const { user, domain, password } = account;
  const peer = await openSipPeer({ address, user });
  const wire = {
    via: `SIP/2.0/UDP ${peer.address}:${peer.port};rport`,
    contact: `<${peer.uri(user)}>`,
    received: peer.received,
    send: (text: string) => peer.raw(text, gateway.sip),
  };
  const { status } = await createRegistration(wire, account).register({ expires: 600, md5: true });
  if (status !== 200) throw new Error(`REGISTER of ${user}: ${status}`);

  return {
    peer,
    account,
    call: async (target, { media, headers = [] } = {}) => {
      const uri = `sip:${target}@${domain}`;
      const from = `<sip:${user}@${domain}>`;
      const options = {
        to: gateway.sip,
        did: target,
        uri,
        from,
        toHeader: `<${uri}>`,
        ...(media && { media }),
      };
      const asked = await peer.invite({ ...options, headers }).final();
      const challenge = header(asked, 'www-authenticate');
      if (challenge === undefined) throw new Error(`no challenge: ${asked.startLine}`);
      const proof = authorization(challenge, { username: user, password }, 'INVITE', uri);
      return peer.invite({ ...options, headers: [...headers, ['Authorization', proof]] });
    },
    close: () => peer.close(),
  };
};
