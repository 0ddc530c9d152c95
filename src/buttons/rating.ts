import type { ButtonPlan } from '../config/index.ts';
import { noteEvent } from './events.ts';
import { type Ground, refuse } from './ground.ts';
import type { Asked, Refusal } from './pages-types.ts';
import { preparedOnce } from './prepared.ts';

const DAY_MS = 86_400_000;

type Rated = { readonly call_id: string; readonly rating: number | null };

const statementsOf = preparedOnce((file) => ({
  call: file.prepare<[press: string, button: string, since: number], Rated>(
    `SELECT web_call.call_id, web_call.rating FROM web_call JOIN call ON call.id = web_call.call_id
      WHERE web_call.press_id = ? AND web_call.button_id = ? AND coalesce(call.ended_at, call.started_at) > ?
      ORDER BY call.started_at DESC LIMIT 1`,
  ),
  rate: file.prepare<[stars: number, at: number, call: string]>(
    'UPDATE web_call SET rating = ?, rated_at = ? WHERE call_id = ? AND rating IS NULL',
  ),
}));

/** Keeps how a visitor liked the call: once, within a day of its end. */
export const createRater =
  (ground: Ground) =>
  (
    request: Asked & { readonly button: ButtonPlan; readonly pressId: string },
    stars: number,
  ): Promise<{ readonly type: 'noted' } | Refusal> =>
    ground.turns.take((file) => {
      const { button, pressId } = request;
      const at = ground.now();
      const { call, rate } = statementsOf(file);
      const found = call.get(pressId, button.id, at - DAY_MS);
      if (found === undefined) return refuse(404, 'unknown-call', 'There is no such call.');
      if (rate.run(stars, at, found.call_id).changes === 0)
        return refuse(409, 'rated', 'This call was rated before.');
      noteEvent(
        ground,
        file,
        request,
        { type: 'rating', button, pressId, page: undefined, detail: { stars } },
        at,
      );
      return { type: 'noted' };
    });
