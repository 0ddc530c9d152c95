import type { JSX } from 'preact';
import { useContext } from 'preact/hooks';
import type { PhoneActions, PhoneProblem } from '../contract.ts';
import type { Words } from '../words/index.ts';
import { useActions, useNow, useSelected, useWords } from './context.ts';
import { Icon } from './icons.tsx';
import { IconButton } from './parts.tsx';
import { reasonOf } from './refusals.ts';
import { OpenSettings } from './settings-switch.ts';

type Message = { readonly title: string; readonly text: string; readonly action: string };

const messageOf = (problem: PhoneProblem, words: Words['problems']): Message => {
  if (problem.type === 'device-gone') {
    const own = words['device-gone'];
    return { ...own, title: own.title(problem.label) };
  }
  if (problem.type === 'refused') {
    const { title, text, action, reasons } = words.refused;
    return {
      title: title(reasons[reasonOf(problem.status)]),
      text: text(problem.status, problem.text),
      action,
    };
  }
  return words[problem.type];
};

const serious = new Set<PhoneProblem['type']>([
  'insecure-origin',
  'no-webrtc',
  'microphone-refused',
  'no-microphone',
  'microphone-busy',
  'connection-lost',
  'audio-lost',
  'gateway-unreachable',
  'wrong-login',
  'too-many-logins',
]);

/** Opens the microphone once more; the phone says what is wrong if it still can't. */
const tryMicrophone = async (actions: PhoneActions, problem: PhoneProblem): Promise<void> => {
  actions.dismiss(problem);
  await actions.testMicrophone(true);
  await actions.testMicrophone(false);
};

/** What pressing the button of a problem does. */
const solve = (problem: PhoneProblem, actions: PhoneActions, openSettings: () => void): void => {
  switch (problem.type) {
    case 'insecure-origin':
      location.protocol = 'https:';
      return;
    case 'no-webrtc':
      location.reload();
      return;
    case 'microphone-refused':
    case 'no-microphone':
    case 'microphone-busy':
      void tryMicrophone(actions, problem);
      return;
    case 'device-gone':
      actions.dismiss(problem);
      openSettings();
      return;
    case 'connection-lost':
    case 'gateway-unreachable':
      actions.reconnect();
      return;
    default:
      actions.dismiss(problem);
  }
};

const Countdown = ({ until }: { readonly until: number }): JSX.Element => {
  const words = useWords();
  const seconds = Math.max(0, Math.ceil((until - useNow()) / 1000));
  // Not for screen readers: they would read each second.
  return <span aria-hidden="true"> {words.problems['connection-lost'].retrying(seconds)}</span>;
};

const Banner = ({ problem }: { readonly problem: PhoneProblem }): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const openSettings = useContext(OpenSettings);
  const { title, text, action } = messageOf(problem, words.problems);
  const isPlain = action === words.dismiss;
  return (
    <div class="banner" data-problem={problem.type} data-serious={serious.has(problem.type)}>
      <Icon name="warning" />
      <div class="banner-words">
        <strong>{title}</strong>
        <p>
          {text}
          {problem.type === 'connection-lost' && problem.retryAt !== undefined && (
            <Countdown until={problem.retryAt} />
          )}
        </p>
        {!isPlain && (
          <button
            type="button"
            class="button button-small"
            onClick={() => solve(problem, actions, openSettings)}
          >
            <span>{action}</span>
          </button>
        )}
      </div>
      <IconButton icon="close" label={words.dismiss} onClick={() => actions.dismiss(problem)} />
    </div>
  );
};

/** What is wrong and what can be done about it, the latest first. */
export const Problems = (): JSX.Element => {
  const words = useWords();
  const problems = useSelected((state) => state.problems);
  return (
    <section class="problems" aria-label={words.problems.label} aria-live="polite">
      {problems.map((problem) => (
        <Banner key={problem.type} problem={problem} />
      ))}
    </section>
  );
};
