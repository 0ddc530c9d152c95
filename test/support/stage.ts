import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readWav, type Wav } from './audio.ts';
import { type Gateway, type GatewayOptions, type Plan, startGateway } from './gateway.ts';
import type { CallRow } from './records.ts';
import { openRtpPeer, type RtpPeer, type RtpPeerOptions } from './rtp-peer.ts';
import type { HostPort, SipMessage } from './sip-message.ts';
import { type InviteOptions, openSipPeer, type PeerCall, type SipPeer } from './sip-peer.ts';
import { sleep, within } from './wait.ts';

/** Each party has a loopback address of its own, so that who sent what is plain. */
export const CARRIER = '127.0.0.2';
export const LINE = '127.0.0.3';
export const STRANGER = '127.0.0.66';

/** From the block of numbers that the Bundesnetzagentur keeps for fiction. */
export const DID = {
  first: '+493023125001',
  /** Rings `first` for 1 s, then `second`. */
  failover: '+493023125002',
  nowhere: '+493023125003',
  nowhereThenFirst: '+493023125004',
  /** A SIPp line at `stage.sippLine`. */
  sipp: '+493023125005',
  unrecorded: '+493023125006',
  switchedOff: '+493023125007',
  /** Rings `first` and `second` for 1 s each. */
  impatient: '+493023125008',
  second: '+493023125009',
  unknown: '+493023125099',
} as const;

export const CALLER = '+493023125900';
export const BLOCKED = '+493023125999';

export const SOURCE = {
  id: 'summer-ads',
  name: 'Summer ads',
  source: 'google',
  medium: 'cpc',
  campaign: 'summer',
  costCenter: 'cc-100',
} as const;

export type Answered = {
  readonly call: PeerCall;
  readonly line: PeerCall;
  readonly near: RtpPeer;
  readonly far: RtpPeer;
};

export type AnsweredOptions = Partial<InviteOptions> & {
  readonly nearPhone?: Partial<RtpPeerOptions>;
  readonly farPhone?: Partial<RtpPeerOptions>;
  /** Who is called. Default: `first`. */
  readonly by?: SipPeer;
  /** Who calls. Default: `carrier`. */
  readonly through?: SipPeer;
};

/** A gateway between a carrier and two lines, all scripted. */
export type Stage = {
  readonly gateway: Gateway;
  readonly carrier: SipPeer;
  readonly first: SipPeer;
  readonly second: SipPeer;
  readonly sippLine: HostPort;
  /** An RTP endpoint; closed with the stage. */
  phone(address: string, options?: Partial<RtpPeerOptions>): Promise<RtpPeer>;
  /** The next call that reaches `line`. */
  nextCall(line?: SipPeer): Promise<PeerCall>;
  /** A call from the carrier. */
  dial(options: Partial<InviteOptions> & { readonly did: string }): PeerCall;
  /** A call that the line has answered, both sides talking: 400 Hz from the caller, 700 Hz from the line. */
  answered(options?: AnsweredOptions): Promise<Answered>;
  /** Lets an answered call talk, then hangs up; its record. */
  finish(
    answered: Answered,
    options?: { readonly talkMs?: number; readonly by?: 'caller' | 'line' },
  ): Promise<CallRow>;
  record(call: PeerCall): Promise<CallRow>;
  /** The call's recording as samples: left the caller, right the line. */
  recording(row: CallRow): Wav & { readonly path: string };
  close(): Promise<void>;
};

/** Never gives anything; throws when the call is refused, so that a test says why no line was called. */
const refusal = async (call: PeerCall): Promise<never> => {
  const final = await call.final();
  if ((final.status ?? 0) >= 300) throw new Error(`the gateway answered ${final.startLine}`);
  return new Promise<never>(() => {});
};

const planOf = (first: SipPeer, second: SipPeer, sippLine: HostPort, nowhere: number): Plan => ({
  region: 'DE',
  sources: [{ ...SOURCE, cost: { amount: 100, currency: 'EUR', per: 'month' } }],
  lines: [
    { id: 'first', type: 'sip', uri: first.uri('line'), ringTimeoutSeconds: 10 },
    { id: 'second', type: 'sip', uri: second.uri('line'), ringTimeoutSeconds: 10 },
    { id: 'first-brief', type: 'sip', uri: first.uri('line'), ringTimeoutSeconds: 1 },
    { id: 'second-brief', type: 'sip', uri: second.uri('line'), ringTimeoutSeconds: 1 },
    { id: 'sipp', type: 'sip', uri: `sip:line@${sippLine.address}:${sippLine.port}`, ringTimeoutSeconds: 10 },
    { id: 'nowhere', type: 'sip', uri: `sip:line@${LINE}:${nowhere}`, ringTimeoutSeconds: 1 },
  ],
  numbers: [
    { number: DID.first, source: SOURCE.id, lines: ['first'] },
    { number: DID.failover, source: SOURCE.id, lines: ['first-brief', 'second'] },
    { number: DID.nowhere, source: SOURCE.id, lines: ['nowhere'] },
    { number: DID.nowhereThenFirst, source: SOURCE.id, lines: ['nowhere', 'first'] },
    { number: DID.sipp, source: SOURCE.id, lines: ['sipp'] },
    { number: DID.unrecorded, source: SOURCE.id, lines: ['first'], record: false },
    { number: DID.switchedOff, source: SOURCE.id, lines: ['first'], enabled: false },
    { number: DID.impatient, source: SOURCE.id, lines: ['first-brief', 'second-brief'] },
    { number: DID.second, source: SOURCE.id, lines: ['second'] },
  ],
  blockedCallers: [BLOCKED],
});

