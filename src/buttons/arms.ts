import type { ButtonPlan, ExperimentArm, ExperimentPlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import { armFor, armForMachine, type LivePlan } from '../tracking/index.ts';

/** The form of a button that a viewer sees. */
export type Form = {
  readonly form: Pick<ButtonPlan, 'text' | 'color' | 'position' | 'size'>;
  /** Of the experiment that runs on the button. */
  readonly experimentId: string | undefined;
  readonly arm: string | undefined;
};

/** Who looks at a button. */
export type Looker = {
  readonly viewer: string;
  /** A machine: it sees an arm as people do, and counts in none. */
  readonly bot: boolean;
};

/** In the transaction that is open. */
export type Arms = (
  file: SqliteFile,
  button: ButtonPlan,
  /** Undefined: the button as it is outside of experiments. */
  looker: Looker | undefined,
  at: number,
) => Form;

/** Viewers who may not be followed are remembered here alone, as long as others come after them. */
const REMEMBERED = 20_000;

const formOf = (button: ButtonPlan, arm: ExperimentArm | undefined): Form['form'] => ({
  text: arm?.text ?? button.text,
  color: arm?.color ?? button.color,
  position: arm?.position ?? button.position,
  size: arm?.size ?? button.size,
});

/** Looks arms up, as the plan in force says: one experiment runs on a button; one that has ended shows its winner. */
export const createArms = (plan: () => Pick<LivePlan, 'experiments'>): Arms => {
  const drawn = new Map<string, string>();

  const experimentOn = ({ id }: ButtonPlan): ExperimentPlan | undefined => {
    const own = [...plan().experiments.values()].filter(({ button }) => button === id);
    return own.find(({ state }) => state === 'running') ?? own.findLast(({ winner }) => winner !== undefined);
  };

  /** What such a viewer was shown holds for what it does, whatever is drawn for the next. */
  const armOfPage = (experiment: ExperimentPlan, viewer: string, draw: () => string): string => {
    const key = `${experiment.id} ${viewer}`;
    const known = drawn.get(key);
    if (known !== undefined && experiment.arms.some(({ id }) => id === known)) return known;
    const arm = draw();
    drawn.set(key, arm);
    const [oldest] = drawn.keys();
    if (drawn.size > REMEMBERED && oldest !== undefined) drawn.delete(oldest);
    return arm;
  };

  return (file, button, looker, at) => {
    const experiment = experimentOn(button);
    const armOf = (id: string | undefined) => experiment?.arms.find((arm) => arm.id === id);
    if (experiment?.state !== 'running' || looker === undefined) {
      const shown = experiment?.state === 'ended' ? armOf(experiment.winner) : undefined;
      return { form: formOf(button, shown), experimentId: undefined, arm: undefined };
    }
    const { viewer, bot } = looker;
    const draw = (): string =>
      (bot ? armForMachine(experiment, viewer) : armFor(file, experiment, viewer, at)).arm;
    const id = viewer.startsWith('e-') ? armOfPage(experiment, viewer, draw) : draw();
    return { form: formOf(button, armOf(id)), experimentId: experiment.id, arm: id };
  };
};
