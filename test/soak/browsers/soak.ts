import { makeIdentity } from '../../bench/light-browser.ts';
import { bindAt, newStream, sdpOf, sendTo } from '../../bench/rtp-load.ts';
import { openInside } from '../../support/inside.ts';
import { addUser } from '../../support/phone-stage.ts';
import { readSdp } from '../../support/rtp-peer.ts';
import { CARRIER, openStage } from '../../support/stage.ts';
import { until } from '../../support/wait.ts';
import { openLightAgent } from './agent.ts';
import { faultsOf, type Sample, take } from './sample.ts';
import { DOMAIN, deckOf, KINDS, WORKER_DIES } from './scenes.ts';

/** Short calls with browsers that end in every way, and what is left of them. */

const PASSWORD = 'correct horse battery';
const DID = '+493023125061';
const BRIEF_DID = '+493023125062';
/** Seconds without audio after which a call ends. */
const TIMEOUT_S = 2;

/** What is over soon after the last call, and what is later. */
const SOON = /^dialtrace_media_(legs|sessions|ports_quarantined)$/;
const LAST = /^dialtrace_(media_(legs|sessions|ports_quarantined)|sip_(client|server)_transactions)$/;

export type BrowserSoak = {
  readonly before: Sample;
  /** After each round. */
  readonly samples: readonly Sample[];
  /** Sentences; none when all is well. */
  readonly faults: readonly string[];
};

/** `calls` calls, a few at a time, in rounds; what is left is looked at after each. */
export const soakBrowsers = async ({
  calls,
  rounds,
  atOnce,
  patient,
  onSample = () => undefined,
}: {
  readonly calls: number;
  readonly rounds: number;
  readonly atOnce: number;
  /** Waits for SIP transactions, too: 32 s (64 times T1). */
  readonly patient: boolean;
  readonly onSample?: (sample: Sample) => void;
}): Promise<BrowserSoak> => {
  const { NODE_OPTIONS } = process.env;
  process.env['NODE_OPTIONS'] = `${NODE_OPTIONS ?? ''} --inspect-port=0`;
  const stage = await openStage({
    registrar: { domains: [DOMAIN] },
    websocket: true,
    media: {
      webrtc: { port: 0, workers: 1 },
      timeoutSeconds: { first: TIMEOUT_S, later: TIMEOUT_S },
    },
    log: { level: 'warn' },
    extend: () => ({
      lines: [
        { id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 15 },
        { id: 'alice-brief', type: 'user', user: 'alice', ringTimeoutSeconds: 1 },
      ],
      numbers: [
        { number: DID, source: 'summer-ads', lines: ['alice'] },
        { number: BRIEF_DID, source: 'summer-ads', lines: ['alice-brief'] },
      ],
    }),
  });
  process.env['NODE_OPTIONS'] = NODE_OPTIONS ?? '';
  const identity = await makeIdentity();
  const near = await bindAt(CARRIER);
  const inside = await openInside(stage.gateway);
  const samples: Sample[] = [];
  const faults: string[] = [];
  try {
    await addUser(stage, 'alice');
    const { ws } = stage.gateway;
    if (!ws) throw new Error('no WebSocket listener');
    const agent = await openLightAgent(ws, { user: 'alice', domain: DOMAIN, password: PASSWORD }, identity);

    const place = async (kind: string, index: number): Promise<void> => {
      const caller = `+4930231${10_000 + index}`;
      const did = kind === 'never answered' ? BRIEF_DID : DID;
      const call = stage.dial({ did, from: `<sip:${caller}@carrier.example>`, sdp: sdpOf(near) });
      const at = await agent.callFrom(caller);
      const packet = newStream(index, () => undefined).packet;
      const say = (): void => {
        const answer = call.responses.find(({ message }) => message.status === 200)?.message.body;
        if (answer) sendTo(near, readSdp(answer))(packet);
      };
      await KINDS[kind]?.({ stage, call, at, identity, say }).catch((error: unknown) => {
        faults.push(`a call ${kind}: ${String(error)}`);
      });
    };

    const round = async (first: number, count: number): Promise<Sample> => {
      const deck = deckOf(count).map((kind, index) => [kind, first + index] as const);
      // What touches all calls at once, or whose line is the stage's one, is alone.
      const alone = deck.filter(([kind]) => kind === 'handed on');
      const queue = deck.filter((each) => !alone.includes(each));
      const worker = async (): Promise<void> => {
        for (let next = queue.shift(); next; next = queue.shift()) await place(...next);
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      for (const each of alone) await place(...each);
      return settle(first + count);
    };

    const settle = async (done: number): Promise<Sample> => {
      const resting = patient && done === calls ? LAST : SOON;
      await until(
        'nothing rests',
        async () => {
          const gauges = (await stage.gateway.metrics()).matching(resting);
          return [...gauges.values()].every((value) => value === 0);
        },
        { timeoutMs: 60_000, everyMs: 200 },
      ).catch((error: unknown) => faults.push(String(error)));
      const sample = await take(stage, inside, done);
      onSample(sample);
      return sample;
    };

    const before = await settle(0);
    await place(WORKER_DIES, calls);
    const each = Math.ceil(calls / rounds);
    for (let done = 0; done < calls; done += each)
      samples.push(await round(done, Math.min(each, calls - done)));
    faults.push(...faultsOf(before, samples, stage, patient));
    agent.close();
    return { before, samples, faults };
  } catch (error) {
    throw new Error(`${String(error)}\n${stage.gateway.log().slice(-3000)}`);
  } finally {
    inside.close();
    near.close();
    await stage.close();
    identity.remove();
  }
};
