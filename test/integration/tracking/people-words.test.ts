import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  afterWrapUp,
  dryRun,
  getLead,
  listForms,
  listLeads,
  listSpam,
  setLead,
  submitForm,
  tagCall,
  timeline,
  untagCall,
} from '../../../src/tracking/people/index.ts';
import { ALICE, BOB, DAY_MS, DID, makePeopleStage, NOON, type PeopleStage } from './people-stage.ts';

let stage: PeopleStage;
beforeEach(async () => {
  stage = await makePeopleStage();
});
afterEach(() => stage.remove());

const BY = { by: 'alice', at: NOON + DAY_MS };
const scoreOf = async (id: string) =>
  (await stage.all<{ spam_score: number }>('SELECT spam_score FROM call WHERE id = ?', id))[0]?.spam_score;

describe('a word on spam', () => {
  it('flags the call, takes its lead along, and counts for the next one', async () => {
    const id = await stage.ended(NOON);
    await stage.run((file) => tagCall(file, id, ['spam'], BY));
    expect(await scoreOf(id)).toBe(3);
    expect(await stage.run((file) => listSpam(file))).toMatchObject([{ id, spam_score: 3 }]);
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({ status: 'spam' });
    // The latest record of a call holds.
    expect((await stage.events('call.ended')).map(({ subject, body }) => [subject, body['spam']])).toEqual([
      [id, false],
      [id, true],
    ]);
    expect(await scoreOf(await stage.ended(NOON + 2 * DAY_MS))).toBe(3);
  });

  it('clears a call, and the next one counts with it', async () => {
    const id = await stage.ended(NOON, { talk_ms: 3000 });
    expect(await scoreOf(id)).toBe(3);
    await stage.run((file) => tagCall(file, id, ['not-spam'], BY));
    expect(await scoreOf(id)).toBe(0);
    expect(await stage.run((file) => listSpam(file))).toEqual([]);
    expect(await scoreOf(await stage.ended(NOON + 2 * DAY_MS, { talk_ms: 3000 }))).toBe(0);
  });

  it('is taken back by the next one, or with its tag', async () => {
    const id = await stage.ended(NOON);
    await stage.run((file) => tagCall(file, id, ['spam'], BY));
    const tags = await stage.run((file) =>
      tagCall(file, id, ['not-spam'], { by: 'bob', at: NOON + 2 * DAY_MS }),
    );
    expect(tags).toMatchObject([{ tag: 'not-spam', by: 'bob' }]);
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({ status: 'new' });
    await stage.run((file) => tagCall(file, id, ['spam'], BY));
    expect(await scoreOf(id)).toBe(3);
    expect(await stage.run((file) => untagCall(file, id, 'spam', BY))).toBe(true);
    expect(await stage.run((file) => untagCall(file, id, 'spam', BY))).toBe(false);
    expect(await scoreOf(id)).toBe(0);
  });

  it('of an automation is no person’s word', async () => {
    await stage.automations({ id: 'a', when: {}, do: { tags: ['spam'] } });
    await stage.ended(NOON);
    expect(await scoreOf(await stage.ended(NOON + DAY_MS))).toBe(0);
  });
});

describe('tags', () => {
  it('let automations follow, each once', async () => {
    await stage.automations({ id: 'press', when: { tag: 'press' }, do: { status: 'unqualified' } });
    const id = await stage.ended(NOON);
    await stage.run((file) => tagCall(file, id, ['press'], BY));
    await stage.run((file) => tagCall(file, id, ['more'], BY));
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({ status: 'unqualified' });
    expect(await stage.all("SELECT text FROM call_event WHERE type = 'automation'")).toHaveLength(1);
  });

  it('of a call that is not there', async () => {
    expect(await stage.run((file) => tagCall(file, 'NONE', ['x'], BY))).toBeUndefined();
    expect(await stage.run((file) => untagCall(file, 'NONE', 'x', BY))).toBeUndefined();
  });

  it('are not without end', async () => {
    const id = await stage.ended(NOON);
    const many = Array.from({ length: 51 }, (_, index) => `tag ${index}`);
    await expect(stage.run((file) => tagCall(file, id, many, BY))).rejects.toThrow('at most 50');
    expect(await stage.all('SELECT * FROM call_tag')).toEqual([]);
  });
});

