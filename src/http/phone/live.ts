import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ulid } from '../../base/ids.ts';
import type { LiveCall } from '../../calls/index.ts';
import type { CallTable, WebCallTable } from '../../store/index.ts';
import { callIdSchema } from '../calls.ts';
import { whenFree } from '../patience.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import { directionSchema } from './history.ts';
import { requireSupervisor } from './session.ts';
import type { PhoneContext } from './types.ts';

const text = z.string().nullable();
const modeSchema = z.enum(['listen', 'whisper', 'barge']);

const liveSchema = z.object({
  calls: z.array(
    z.object({
      id: z.string(),
      agent: text,
      agentName: text,
      party: text.meta({ description: 'Masked, or the name of the other user' }),
      visitor: z.boolean().meta({ description: 'Of a web page, who has told no number' }),
      did: text,
      didLabel: text,
      sourceName: text,
      direction: directionSchema,
      startedAt: z.int(),
      answeredAt: z.int().nullable(),
      onHold: z.boolean(),
      supervisedBy: text,
      mode: modeSchema.nullable(),
    }),
  ),
});

type Record = Pick<CallTable, 'id' | 'caller_masked' | 'source_name' | 'did'> & {
  readonly web_kind: WebCallTable['kind'] | null;
};

/** What supervisors see and do. */
export const liveRoutes = (app: FastifyInstance, { store, phone, sessions, now }: PhoneContext): void => {
  const records = async (calls: readonly LiveCall[]): Promise<ReadonlyMap<string, Record>> => {
    if (calls.length === 0) return new Map();
    const rows = await store.db
      .selectFrom('call')
      .leftJoin('web_call', 'web_call.call_id', 'call.id')
      .select(['call.id', 'caller_masked', 'source_name', 'did', 'web_call.kind as web_kind'])
      .where(
        'call.id',
        'in',
        calls.map(({ id }) => id),
      )
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  };

  const list = async (): Promise<z.output<typeof liveSchema>> => {
    const calls = phone.calls.live();
    const [byId, numbers, users] = await Promise.all([
      records(calls),
      store.db
        .selectFrom('tracking_number')
        .select(['number', 'label'])
        .where('label', 'is not', null)
        .execute(),
      store.db.selectFrom('user').select(['name', 'display']).execute(),
    ]);
    const labels = new Map(numbers.map(({ number, label }) => [number, label]));
    const displays = new Map(users.map(({ name, display }) => [name, display]));
    return {
      calls: calls.map((call) => {
        const record = byId.get(call.id);
        const [agent, other] = call.users;
        const did = call.trackingNumber ?? record?.did ?? null;
        return {
          id: call.id,
          agent: agent ?? null,
          agentName: displays.get(agent ?? '') ?? null,
          party: record?.caller_masked ?? (call.direction === 'internal' ? (other ?? null) : null),
          visitor: record?.caller_masked === null && record.web_kind !== null,
          did,
          didLabel: labels.get(did ?? '') ?? null,
          sourceName: record?.source_name ?? null,
          direction: call.direction,
          startedAt: call.startedAt,
          answeredAt: call.answeredAt ?? null,
          onHold: call.onHold,
          supervisedBy: call.supervision?.by ?? null,
          mode: call.supervision?.mode ?? null,
        };
      }),
    };
  };

  addRoute(
    app,
    {
      url: '/phone/api/live',
      summary: 'Calls that are up; for supervisors',
      tag: 'phone',
      params: nothing,
      query: nothing,
      response: liveSchema,
      handle: async ({ request }) => {
        requireSupervisor(await sessions.require(request));
        return list();
      },
    },
    { session: true },
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/live/:id/mode',
      summary: 'Listen, speak to the agent alone, or speak to both, in a call that one supervises',
      tag: 'phone',
      params: z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) }),
      query: nothing,
      body: z.strictObject({ mode: modeSchema }),
      response: nothing,
      handle: async ({ params: { id }, body: { mode }, request }) => {
        const { name } = requireSupervisor(await sessions.require(request));
        if (!phone.calls.setSupervision(id, name, mode))
          throw new HttpProblem(409, `You are not in call ${id}.`);
        const at = now();
        const detail = JSON.stringify({ mode });
        await whenFree(() =>
          store.audit.append({ id: ulid(at), at, user: name, action: 'supervise', call_id: id, detail }),
        );
        return {};
      },
    },
    { session: true },
  );
};
