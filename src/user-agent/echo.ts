import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { MediaEngine } from '../media/index.ts';
import { type IncomingInvite, startSipServer } from '../sip/index.ts';

/** A built-in line that answers every call and sends back what it hears. */
export type Echo = { readonly uri: string; close(): Promise<void> };

export type EchoOptions = {
  /** Address on which the gateway can reach it: loopback, unless the gateway listens on one other address only. */
  readonly address: string;
  readonly media: MediaEngine;
  readonly logger: Logger;
};

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Starts the echo: a SIP user agent of its own on a port that the system picks, so that a call to it is a call like any other. */
export const startEcho = async ({ address, media, logger }: EchoOptions): Promise<Echo> => {
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
      session.on('timeout', () => {
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
