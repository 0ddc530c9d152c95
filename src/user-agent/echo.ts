import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { MediaEngine } from '../media/index.ts';
import { type IncomingInvite, startSipServer } from '../sip/index.ts';

type Echo = { readonly uri: string; close(): Promise<void> };

type EchoOptions = {
  /** Address to listen on. */
  readonly address: string;
  readonly media: MediaEngine;
  readonly logger: Logger;
};

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Starts the echo: a SIP user agent of its own on a port that the system picks, so that a call to it is a call like any other. */
const startEcho = async ({ address, media, logger }: EchoOptions): Promise<Echo> => {
  const answer = async (invite: IncomingInvite): Promise<void> => {
    const session = media.createSession(`echo ${invite.sipCallId}`);
    const close = (): void => void session.close();
    invite.onCancel(close);
    try {
      const leg = await session.addLeg({
        label: 'echo',
        nat: false,
        codecs: ['PCMU', 'PCMA'],
        advertisedAddress: address,
      });
      invite.ring(180);
      const sdp = invite.offer === undefined ? leg.createOffer() : await leg.acceptOffer(invite.offer);
      session.bridge(leg, leg);
      session.watch(leg);
      const dialog = await invite.answer(sdp, (late) => leg.acceptAnswer(late));
      dialog.onMedia({
        receiveOffer: (offer) => leg.acceptOffer(offer),
        makeOffer: () => leg.createOffer(),
        receiveAnswer: (late) => leg.acceptAnswer(late),
      });
      dialog.onHangUp(close);
      session.on('lost', () => {
        void dialog.bye();
        close();
      });
    } catch (error) {
      logger.warn({ error: errorMessage(error) }, 'echo could not answer');
      invite.refuse(500);
      close();
    }
  };

  const server = await startSipServer({
    server: {
      type: 'embedded',
      options: { listen: [{ protocol: 'udp', address, port: 0 }], sessionExpires: 0 },
    },
    onInvite: (invite) => void answer(invite),
    onOptions: () => 200,
    onLost: (error) => logger.error({ error: error.message }, 'the echo stopped'),
  });
  const port = server.hostports[0]?.split(':').at(-1) ?? '';
  return { uri: `sip:echo@${bracketed(address)}:${port}`, close: () => server.close() };
};

/** A built-in line that answers every call and sends back what it hears. */
export type EchoLine = {
  /** Its URI; starts it at the first call. */
  uri(): Promise<string>;
  close(): Promise<void>;
};

/** Where the gateway can reach a user agent on its own machine: loopback, unless it listens on another address only. */
const reachableFrom = (gateway: string): string => {
  if (gateway === '0.0.0.0') return '127.0.0.1';
  return gateway === '::' ? '::1' : gateway;
};

/** @param options `gateway` is the address that the gateway's SIP side is bound to */
export const createEchoLine = (options: {
  gateway: string;
  media: MediaEngine;
  logger: Logger;
}): EchoLine => {
  const { gateway, media, logger } = options;
  let echo: Promise<Echo> | undefined;
  return {
    uri: async () => {
      echo ??= startEcho({ address: reachableFrom(gateway), media, logger });
      return (await echo).uri;
    },
    close: async () => {
      await (await echo?.catch(() => undefined))?.close();
    },
  };
};
