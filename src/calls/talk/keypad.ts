import type { MediaLeg, MediaSession } from '../../media/index.ts';
import type { Board } from '../board.ts';
import { createKeyEcho, type KeyWay } from '../key-echo.ts';
import type { CallRecord } from '../record/index.ts';
import type { CallServices } from '../types.ts';
import { type Consultation, consult } from './consultation.ts';
import { type CodeReader, codesOf, createCodeReader, type FeatureCode } from './feature-codes.ts';
import { handOver } from './transfer.ts';
import { type Conversation, nameOf, type Party } from './types.ts';

/** A code's keys follow one another within this time. */
const CODE_MS = 1_000;
const DIGIT_MS = 100;
/** Digits of an extension or a telephone number. */
const MOST_DIGITS = 20;

export type KeypadDependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly record: CallRecord;
  readonly session: MediaSession;
  readonly conversation: Conversation;
  readonly isRecorded: boolean;
};

/** The keys that those in a call press: codes are obeyed, all else goes to the other side. */
export type Keypad = {
  /** A party takes its seat. */
  attend(party: Party): void;
  /** A key came as INFO. */
  pressed(party: Party, digit: string, durationMs: number): void;
};

/** What the keys of one party are for at the moment. */
type Desk = {
  readonly party: Party;
  readonly reader: CodeReader;
  timer: NodeJS.Timeout | undefined;
  readonly isEcho: (key: string, way: KeyWay) => boolean;
  /** The number that is being keyed in, and what for. */
  entry: { readonly code: 'blindTransfer' | 'attendedTransfer'; digits: string } | undefined;
  consultation: Consultation | undefined;
};

/** Whose keys may be codes: the phones of users, and the line of a call that comes from outside. */
const mayUseCodes = ({ plan }: Conversation, { side, user }: Party): boolean =>
  user !== undefined || (side === 'line' && plan.origin.type !== 'user');

