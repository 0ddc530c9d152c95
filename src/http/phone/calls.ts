import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { callRow } from '../../reports/index.ts';
import type { CallDetail, UserTable } from '../../store/index.ts';
import { afterWrapUp } from '../../tracking/index.ts';
import { callIdSchema } from '../calls.ts';
import { whenFree } from '../patience.ts';
import { HttpProblem } from '../problem.ts';
import { addRoute, nothing } from '../route.ts';
import { buttonWords } from './button-words.ts';
import { directionSchema, historyCall, historyCallSchema, namesFor } from './history.ts';
import type { PhoneContext } from './types.ts';
import { wrapUpBody, wrapUpRow } from './wrap-up.ts';

/** Earlier calls of a caller that are shown. */
const EARLIER_CALLS = 5;
const LIMIT = 'use a whole number from 1 to 100';

const text = z.string().nullable();

const contextSchema = z.object({
  id: z.string(),
  direction: directionSchema,
  party: historyCallSchema.shape.party,
  partyName: text,
  visitor: historyCallSchema.shape.visitor,
  region: text,
  did: text,
  didLabel: text,
  sourceName: text,
  source: text,
  medium: text,
  campaign: text,
  keyword: text,
  landingPage: text,
  button: text.meta({ description: 'The call button that brought it' }),
  intent: text.meta({ description: 'What the visitor said that it is about, in words of the button' }),
  page: text.meta({ description: 'Path of the page that the button stands on' }),
  callBack: z
    .boolean()
    .meta({ description: 'The visitor asked there to be called, and is when the agent has answered' }),
  priorCalls: z.int().nullable(),
  history: z.array(historyCallSchema.extend({ agent: text })).meta({ description: 'Earlier calls' }),
  supervision: z
    .object({ by: z.string(), mode: z.enum(['listen', 'whisper', 'barge']) })
    .nullable()
    .meta({ description: 'Null too where agents are not told' }),
});

const listQuery = z.strictObject({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(100, LIMIT).default(30),
  cursor: callIdSchema.optional().meta({ description: '`next` of the page before' }),
});

const pageSchema = z.object({
  calls: z.array(historyCallSchema).meta({ description: 'Newest first' }),
  next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
});

const idParams = z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) });

