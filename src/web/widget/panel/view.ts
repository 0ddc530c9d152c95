import type { Press } from '../button/contract.ts';
import type { CallState, KeptCall, WidgetCall } from '../call/contract.ts';
import type { Refusal } from './gate.ts';

/** What the visitor sees. */
export type Scene =
  /** Asks for the intent, and whether to call. */
  | { readonly type: 'sheet' }
  /** A code goes to the visitor's number: before a call, or before a call back to that number. */
  | { readonly type: 'number'; readonly problem: Refusal['code'] | undefined }
  | {
      readonly type: 'code';
      readonly number: string;
      readonly challenge: string;
      /** Another one can be sent then, `performance.now()`. */
      readonly againAt: number;
      readonly problem: Refusal | undefined;
    }
  /** Before the browser asks for the microphone. */
  | { readonly type: 'explain'; readonly denied: boolean }
  | { readonly type: 'call' }
  | {
      readonly type: 'offer';
      readonly why: Why;
      readonly first: 'callback' | 'number';
      readonly problem: Refusal['code'] | undefined;
    }
  | { readonly type: 'asked'; readonly when: 'now' | 'later'; readonly dueAt: number };

export type Why = (Press['decision'] & { readonly type: 'offer' })['why'] | 'other';

export type View = {
  readonly press: Press;
  readonly scene: Scene;
  /** The gateway is being asked. */
  readonly busy: boolean;
  readonly call: CallState | undefined;
  readonly minimised: boolean;
  readonly intent: string | undefined;
  /** Stars that the visitor gave. */
  readonly rated: number | undefined;
  readonly qrUrl: string;
};

/** What the visitor can do. */
export type Session = {
  readonly view: View;
  choose(intent: string): void;
  confirm(): void;
  sendCode(number: string): void;
  checkCode(code: string): void;
  otherNumber(): void;
  goOn(microphone: 'ask' | 'none'): void;
  callBack(number: string): void;
  offerOthers(): void;
  callAgain(): void;
  rate(stars: number): void;
  dialled(): void;
  minimise(on: boolean): void;
  /** Ends whatever is under way and takes everything away. */
  close(): void;
  /** The page is left. */
  leave(): void;
  readonly call: WidgetCall | undefined;
};

/** What the next page needs to go on with a call. */
export type KeptPress = {
  /** ms since the epoch; the light script looks at it. */
  readonly at: number;
  readonly site: string;
  readonly press: Omit<Press, 'from' | 'focus'>;
  readonly intent: string | undefined;
  readonly minimised?: boolean;
  readonly call: KeptCall;
};
