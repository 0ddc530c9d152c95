import type { Dialog, Req, SipMessage, Srf } from '../integration/sip-engine/srf.ts';
import { sleep } from '../support/wait.ts';
import { sdp } from './app.ts';
import { vanishingCaller } from './noise.ts';
import type { Phone } from './phone.ts';
import { RINGERS, talkTime } from './plan.ts';
import { PROTOCOLS, type Protocol } from './wire.ts';

export type Caller = {
  readonly srf: Srf;
  readonly phones: readonly Phone[];
  /** The engine's ports. */
  portOf(protocol: Protocol): number;
};

type Place = (caller: Caller, call: number) => Promise<void>;

const protocolOf = (call: number): Protocol => PROTOCOLS[call % PROTOCOLS.length] ?? 'udp';

const uriOf = ({ portOf }: Caller, call: number, user: string): string => {
  const protocol = protocolOf(call);
  return `sip:${user}@127.0.0.1:${portOf(protocol)};transport=${protocol}`;
};

const dial = (caller: Caller, call: number, user: string, options: object = {}): Promise<Dialog> =>
  caller.srf.createUAC(uriOf(caller, call, user), { localSdp: sdp('carrier'), ...options });

const ended = (dialog: Dialog): Promise<void> => new Promise((resolve) => dialog.on('destroy', resolve));

const talk = async (dialog: Dialog, call: number): Promise<void> => {
  const other = ended(dialog).then(() => true);
  const hungUp = await Promise.race([other, sleep(talkTime(call)).then(() => false)]);
  if (hungUp) throw new Error('the other side hung up');
  await dialog.destroy();
};

const refused = async (placed: Promise<Dialog>, status: number): Promise<void> => {
  const got = await placed.then(
    () => 200,
    (error: { status?: number }) => error.status,
  );
  if (got !== status) throw new Error(`${got} instead of ${status}`);
};

/** What happens to a phone that reboots meanwhile is nobody's fault. */
const unlessRebooted = async (phones: readonly Phone[], work: Promise<void>): Promise<void> => {
  const before = phones.map(({ reboots }) => reboots);
  await work.catch((error: unknown) => {
    if (phones.every(({ reboots }, index) => reboots === before[index])) throw error;
  });
};

const cancelled: Place = async (caller, call) => {
  let request: Req | undefined;
  const placed = caller.srf.createUAC(
    uriOf(caller, call, 'ring'),
    { localSdp: sdp('carrier') },
    {
      cbRequest: (_error: unknown, sent: Req) => {
        request = sent;
      },
      cbProvisional: (response: SipMessage) => response.status === 180 && request?.cancel({}),
    },
  );
  await refused(placed, 487);
};

const toPhone: Place = async (caller, call) => {
  const which = call % (caller.phones.length - RINGERS);
  const phone = caller.phones[which];
  if (phone === undefined) return;
  await unlessRebooted(
    [phone],
    dial(caller, call, `phone.${which}`).then((dialog) => talk(dialog, call)),
  );
};

const forked: Place = async (caller, call) => {
  const answering = call % (caller.phones.length - RINGERS);
  const ringing = caller.phones.length - RINGERS + (call % RINGERS);
  const phones = [caller.phones[answering], caller.phones[ringing]].filter((phone) => phone !== undefined);
  await unlessRebooted(
    phones,
    dial(caller, call, `fork.${ringing}.${answering}`).then((dialog) => talk(dialog, call)),
  );
};

const changed: Place = async (caller, call) => {
  const dialog = await dial(caller, call, 'answer');
  await dialog.modify(sdp('carrier', 2));
  const response = await dialog.request({
    method: 'INFO',
    headers: { 'Content-Type': 'application/dtmf-relay' },
    body: 'Signal=5',
  });
  if (response.status !== 200) throw new Error(`INFO got ${response.status}`);
  await talk(dialog, call);
};

const toHangUp: Place = async (caller, call) => {
  const dialog = await dial(caller, call, `hangup.${talkTime(call)}`);
  await ended(dialog);
};

const answered =
  (user: (call: number) => string, options: object = {}): Place =>
  async (caller, call) =>
    talk(await dial(caller, call, user(call), options), call);

/** Of a hundred calls, so many of each kind. */
export const KINDS: readonly { readonly name: string; readonly share: number; readonly place: Place }[] = [
  { name: 'bridged to a line', share: 27, place: answered((call) => `bridge.${protocolOf(call * 3 + 1)}`) },
  { name: 'bridged to a phone', share: 18, place: toPhone },
  { name: 'answered', share: 10, place: answered(() => 'answer') },
  { name: 'ended by the application', share: 8, place: toHangUp },
  { name: 'changed in the middle', share: 8, place: changed },
  {
    name: 'with a reliable 183',
    share: 3,
    place: answered(() => 'reliable', { headers: { Supported: '100rel' } }),
  },
  { name: 'forked to two phones', share: 6, place: forked },
  { name: 'refused', share: 7, place: (caller, call) => refused(dial(caller, call, 'busy'), 486) },
  { name: 'cancelled', share: 7, place: cancelled },
  { name: 'never answered', share: 3, place: (caller, call) => refused(dial(caller, call, 'silent'), 480) },
  {
    name: 'with a caller that vanishes',
    share: 3,
    place: (caller, call) => vanishingCaller(caller.portOf, call, uriOf(caller, call, 'hangup.2000')),
  },
];

const DECK = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

/** The kind of call number `call`: well mixed, and each in its share. */
export const kindOf = (call: number) => DECK[(call * 37) % DECK.length];