/** A user's own calls: who calls and from where, the history, and what is noted after a call. */
export const phoneCallRoutes = (app: FastifyInstance, context: PhoneContext): void => {
  const { store, phone, sessions, logger, now } = context;
  const liveCall = (id: string) => phone.calls.live().find((call) => call.id === id);

  const isConcerned = (detail: CallDetail, user: UserTable): boolean =>
    user.role === 'supervisor' ||
    detail.call.agent === user.name ||
    detail.legs.some(({ role, user: name }) => role !== 'S' && name === user.name) ||
    liveCall(detail.call.id)?.users.includes(user.name) === true;

  /** Whoever's phone rang and somebody else answered has nothing to say about the call. */
  const tookPart = ({ call, legs }: CallDetail, { name, role }: UserTable): boolean => {
    if (role === 'supervisor' || call.agent === null || call.agent === name) return true;
    const live = liveCall(call.id);
    if (live?.answeredAt !== undefined && live.users.includes(name)) return true;
    return legs.some(
      ({ role: part, user, answered_at }) => part !== 'S' && user === name && answered_at !== null,
    );
  };

  /** @throws HttpProblem 404 when there is none, or none of the user's */
  const ownCall = async (id: string, user: UserTable): Promise<CallDetail> => {
    const detail = await store.calls.get(id);
    if (detail && isConcerned(detail, user)) return detail;
    throw new HttpProblem(404, `There is no call ${id} of yours.`);
  };

  /** The wrap-up is kept whatever becomes of this. */
  const feedLead = (id: string): Promise<void> =>
    whenFree(() => store.exclusively((file) => afterWrapUp(file, id, { at: now() }))).then(
      () => undefined,
      (err: unknown) => logger.error({ err, call: id }, 'a wrap-up could not be taken over into the lead'),
    );

  const earlier = async ({ call }: CallDetail) =>
    call.caller_hmac === null
      ? []
      : await store.calls.list({ callerHmac: call.caller_hmac, before: call.id, limit: EARLIER_CALLS });

  const contextOf = async (detail: CallDetail, user: UserTable): Promise<z.output<typeof contextSchema>> => {
    const { call } = detail;
    const row = callRow(detail);
    const before = await earlier(detail);
    const names = await namesFor(context, [row, ...before]);
    const live = liveCall(call.id);
    const other = live?.users.find((name) => name !== user.name) ?? null;
    // Legs are written at the end of a call.
    const isUnwritten = call.direction === 'internal' && detail.legs.length === 0;
    const party = isUnwritten
      ? { party: other, partyName: names.display(other), visitor: false }
      : names.partyOf(row, user.name);
    const maySee = phone.settings.supervision.visible || user.role === 'supervisor';
    return {
      id: call.id,
      direction: call.direction,
      ...party,
      region: call.caller_region,
      did: call.did,
      didLabel: names.label(call.did),
      sourceName: call.source_name,
      source: call.source,
      medium: call.medium,
      campaign: call.campaign,
      keyword: call.keyword,
      landingPage: call.landing_page,
      ...(await buttonWords(store, row)),
      priorCalls: call.prior_calls,
      history: before.map((each) => ({ ...historyCall(each, names, user.name, store), agent: each.agent })),
      supervision: (maySee ? live?.supervision : undefined) ?? null,
    };
  };

  addRoute(
    app,
    {
      url: '/phone/api/calls',
      summary: 'Calls in which the user was rung, or that it placed, newest first',
      tag: 'phone',
      params: nothing,
      query: listQuery,
      response: pageSchema,
      handle: async ({ query: { limit, cursor }, request }) => {
        const { name } = await sessions.require(request);
        const rows = await store.calls.list({
          user: name,
          includeTests: true,
          // One more than asked for tells whether there is a next page.
          limit: limit + 1,
          ...(cursor !== undefined && { before: cursor.toUpperCase() }),
        });
        const page = rows.slice(0, limit);
        const names = await namesFor(context, page);
        const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
        return { calls: page.map((row) => historyCall(row, names, name, store)), next };
      },
    },
    { session: true },
  );

  addRoute(
    app,
    {
      url: '/phone/api/calls/:id',
      summary: 'Who calls and from where: source, campaign, keyword, page, earlier calls',
      tag: 'phone',
      params: idParams,
      query: nothing,
      response: contextSchema,
      handle: async ({ params, request }) => {
        const user = await sessions.require(request);
        return contextOf(await ownCall(params.id, user), user);
      },
    },
    { session: true },
  );

  addRoute(
    app,
    {
      method: 'POST',
      url: '/phone/api/calls/:id/wrap-up',
      summary: 'Note what a call was; a later note takes the place of an earlier one',
      tag: 'phone',
      params: idParams,
      query: nothing,
      body: wrapUpBody,
      response: historyCallSchema,
      handle: async ({ params: { id }, body, request }) => {
        const user = await sessions.require(request);
        const { disposition } = body;
        if (!tookPart(await ownCall(id, user), user))
          throw new HttpProblem(403, 'Somebody else had this call.');
        if (disposition !== null && !phone.settings.dispositions.includes(disposition))
          throw new HttpProblem(409, `"${disposition}" is not among phone.dispositions of dialtrace.yaml.`);
        await whenFree(() =>
          store.wrapUps.save(wrapUpRow(body, { callId: id, user: user.name, at: now() }, store.vault)),
        );
        phone.agents?.notesSaved(user.name, id);
        await feedLead(id);
        const row = callRow(await ownCall(id, user));
        return historyCall(row, await namesFor(context, [row]), user.name, store);
      },
    },
    { session: true },
  );
};
