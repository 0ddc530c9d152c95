import type { Frame, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type ButtonStage, TONE, TONES } from './call-button-stage.ts';
import { hearsOf, type Listener } from './hearing.ts';
import type { CallRow } from './records.ts';
import type { RtpPeer } from './rtp-peer.ts';
import type { PeerCall, SipPeer } from './sip-peer.ts';
import type { Softphone } from './softphone.ts';
import { LINE } from './stage.ts';
import { sleep, until } from './wait.ts';

/** A page with call buttons as a visitor uses it: by what stands on it, not by what is behind it. */

type Surface = Page | Frame;

/** The button itself, once the gateway has described it. */
export const buttonIn = (surface: Surface, id: string): Locator =>
  surface.locator(`dt-call-button[button="${id}"]`).getByRole('button').first();

export const control = (surface: Surface, name: string | RegExp): Locator =>
  surface.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) }).first();

export const sees = async (surface: Surface, text: string | RegExp, timeout = 10_000): Promise<void> => {
  const found = surface.getByText(text).filter({ visible: true }).first();
  await found.waitFor({ timeout }).catch(async (error: unknown) => {
    const panel = await surface.locator('dt-call-panel .panel').allTextContents();
    throw new Error(`${String(error)}\non the page: ${panel.join(' ')}`);
  });
};

/** Presses it, and waits until it rings. */
export const pressButton = async (surface: Surface, id: string): Promise<void> => {
  await buttonIn(surface, id).click();
};

export const ringing = (surface: Surface): Promise<void> => sees(surface, /^Ringing/);
export const talking = (surface: Surface): Promise<void> => sees(surface, 'Connected');
export const ended = (surface: Surface): Promise<void> =>
  control(surface, 'Call again').waitFor({ timeout: 10_000 });

/** Those of the stage's tones that the page plays. */
export const pageHears = async (surface: Surface, ms = 600): Promise<number[]> => {
  const { shares } = await surface.evaluate<{ shares: number[] }>(
    `probe.listen(${JSON.stringify(TONES)}, ${ms})`,
  );
  return TONES.filter((_, index) => (shares[index] ?? 0) > 0.6);
};

type Other = Listener | Softphone;

const otherHears = (other: Other): Promise<number[]> =>
  'hears' in other ? other.hears(TONES) : hearsOf(other, TONES, 600);

/**
 * The visitor and the other side hear each other, and nothing else. Tried again for `patienceMs`.
 *
 * @param tone that the other side says, Hz
 */
export const expectTalk = async (
  surface: Surface,
  other: Other,
  tone: number = TONE.line,
  { patienceMs = 6000, isMuted = false } = {},
): Promise<void> => {
  const wanted = [[tone], isMuted ? [] : [TONE.visitor]];
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const heard = await Promise.all([pageHears(surface), otherHears(other)]);
    if (Date.now() > deadline || JSON.stringify(heard) === JSON.stringify(wanted)) {
      expect(heard).toEqual(wanted);
      return;
    }
    await sleep(50);
  }
};

export type WebCall = Readonly<Record<string, unknown>> & { readonly call_id: string };

/** What the button left of a call, once it is there. */
export const webCallOf = (
  stage: ButtonStage,
  where: string,
  ...values: readonly unknown[]
): Promise<WebCall> =>
  until(`a call with ${where}`, () => {
    const sql = `SELECT * FROM web_call WHERE ${where} ORDER BY pressed_at DESC LIMIT 1`;
    return stage.gateway.records.query<WebCall>(sql, ...values)[0];
  });

/** Both records of the latest call of a button, once it is over. */
export const recordOf = async (
  stage: ButtonStage,
  button: string,
): Promise<{ readonly row: CallRow; readonly web: WebCall }> => {
  const web = await webCallOf(stage, 'button_id = ?', button);
  const row = await until('the call is over', () =>
    stage.gateway.records.calls().find(({ call }) => call.id === web.call_id && call.ended_at !== null),
  );
  return { row, web: await webCallOf(stage, 'call_id = ?', web.call_id) };
};

/** What happened at a button, oldest first. */
export const eventsOf = (
  stage: ButtonStage,
  press: unknown,
): readonly { readonly type: string; readonly detail: Readonly<Record<string, unknown>> }[] =>
  stage.gateway.records
    .query<{ type: string; detail: string }>(
      'SELECT type, detail FROM button_event WHERE press_id = ? ORDER BY seq',
      press,
    )
    .map(({ type, detail }) => ({ type, detail: JSON.parse(detail) as Record<string, unknown> }));

/** A call that a line is about to get, and the sound of its answer. */
export type Answering = { readonly far: RtpPeer; readonly line: Promise<PeerCall> };

/** The next call to a line rings there for `ringMs`, is answered, and hears the line's tone. */
export const answering = async (
  stage: ButtonStage,
  { by = stage.first, ringMs = 0 }: { readonly by?: SipPeer; readonly ringMs?: number } = {},
): Promise<Answering> => {
  const far = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
  const arriving = stage.nextCall(by);
  const answered = async (): Promise<PeerCall> => {
    const call = await arriving;
    call.respond(180, 'Ringing');
    if (ringMs > 0) await sleep(ringMs);
    call.accept(far);
    await call.acked();
    return call;
  };
  return { far, line: answered() };
};

/** Answers a call, lets both sides hear each other, and hangs up. */
export const talkOnce = async (
  stage: ButtonStage,
  surface: Surface,
  press: () => Promise<void>,
): Promise<void> => {
  const { far, line } = await answering(stage);
  await press();
  const call = await line;
  await talking(surface);
  await expectTalk(surface, far);
  await call.bye();
  far.stop();
  await ended(surface);
};
