import type { ButtonPlan } from '../../config/index.ts';
import { openState, scheduleInForce, storedSchedules } from '../../flows/index.ts';
import type { LineTable, NumberRoute } from '../../store/index.ts';
import type { CallServices } from '../types.ts';

/** Where a button's call goes now. */
export type Destination = {
  readonly lines: readonly LineTable[];
  /** Undefined: the lines are dialled. */
  readonly flow: NumberRoute['flow'];
  /** Nobody takes calls now, for this reason. */
  readonly closed: string | undefined;
};

type Stored = Pick<CallServices, 'store'>;

/** Why the button takes no calls at this moment; undefined: it does. A schedule that can't be read is open. */
export const closedReason = async (
  { store }: Stored,
  { schedule: id }: Pick<ButtonPlan, 'schedule'>,
  at: number,
): Promise<string | undefined> => {
  if (id === undefined) return undefined;
  const state = await store
    .exclusively((file) => {
      const found = storedSchedules(file).find((schedule) => schedule.id === id);
      return found && openState(scheduleInForce(file, found).schedule, at);
    })
    .catch(() => undefined);
  return state === undefined || state.state === 'open' ? undefined : `${id} is closed: ${state.reason}`;
};

const flowOf = async ({ store }: Stored, id: string | undefined): Promise<NumberRoute['flow']> => {
  const version = id === undefined ? undefined : await store.flows.latest(id);
  return id === undefined || version === undefined ? undefined : { id, version };
};

const linesOf = async ({ store }: Stored, ids: readonly string[]): Promise<readonly LineTable[]> =>
  (await Promise.all(ids.map((id) => store.numbers.line(id)))).flatMap((line) => line ?? []);

/** Where a call of this button and intent goes at this moment. The page has no say in it. */
export const destinationOf = async (
  services: Stored,
  button: ButtonPlan,
  intentId: string | undefined,
  at: number,
): Promise<Destination> => {
  const closed = await closedReason(services, button, at);
  if (closed !== undefined) {
    const flow = button.closed === 'voicemail' ? await flowOf(services, button.closedFlow) : undefined;
    return { lines: [], flow, closed: flow === undefined ? closed : undefined };
  }
  const intent = button.intents.find(({ id }) => id === intentId);
  const { lines = [], flow } = intent?.lines || intent?.flow ? intent : button;
  return {
    lines: await linesOf(services, lines),
    flow: await flowOf(services, flow),
    closed: undefined,
  };
};
