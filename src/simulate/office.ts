import { setTimeout as sleep } from 'node:timers/promises';
import { FailureError } from '../base/errors.ts';
import { type IncomingInvite, startSipServer } from '../sip/index.ts';

/** The world around a gateway: a carrier that brings calls, and the office where they ring. */
export type Office = {
  /** Where its telephone is. */
  readonly uri: string;
  /**
   * Calls a number through the gateway, until it rings.
   *
   * @param gateway where it listens: `udp/127.0.0.1:5060`
   */
  dial(
    gateway: string,
    call: { readonly did: string; readonly caller: string | undefined },
  ): Promise<{
    /** The office picks up. */
    answer(): Promise<void>;
    /** Hangs up, or gives up; the gateway's id of the call. */
    end(): Promise<string | undefined>;
  }>;
  close(): Promise<void>;
};

const RINGS_WITHIN_MS = 10_000;

/** Every leg of a call bears it. */
const CALL_ID = 'X-Dialtrace-Call';

/** Audio that nobody sends and nobody hears. */
const sdp = (port: number): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=sendrecv',
    '',
  ].join('\r\n');

const SILENT_PORTS = { caller: 26_990, office: 26_992 } as const;

const hostPort = (hostport: string): string => hostport.slice(hostport.indexOf('/') + 1);

/** Opens both on a port of this machine. */
export const openOffice = async (): Promise<Office> => {
  /** Told of the call that is being placed: one is placed after the other. */
  let rings: (invite: IncomingInvite) => void = () => undefined;
  const sip = await startSipServer({
    server: {
      type: 'embedded',
      options: { listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }], sessionExpires: 0 },
    },
    onInvite: (invite) => {
      invite.ring(180);
      rings(invite);
    },
    onOptions: () => 200,
    onLost: () => undefined,
  });
  const own = hostPort(sip.hostports[0] ?? '');

  const dial: Office['dial'] = async (gateway, { did, caller }) => {
    const target = hostPort(gateway);
    const ringing = new Promise<IncomingInvite>((resolve) => {
      rings = resolve;
    });
    const outgoing = sip.dial({
      uri: `sip:${did}@${target}`,
      headers: {
        From: caller === undefined ? '<sip:anonymous@anonymous.invalid>' : `<sip:${caller}@${own}>`,
        To: `<sip:${did}@${target}>`,
        Contact: `<sip:carrier@${own}>`,
        'Content-Type': 'application/sdp',
        ...(caller === undefined && { Privacy: 'id' }),
      },
      sdp: sdp(SILENT_PORTS.caller),
      onProgress: () => undefined,
    });
    const refused = outgoing.result.then(() => undefined);
    const invite = await Promise.race([ringing, refused, sleep(RINGS_WITHIN_MS, undefined, { ref: false })]);
    let answered = false;
    return {
      answer: async () => {
        answered = true;
        await invite?.answer(sdp(SILENT_PORTS.office)).catch(() => undefined);
        await outgoing.result;
      },
      end: async () => {
        if (!answered) outgoing.cancel();
        const result = await outgoing.result;
        if (result.type === 'answered') await result.dialog.bye();
        // A call that is taken back is answered without its id: the office was told it before.
        return result.header(CALL_ID) ?? invite?.header(CALL_ID);
      },
    };
  };

  const close = (): Promise<void> => sip.close();
  if (own === '') {
    await close();
    throw new FailureError('The simulated carrier found no port to listen on.');
  }
  return { uri: `sip:office@${own}`, dial, close };
};