type Trunks = GatewayOptions['trunks'];

/** What a test has besides: parts of the plan, trunks of the configuration. */
export type Extension = Pick<
  Plan,
  | 'lines'
  | 'numbers'
  | 'pools'
  | 'sites'
  | 'automations'
  | 'flows'
  | 'groups'
  | 'schedules'
  | 'buttons'
  | 'experiments'
> & {
  readonly trunks?: Trunks;
};

export type StageOptions = Partial<Omit<GatewayOptions, 'plan'>> & {
  /** Given the scripted lines, whose ports are not known before. */
  readonly extend?: (lines: { readonly first: SipPeer; readonly second: SipPeer }) => Extension;
};

/** Opens the peers, then the gateway whose plan names them. */
export const openStage = async ({ extend, ...options }: StageOptions = {}): Promise<Stage> => {
  const [carrier, first, second, reserved, nowhere] = await Promise.all([
    openSipPeer({ address: CARRIER, user: 'carrier' }),
    openSipPeer({ address: LINE, user: 'line' }),
    openSipPeer({ address: LINE, user: 'line' }),
    openSipPeer({ address: LINE }),
    openSipPeer({ address: LINE }),
  ]);
  // Two ports on which nothing listens: one for SIPp, one for nobody.
  await Promise.all([reserved.close(), nowhere.close()]);
  const sippLine = { address: LINE, port: reserved.port };
  const phones: RtpPeer[] = [];
  const closePeers = async (): Promise<void> => {
    await Promise.all([
      carrier.close(),
      first.close(),
      second.close(),
      ...phones.map((phone) => phone.close()),
    ]);
  };

  const plan = planOf(first, second, sippLine, nowhere.port);
  const { trunks: more = [], ...extension } = extend?.({ first, second }) ?? {};
  const trunks: Trunks = options.trunks ?? [{ id: 'carrier', sources: [CARRIER], region: 'DE' }];
  const gateway = await startGateway({
    ...options,
    trunks: [...trunks, ...more],
    plan: {
      ...plan,
      ...extension,
      lines: [...(plan.lines ?? []), ...(extension.lines ?? [])],
      numbers: [...(plan.numbers ?? []), ...(extension.numbers ?? [])],
    },
  }).catch(async (error: unknown) => {
    await closePeers();
    throw error;
  });

  const phone: Stage['phone'] = async (address, phoneOptions = {}) => {
    const opened = await openRtpPeer({ address, ...phoneOptions });
    phones.push(opened);
    return opened;
  };

  const nextCall: Stage['nextCall'] = (line = first) =>
    within('a call to the line', 15_000, new Promise<PeerCall>((resolve) => line.onCall(resolve)));

  const dial: Stage['dial'] = (dialOptions) => carrier.invite({ to: gateway.sip, ...dialOptions });

  const answered: Stage['answered'] = async ({
    nearPhone,
    farPhone,
    by = first,
    through,
    ...invite
  } = {}) => {
    const near = await phone(CARRIER, { frequency: 400, telephoneEvent: 101, ...nearPhone });
    const far = await phone(LINE, { frequency: 700, telephoneEvent: 101, ...farPhone });
    const arriving = nextCall(by);
    const caller = through ?? carrier;
    const call = caller.invite({ to: gateway.sip, did: DID.first, media: near, ...invite });
    const line = await Promise.race([arriving, refusal(call)]);
    line.respond(180, 'Ringing');
    await sleep(20);
    line.accept(far);
    const final = await call.final();
    if (final.status !== 200) throw new Error(`the gateway answered ${final.startLine}`);
    await line.acked();
    near.start();
    return { call, line, near, far };
  };

  const record: Stage['record'] = (call) => gateway.records.ended(call.callId);

  return {
    gateway,
    carrier,
    first,
    second,
    sippLine,
    phone,
    nextCall,
    dial,
    answered,
    finish: async ({ call, line, near, far }, { talkMs = 1000, by = 'caller' } = {}) => {
      await sleep(talkMs);
      const [hanging, other] = by === 'caller' ? [call, line] : [line, call];
      await hanging.bye();
      near.stop();
      far.stop();
      await other.ended();
      return record(call);
    },
    record,
    recording: (row) => {
      const [recording, another] = row.recordings;
      if (!recording || another)
        throw new Error(`call ${row.call.id} has ${row.recordings.length} recordings, not one`);
      const path = join(gateway.recordings, recording.path);
      if (!existsSync(path)) throw new Error(`no file at ${path}`);
      return { ...readWav(path), path };
    },
    close: async () => {
      await closePeers();
      await gateway.close();
    },
  };
};

/** The status of a response, for expectations that read well. */
export const statusOf = (response: SipMessage): number => response.status ?? 0;
