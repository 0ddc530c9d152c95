import type { MediaLeg } from '../media/index.ts';
import type { SipDialog } from '../sip/index.ts';

/** Lets a dialog's peer change its media; nobody else needs to know. */
export const serveMedia = (dialog: Pick<SipDialog, 'onMedia'>, leg: MediaLeg): void =>
  dialog.onMedia({
    receiveOffer: (offer) => leg.acceptOffer(offer),
    makeOffer: () => leg.createOffer(),
    receiveAnswer: (answer) => leg.acceptAnswer(answer),
  });
