import { need } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type Distribution, distribution } from './figures.ts';

export type SetupDelay = {
  readonly callsPerSecond: number;
  /** INVITE sent by the caller to INVITE received by the line, milliseconds. */
  readonly invite: Distribution;
  /** 200 sent by the line to 200 received by the caller. */
  readonly answer: Distribution;
};

/** Delay that the gateway adds to a call's setup; caller and line live in this process and read one clock. */
export const setupDelay = async (stage: Stage, rate: number, seconds: number): Promise<SetupDelay> => {
  const near = await stage.phone(CARRIER);
  const far = await stage.phone(LINE);
  const sent = new Map<string, number>();
  const answeredAt = new Map<string, number>();
  const inviteDelays: number[] = [];
  const answerDelays: number[] = [];
  // Both ends know a call by its caller's number.
  const caller = (index: number): string => `+4930231${String(10_000 + index)}`;
  const keyOf = (call: PeerCall): string => need(call.invite, 'from').match(/sip:([^@]+)@/)?.[1] ?? '';

  stage.first.onCall((line) => {
    const key = keyOf(line);
    const at = sent.get(key);
    if (at !== undefined) inviteDelays.push(performance.now() - at);
    line.respond(180, 'Ringing');
    setTimeout(() => {
      answeredAt.set(key, performance.now());
      line.respond(200, 'OK', { sdp: far.sdp() });
    }, 20);
  });

  const one = async (index: number): Promise<void> => {
    const key = caller(index);
    sent.set(key, performance.now());
    const call = stage.dial({ did: DID.first, from: `<sip:${key}@carrier.example>`, media: near });
    await call.final();
    const answered = answeredAt.get(key);
    const arrival = call.responses.find(({ message }) => message.status === 200)?.at;
    if (answered !== undefined && arrival !== undefined) answerDelays.push(arrival - answered);
    await sleep(200);
    await call.bye();
  };

  const calls: Promise<void>[] = [];
  const began = performance.now();
  for (let index = 0; index < rate * seconds; index += 1) {
    const due = began + (index * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    calls.push(one(index));
  }
  await Promise.all(calls);
  return { callsPerSecond: rate, invite: distribution(inviteDelays), answer: distribution(answerDelays) };
};
