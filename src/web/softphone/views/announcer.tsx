import type { JSX } from 'preact';
import type { Call, PhoneState } from '../contract.ts';
import { callParty } from './call-party.ts';
import { ringingCalls, sameCalls } from './chosen.ts';
import { useSelected, useWords } from './context.ts';
import { sourceText } from './story.tsx';

const callsOf = (state: PhoneState): readonly Call[] => state.calls;

/** Tells those who hear the page who calls and, once that is known, from where. */
export const Announcer = (): JSX.Element => {
  const words = useWords();
  const [ringing] = ringingCalls(useSelected(callsOf, sameCalls));
  return (
    <p class="hidden" role="alert">
      {ringing ? words.incoming.announce(callParty(ringing, words), sourceText(ringing.context)) : ''}
    </p>
  );
};