describe('a wrap-up', () => {
  const noted = async (id: string, more: Parameters<PeopleStage['wrapUp']>[1]) => {
    await stage.wrapUp(id, more);
    await stage.run((file) => afterWrapUp(file, id, { at: NOON + 300_000 }));
    return stage.run((file) => getLead(file, id));
  };

  it('of a sale makes a customer and says what was sold', async () => {
    const id = await stage.ended(NOON);
    expect(
      await noted(id, { disposition: 'sale', value_micros: 900_000_000, value_currency: 'EUR' }),
    ).toMatchObject({
      status: 'customer',
      sale_micros: 900_000_000,
      value_micros: null,
      currency: 'EUR',
      converted_at: NOON + 300_000,
    });
  });

  it('never takes a lead back', async () => {
    const id = await stage.ended(NOON);
    await noted(id, { disposition: 'sale' });
    expect(await noted(id, { disposition: 'wrong number' })).toMatchObject({ status: 'customer' });
    expect(await noted(id, { disposition: 'support' })).toMatchObject({ status: 'customer' });
  });

  it('of a lead notes its value, in one currency', async () => {
    const id = await stage.ended(NOON);
    expect(
      await noted(id, { disposition: 'lead', value_micros: 5_000_000, value_currency: 'EUR' }),
    ).toMatchObject({ status: 'qualified', value_micros: 5_000_000 });
    expect(
      await noted(id, { disposition: 'lead', value_micros: 7_000_000, value_currency: 'USD' }),
    ).toMatchObject({ value_micros: 5_000_000, currency: 'EUR' });
  });

  it('that says spam marks the call, until it says something else', async () => {
    const id = await stage.ended(NOON);
    expect(await noted(id, { disposition: 'spam' })).toMatchObject({ status: 'spam' });
    expect(await scoreOf(id)).toBe(3);
    expect(await noted(id, { disposition: 'lead' })).toMatchObject({ status: 'qualified' });
    expect(await stage.all('SELECT * FROM call_tag')).toEqual([]);
    expect(await scoreOf(id)).toBe(0);
  });

  it('of an outbound call feeds the one who was called', async () => {
    const id = await stage.call(NOON, { direction: 'outbound', caller: BOB });
    expect(await noted(id, { disposition: 'appointment' })).toMatchObject({ status: 'qualified' });
    expect(await stage.all('SELECT key FROM person_key')).toEqual([{ key: stage.store.vault.hmac(BOB) }]);
  });

  it('lets automations look at its words', async () => {
    await stage.automations({ id: 'termin', when: { disposition: 'Termin' }, do: { status: 'qualified' } });
    const id = await stage.ended(NOON);
    expect(await noted(id, { disposition: 'termin' })).toMatchObject({ status: 'qualified' });
  });
});

describe('leads', () => {
  it('are listed by their last change, a page at a time', async () => {
    const ids: string[] = [];
    for (const [index, caller] of ['+12025550111', '+12025550112', '+12025550113'].entries())
      ids.push(await stage.ended(NOON + index, { caller }));
    await stage.run((file) => setLead(file, ids[0] ?? '', { status: 'qualified' }, NOON + DAY_MS));
    const all = await stage.run((file) => listLeads(file));
    expect(all.map(({ contact }) => contact)).toEqual(['+120******11', '+120******13', '+120******12']);
    const [first] = await stage.run((file) => listLeads(file, { limit: 1 }));
    const rest = await stage.run((file) => listLeads(file, { after: first?.person_id }));
    expect(rest).toEqual(all.slice(1));
    expect(await stage.run((file) => listLeads(file, { status: 'new' }))).toHaveLength(2);
  });

  it('tell only what has changed', async () => {
    const id = await stage.ended(NOON);
    await stage.run((file) => setLead(file, id, { owner: 'alice' }, NOON));
    await stage.run((file) => setLead(file, id, { status: 'new' }, NOON));
    expect(await stage.events('lead.changed')).toHaveLength(1);
  });

  it('need somebody', async () => {
    const id = await stage.ended(NOON, { caller: null });
    await expect(stage.run((file) => setLead(file, id, { status: 'new' }, NOON))).rejects.toThrow(
      'Nobody is known',
    );
    expect(await stage.run((file) => setLead(file, 'NONE', { status: 'new' }, NOON))).toBeUndefined();
  });
});

