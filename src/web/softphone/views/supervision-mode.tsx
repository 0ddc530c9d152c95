import type { JSX } from 'preact';
import type { Call, SupervisionMode as Mode } from '../contract.ts';
import { useActions, useSelected, useWords } from './context.ts';
import { Segments } from './parts.tsx';

export const MODES: readonly Mode[] = ['listen', 'whisper', 'barge'];

/** How a supervisor takes part in the call that this leg belongs to. */
export const SupervisionMode = ({
  call,
  mode,
}: {
  readonly call: Call;
  readonly mode: Mode;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const name = useSelected((state) => state.account?.name);
  const supervised = useSelected((state) => state.live.find(({ supervisedBy }) => supervisedBy === name)?.id);
  const id = call.id ?? supervised;
  return (
    <div class="supervision">
      <Segments
        name="supervision-mode"
        label={words.live.mode}
        value={mode}
        choices={MODES.map((value) => ({ value, label: words.live[value] }))}
        onChoose={(value) => {
          if (id !== undefined) void actions.supervise(id, value);
        }}
      />
      <p class="quiet" role="status">
        {words.live.hint[mode]}
      </p>
    </div>
  );
};