export const openKeypad = (deps: KeypadDependencies): Keypad => {
  const { services, record, session, conversation } = deps;
  const { features } = services;
  const codes = codesOf(features);
  const desks = new Map<Party['side'], Desk>();
  let paused = false;

  const send = (leg: MediaLeg, keys: string, durationMs = DIGIT_MS): void =>
    void leg.sendDigits(keys, durationMs).catch(() => undefined);

  /** Whoever the party talks to. */
  const partnerOf = ({ party, consultation }: Desk): MediaLeg =>
    consultation?.partner() ?? conversation.opposite(party).leg;

  const clear = (desk: Desk): void => {
    clearTimeout(desk.timer);
    desk.timer = undefined;
  };

  const wait = (desk: Desk, ms: number, then: () => void): void => {
    clear(desk);
    desk.timer = setTimeout(() => {
      if (desks.get(desk.party.side) === desk && !conversation.isOver) then();
    }, ms);
  };

  const pauseRecording = ({ party }: Desk): void => {
    if (!deps.isRecorded) return;
    paused = !paused;
    session.pauseRecording(paused);
    const by = nameOf(party);
    record.note(
      paused ? 'recording-paused' : 'recording-resumed',
      paused ? `Recording paused by ${by}.` : `Recording goes on: ${by} has ended the pause.`,
      { by },
    );
    void party.leg
      .play({ type: 'tone', frequencies: [paused ? 440 : 880], seconds: 0.2 })
      .catch(() => undefined);
  };

  const beginEntry = (desk: Desk, code: 'blindTransfer' | 'attendedTransfer'): void => {
    desk.entry = { code, digits: '' };
    const { region } = conversation.plan;
    void conversation
      .opposite(desk.party)
      .leg.play(services.holdMusic)
      .catch(() => undefined);
    void desk.party.leg.play({ type: 'dial', ...(region && { region }) }).catch(() => undefined);
    wait(desk, features.digitTimeoutSeconds * 1000, () => endEntry(desk));
  };

  const leaveEntry = (desk: Desk): void => {
    desk.entry = undefined;
    clear(desk);
    desk.party.leg.stopPlaying();
  };

  const endEntry = (desk: Desk): void => {
    const { entry, party } = desk;
    leaveEntry(desk);
    if (entry === undefined || entry.digits === '') {
      conversation.opposite(party).leg.stopPlaying();
      return;
    }
    const target = features.extensions[entry.digits] ?? entry.digits;
    const { transferNumbers } = features;
    const wish = {
      target,
      mayCallNumbers:
        transferNumbers === 'everybody' || (transferNumbers === 'users' && party.user !== undefined),
    };
    if (entry.code === 'blindTransfer') {
      void handOver(deps, party, wish);
      return;
    }
    const consultation = consult(deps, party, wish);
    desk.consultation = consultation;
    void consultation.done.then(() => {
      for (const each of desks.values())
        if (each.consultation === consultation) each.consultation = undefined;
    });
  };

  const enterKey = (desk: Desk, entry: NonNullable<Desk['entry']>, key: string): void => {
    if (key === '#' || key === '*') {
      if (key === '*') entry.digits = '';
      endEntry(desk);
      return;
    }
    if (entry.digits === '') desk.party.leg.stopPlaying();
    entry.digits = (entry.digits + key).slice(0, MOST_DIGITS);
    wait(desk, features.digitTimeoutSeconds * 1000, () => endEntry(desk));
  };

  const obey = (desk: Desk, code: FeatureCode): void => {
    if (code === 'pauseRecording') pauseRecording(desk);
    else if (desk.consultation === undefined) beginEntry(desk, code);
    else desk.consultation.back();
  };

  const press = (desk: Desk, key: string, way: KeyWay, durationMs: number): void => {
    if (desk.isEcho(key, way)) return;
    if (desk.entry) {
      enterKey(desk, desk.entry, key);
      return;
    }
    clear(desk);
    const reads = desk.reader.press(key);
    // What was heard as a tone needs no sending.
    const pass = (keys: string): void => {
      if (way !== 'tone') send(partnerOf(desk), keys, keys === key ? durationMs : DIGIT_MS);
    };
    for (const read of reads) {
      if (read.type === 'code') obey(desk, read.code);
      else pass(read.keys);
    }
    if (desk.reader.pending !== '') wait(desk, CODE_MS, () => pass(desk.reader.giveUp()));
  };

  const deskOf = (party: Party | undefined): Desk | undefined => {
    const desk = party && desks.get(party.side);
    return desk?.party === party ? desk : undefined;
  };

  session.on('dtmf', (leg, key, durationMs, way) => {
    if (conversation.isOver) return;
    const desk = deskOf(conversation.parties().find((party) => party.leg === leg));
    if (desk) press(desk, key, way, durationMs);
  });

  void conversation.ended.then(() => {
    for (const desk of desks.values()) clear(desk);
  });

  return {
    attend: (party) => {
      const before = desks.get(party.side);
      if (before) clear(before);
      desks.delete(party.side);
      const held = codes.size > 0 && mayUseCodes(conversation, party);
      party.leg.holdDigits(held);
      party.leg.listenForTones(held);
      if (!held) return;
      const reader = createCodeReader(codes);
      // A page that was loaded again goes on with what it had begun.
      const isSame = party.user !== undefined && before?.party.user === party.user;
      const consultation = isSame ? before?.consultation : undefined;
      desks.set(party.side, {
        party,
        reader,
        timer: undefined,
        isEcho: createKeyEcho(services.now),
        entry: undefined,
        consultation,
      });
    },
    pressed: (party, digit, durationMs) => {
      if (conversation.isOver || !conversation.isSeated(party)) return;
      const desk = deskOf(party);
      if (desk) press(desk, digit, 'info', durationMs);
      else send(conversation.opposite(party).leg, digit, durationMs);
    },
  };
};