describe('forms', () => {
  const submit = (more: object = {}, at = NOON) =>
    stage.run((file) =>
      submitForm(
        file,
        { name: 'quote', at, fields: { message: 'My roof leaks' }, ...more },
        { vault: stage.store.vault, region: 'US' },
      ),
    );

  it('are sealed, matched to their visit, and make a lead', async () => {
    await stage.visit('V1', 'B1', NOON - 60_000);
    const { form } = await submit({ visitor: 'B1', phone: '(202) 555-0177', email: 'Mary@Example.com' });
    expect(form).toMatchObject({
      site_id: 'main',
      visit_id: 'V1',
      visitor_id: 'B1',
      contact_masked: '+120******77',
      contact_hmac: stage.store.vault.hmac(ALICE),
    });
    expect(form.fields_encrypted.toString('latin1')).not.toContain('roof');
    expect(JSON.parse(stage.store.vault.revealNote(form.fields_encrypted))).toEqual({
      message: 'My roof leaks',
      phone: '(202) 555-0177',
      email: 'Mary@Example.com',
    });
    expect(await stage.all('SELECT DISTINCT person_id FROM person_key')).toHaveLength(1);
    expect(await stage.events('form.submitted')).toMatchObject([
      { subject: form.id, body: { name: 'quote', visitor: 'B1', visit: 'V1', contact: form.contact_hmac } },
    ]);
    expect(await stage.run((file) => getLead(file, form.id))).toMatchObject({ status: 'new' });
  });

  it('and calls from the number in them are one person, in either order', async () => {
    const call = await stage.ended(NOON - DAY_MS, { caller: ALICE });
    await stage.visit('V1', 'B1', NOON - 60_000);
    const { form } = await submit({ visit: 'V1', phone: ALICE });
    await submit({ email: 'bob@example.com', phone: BOB });
    const later = await stage.ended(NOON + DAY_MS, { caller: BOB });
    const person = async (id: string) => (await stage.run((file) => timeline(file, id)))?.person;
    expect(await person(form.id)).toBe(await person(call));
    expect(await person('B1')).toBe(await person(call));
    expect(await person(later)).not.toBe(await person(call));
    expect(await stage.all('SELECT id FROM person')).toHaveLength(2);
    // The event log says so too: a contact of a form, and the caller.
    const hmac = stage.store.vault.hmac(ALICE);
    expect((await stage.events('person.linked'))[0]?.body).toMatchObject({
      a: { kind: 'caller', key: hmac },
      b: { kind: 'contact', key: hmac },
    });
  });

  it('twice are one', async () => {
    const first = await submit({ externalId: 'crm-1', email: 'a@example.com' });
    const second = await submit({ externalId: 'crm-1', email: 'b@example.com' }, NOON + 1000);
    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.form.id).toBe(first.form.id);
    expect(await stage.events('form.submitted')).toHaveLength(1);
    expect(await stage.run((file) => listForms(file))).toHaveLength(1);
  });

  it('of nobody are kept', async () => {
    const { form } = await submit({ phone: 'call me', email: 'nonsense', visit: 'NONE', visitor: 'NONE' });
    expect(form).toMatchObject({
      visit_id: null,
      visitor_id: null,
      contact_hmac: null,
      contact_masked: null,
    });
    expect(await stage.all('SELECT * FROM person')).toEqual([]);
    expect(await stage.run((file) => timeline(file, form.id))).toMatchObject({ person: null, timeline: [] });
  });

  it('let automations follow', async () => {
    await stage.automations(
      {
        id: 'quote',
        when: { event: 'form', form: 'Quote', region: 'US', campaign: 'roof' },
        do: { tags: ['asked'], status: 'qualified' },
      },
      { id: 'calls', when: { event: 'call' }, do: { tags: ['called'] } },
    );
    await stage.visit('V1', 'B1', NOON - 60_000);
    const { form } = await submit({ visit: 'V1', phone: ALICE });
    expect(await stage.run((file) => timeline(file, form.id))).toMatchObject({
      tags: ['asked'],
      lead: { status: 'qualified' },
    });
  });
});

