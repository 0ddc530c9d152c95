import { type Session, SessionState, type URI } from 'sip.js';
import { DONE, type Done, GONE, settledBy } from '../../call/session.ts';
import { fragmentOf } from './sip-text.ts';

const TRANSFER_MS = 90_000;

/**
 * Asks the gateway to hand the call over (RFC 3515) and follows what comes of it. A gateway that ends the call has done it.
 *
 * @param target an address, or an answered call that is joined with this one (RFC 3891)
 */
export const refer = (session: Session, target: URI | Session): Promise<Done> => {
  if (session.state !== SessionState.Established) return Promise.resolve(GONE);
  return settledBy(session, TRANSFER_MS, DONE, (settle) => {
    session
      .refer(target, {
        requestDelegate: {
          onReject: ({ message }) =>
            settle({
              type: 'refused',
              status: message.statusCode ?? 500,
              text: message.reasonPhrase ?? '',
            }),
        },
        onNotify: (notification) => {
          void notification.accept();
          const outcome = fragmentOf(notification.request.body);
          if (!outcome || outcome.status < 200) return;
          settle(
            outcome.status < 300 ? DONE : { type: 'refused', status: outcome.status, text: outcome.text },
          );
        },
      })
      .catch(() => settle({ type: 'refused', status: 500, text: '' }));
  });
};
