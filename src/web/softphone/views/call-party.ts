import type { Call } from '../contract.ts';
import type { Words } from '../words/index.ts';
import { partyText } from './format.ts';

/** Number, or name in SIP, of the other side of a call; a supervisor's leg has none of its own. */
export const numberOf = (call: Call, words: Words): string =>
  call.supervision && !call.context && call.party === ''
    ? words.live.you
    : partyText(call.context ?? call, words);

/** Name or number of the other side of a call. */
export const callParty = (call: Call, words: Words): string =>
  call.context?.partyName ?? numberOf(call, words);