describe('the timeline', () => {
  it('shows visits, calls, forms and the lead in order, numbers masked', async () => {
    await stage.visit('V1', 'B1', NOON - 2 * DAY_MS, {
      source: 'google',
      medium: 'organic',
      channel: 'organic',
    });
    await stage.visit('V2', 'B1', NOON - 300_000);
    await stage.run((file) =>
      file
        .prepare("INSERT INTO click (visit_id, at, kind, number) VALUES ('V2', ?, 'tel', ?)")
        .run(NOON, DID),
    );
    const call = await stage.ended(NOON, {
      match_method: 'lease',
      match_prob: 0.98,
      visit_id: 'V2',
      visitor_id: 'B1',
    });
    await stage.ended(NOON + DAY_MS, { answered_at: null });
    await stage.ended(NOON + 40 * DAY_MS, { answered_at: null });
    const { form } = await stage.run((file) =>
      submitForm(file, { name: 'quote', at: NOON + 3_600_000, phone: ALICE, fields: {} }, stage.store),
    );
    await stage.run((file) => setLead(file, call, { status: 'customer' }, NOON + 2 * DAY_MS));
    const view = await stage.run((file) => timeline(file, 'B1'));
    expect(view).toMatchObject({
      contacts: ['+120******77'],
      visitors: ['B1'],
      lead: { status: 'customer' },
    });
    expect(view?.timeline.map(({ type }) => type)).toEqual([
      'visit',
      'visit',
      'call',
      'lead',
      'form',
      'call',
      'lead',
      'call',
    ]);
    expect(view?.timeline[1]).toMatchObject({
      pages: 3,
      clicks: 1,
      seconds: 130,
      source: { campaign: 'roof' },
    });
    expect(view?.timeline[2]).toMatchObject({
      id: call,
      repeat: false,
      match: { method: 'lease', visit: 'V2' },
    });
    expect(view?.timeline.filter(({ type }) => type === 'call')).toMatchObject([
      { repeat: false },
      { repeat: true },
      { repeat: false },
    ]);
    expect(JSON.stringify(view)).not.toContain(ALICE);
    for (const id of [call, form.id, 'V1', view?.person ?? ''])
      expect(await stage.run((file) => timeline(file, id))).toEqual(view);
  });

  it('of a browser that never called', async () => {
    await stage.visit('V9', 'B9', NOON);
    expect(await stage.run((file) => timeline(file, 'V9'))).toMatchObject({
      person: null,
      lead: null,
      timeline: [{ type: 'visit', id: 'V9' }],
    });
    expect(await stage.run((file) => timeline(file, 'NONE'))).toBeUndefined();
  });

  it('outlives that two persons became one', async () => {
    await stage.ended(NOON - 2 * DAY_MS, { caller: ALICE });
    const bob = await stage.ended(NOON - DAY_MS, { caller: BOB });
    await stage.run((file) => setLead(file, bob, { status: 'qualified' }, NOON - DAY_MS + 200_000));
    await stage.visit('V1', 'B1', NOON - 60_000);
    const sure = { match_method: 'token', visit_id: 'V1', visitor_id: 'B1' } as const;
    await stage.ended(NOON, { ...sure, caller: ALICE });
    await stage.ended(NOON + 200_000, { ...sure, caller: BOB });
    const view = await stage.run((file) => timeline(file, bob));
    const statuses = view?.timeline.flatMap((entry) => (entry.type === 'lead' ? [entry.status] : []));
    expect(statuses).toEqual(['new', 'new', 'qualified', 'qualified']);
  });
});

describe('a dry run', () => {
  it('says what would have been done, and does nothing', async () => {
    const past = { landing_page: 'https://www.example.com/roof' };
    await stage.ended(NOON, past);
    await stage.ended(NOON + 1000, { ...past, caller: BOB });
    await stage.ended(NOON + 2000, { ...past, caller: BOB });
    await stage.ended(NOON + 3000, { ...past, caller: BOB, is_test: 1 });
    await stage.ended(NOON - 40 * DAY_MS, past);
    await stage.run((file) =>
      submitForm(file, { name: 'quote', at: NOON, phone: ALICE, fields: {} }, stage.store),
    );
    await stage.automations(
      { id: 'roof', when: { landing: '/roof' }, do: { tags: ['roof'], status: 'qualified' } },
      { id: 'worth', when: { tag: 'roof' }, do: { value: { amount: 80.5, currency: 'EUR' } } },
      { id: 'form', when: { event: 'form' }, do: { tags: ['asked'] } },
    );
    const before = await stage.all(
      'SELECT (SELECT count(*) FROM event) AS events, (SELECT total_changes()) AS t',
    );
    const result = await dryRun(stage.store, { from: NOON - 30 * DAY_MS, to: NOON + DAY_MS });
    expect(result).toMatchObject({
      calls: 3,
      forms: 1,
      automations: [
        { automation: 'roof', matched: 3, tagged: 3, moved: 2, valued: 0 },
        { automation: 'worth', matched: 3, tagged: 0, moved: 0, valued: 2, values: { EUR: 161 } },
        { automation: 'form', matched: 1, tagged: 1 },
      ],
    });
    expect(result.effects).toHaveLength(7);
    expect(
      await stage.all('SELECT (SELECT count(*) FROM event) AS events, (SELECT total_changes()) AS t'),
    ).toEqual(before);
    expect(await stage.all('SELECT * FROM call_tag')).toEqual([]);
  });

  it('tries rules that the plan does not have', async () => {
    await stage.ended(NOON);
    const automations = [{ id: 'x', when: { event: 'call' as const, answered: true }, do: { tags: ['x'] } }];
    const result = await dryRun(stage.store, { from: 0, to: NOON + 1, automations });
    expect(result.automations).toMatchObject([{ automation: 'x', matched: 1, tagged: 1 }]);
  });

  it('comes to the end of a long history', async () => {
    for (let index = 0; index < 1003; index += 1)
      await stage.call(NOON + Math.floor(index / 3), { caller: BOB });
    const result = await dryRun(stage.store, { from: NOON, to: NOON + DAY_MS, automations: [] });
    expect(result.calls).toBe(1003);
  });
});
