import type { JSX } from 'preact';
import type { CallEnd, CallState, EndReason } from '../call/contract.ts';
import type { PanelWords } from '../words/en.ts';
import { Icon } from './icons.tsx';
import { Button, NumberLink, useScope } from './parts.tsx';

/** Why it is over, in one sentence. */
export const endText = ({ ended }: PanelWords, { code, reason, retryAfterS }: CallEnd): string => {
  const why = (code !== undefined && ended.codes[code]) || ended.reasons[reason];
  if (retryAfterS !== undefined) return `${why} ${ended.retryIn(retryAfterS)}`;
  return reason === 'too-many' ? `${why} ${ended.retryLater}` : why;
};

/** The browser's way does not work: the telephone's may. */
export const BY_PHONE: readonly EndReason[] = ['lost', 'unreachable', 'unable', 'failed'];

const STARS = [1, 2, 3, 4, 5];

/** How the call was, with one tap. */
const Rating = (): JSX.Element => {
  const { words, session, view } = useScope();
  const { rated } = view;
  return (
    <fieldset class="rating">
      <legend>{words.ended.rate}</legend>
      <div class="stars">
        {STARS.map((count) => (
          <button
            key={count}
            type="button"
            class={count <= (rated ?? 0) ? 'star lit' : 'star'}
            aria-label={words.ended.stars(count)}
            aria-pressed={rated === count}
            // Not disabled: that would take the focus away.
            aria-disabled={rated !== undefined}
            onClick={() => session.rate(count)}
          >
            <Icon name="star" />
          </button>
        ))}
      </div>
      <p role="status">{rated === undefined ? '' : words.ended.thanks}</p>
    </fieldset>
  );
};

/** The call is over, or never came about: what was it like, what else can be done? */
export const Ended = ({ call }: { readonly call: CallState }): JSX.Element | null => {
  const { words, session } = useScope();
  if (!call.end) return null;
  const wasAnswered = call.answeredAt !== undefined;
  const isDone = wasAnswered && ['hung-up', 'longest-time'].includes(call.end.reason);
  return (
    <>
      {!wasAnswered && <p class="phase">{words.ended.failed}</p>}
      <p role={isDone ? 'status' : 'alert'}>{endText(words, call.end)}</p>
      {BY_PHONE.includes(call.end.reason) && (
        <section class="number-block" aria-label={words.offer.number}>
          <NumberLink />
        </section>
      )}
      {wasAnswered && <Rating />}
      <div class="row">
        {isDone ? (
          <Button kind="main" label={words.close} onClick={session.close} />
        ) : (
          <Button kind="main" label={words.problems.other} onClick={session.offerOthers} />
        )}
        <Button icon="phone" label={words.ended.again} onClick={session.callAgain} />
      </div>
    </>
  );
};
