import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { afterCall, getLead, setLead, unfinishedCalls } from '../../../src/tracking/people/index.ts';
import { insertWebCall } from '../../support/button-rows.ts';
import { ALICE, BOB, DAY_MS, makePeopleStage, NOON, type PeopleStage } from './people-stage.ts';

let stage: PeopleStage;
beforeEach(async () => {
  stage = await makePeopleStage();
});
afterEach(() => stage.remove());

const scoreOf = async (id: string): Promise<number | null | undefined> =>
  (await stage.all<{ spam_score: number | null }>('SELECT spam_score FROM call WHERE id = ?', id))[0]
    ?.spam_score;

const MATCHED = { match_method: 'lease', match_prob: 0.97, visit_id: 'V1', visitor_id: 'B1' } as const;

describe('after a call', () => {
  it('it is told once, scored, and its caller is a new lead', async () => {
    const id = await stage.call(NOON);
    expect(await stage.run(unfinishedCalls)).toEqual([id]);
    expect(await stage.run((file) => afterCall(file, id, { at: NOON }))).toBe(true);
    expect(await stage.run((file) => afterCall(file, id, { at: NOON + 1 }))).toBe(false);
    expect(await stage.run(unfinishedCalls)).toEqual([]);
    const caller = stage.store.vault.hmac(ALICE);
    expect(await stage.events('call.ended')).toMatchObject([
      {
        at: NOON,
        subject: id,
        body: {
          caller,
          answered: true,
          talk_ms: 95_000,
          method: 'static',
          visit: null,
          touch: { channel: 'paid', source: 'google', medium: 'cpc', source_id: 'google-ads' },
          candidates: [],
          spam: false,
          test: false,
          blocked: false,
        },
      },
    ]);
    expect(await scoreOf(id)).toBe(0);
    expect(await stage.events('lead.changed')).toMatchObject([
      { subject: caller, at: NOON + 97_000, body: { key: { kind: 'caller', key: caller }, status: 'new' } },
    ]);
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({
      status: 'new',
      contact: '+120******77',
    });
  });

  it('nothing is done while it is up, or when it was not a caller', async () => {
    const up = await stage.call(NOON, { status: 'in_progress', ended_at: null });
    const out = await stage.call(NOON, { direction: 'outbound' });
    for (const id of [up, out, 'NO SUCH CALL'])
      expect(await stage.run((file) => afterCall(file, id, { at: NOON }))).toBe(false);
    expect(await stage.events('call.ended')).toEqual([]);
    expect(await stage.run(unfinishedCalls)).toEqual([]);
  });

  it('tests make nobody, blocked callers no lead', async () => {
    await stage.automations({ id: 'all', when: {}, do: { tags: ['seen'] } });
    await stage.ended(NOON, { is_test: 1, talk_ms: 100 });
    await stage.ended(NOON + 1, { caller: BOB, status: 'blocked', answered_at: null });
    expect(await stage.events('call.ended')).toMatchObject([
      { body: { test: true, blocked: false, spam: false } },
      { body: { test: false, blocked: true } },
    ]);
    expect(await stage.all('SELECT key FROM person_key')).toEqual([{ key: stage.store.vault.hmac(BOB) }]);
    expect(await stage.all('SELECT * FROM lead')).toEqual([]);
    expect(await stage.all('SELECT * FROM call_tag')).toEqual([]);
  });

  it('a caller whom nobody answered becomes a lead with the first answer', async () => {
    await stage.ended(NOON, { answered_at: null });
    expect(await stage.all('SELECT * FROM lead')).toEqual([]);
    await stage.ended(NOON + 60_000);
    await stage.ended(NOON + 2 * 60_000);
    expect(await stage.events('lead.changed')).toHaveLength(1);
  });

  it('of a withheld number nothing is known, but of its visit', async () => {
    await stage.visit('V1', 'B1', NOON - 60_000);
    await stage.ended(NOON, { caller: null });
    expect(await stage.all('SELECT * FROM person')).toEqual([]);
    const id = await stage.ended(NOON + 1, { caller: null, ...MATCHED });
    expect(await stage.all('SELECT kind, key FROM person_key')).toEqual([{ kind: 'visitor', key: 'B1' }]);
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({ status: 'new', contact: null });
  });

  it('tells whom it may have come from', async () => {
    await stage.visit('V1', 'B1', NOON - 60_000, { source: 'bing', campaign: null });
    const id = await stage.call(NOON, { ...MATCHED, match_method: 'posterior', match_prob: 0.6 });
    await stage.run((file) => {
      const add = file.prepare("INSERT INTO call_candidate VALUES (?, ?, ?, ?, '{}')");
      add.run(id, 1, 'V1', 0.6);
      add.run(id, 2, null, 0.3);
      add.run(id, 3, 'V2', 0.1);
      afterCall(file, id, { at: NOON });
    });
    expect(await stage.events('call.ended')).toMatchObject([
      {
        body: {
          visit: 'V1',
          visitor: 'B1',
          touch: { source: 'bing', source_id: null },
          candidates: [
            { visit: 'V1', p: 0.6 },
            { visit: 'V2', p: 0.1 },
          ],
        },
      },
    ]);
    // Too unsure to say who called.
    expect(await stage.events('person.linked')).toEqual([]);
  });
});

describe('persons', () => {
  const people = () =>
    stage.all<{ person_id: string; kind: string; key: string }>(
      'SELECT person_id, kind, key FROM person_key ORDER BY kind, since, key',
    );

  it('are linked by a sure match, once', async () => {
    await stage.visit('V1', 'B1', NOON - 60_000);
    await stage.ended(NOON, MATCHED);
    await stage.ended(NOON + 1000, MATCHED);
    const keys = await people();
    expect(keys.map(({ kind }) => kind)).toEqual(['caller', 'visitor']);
    expect(new Set(keys.map(({ person_id }) => person_id)).size).toBe(1);
    expect(await stage.events('person.linked')).toMatchObject([
      {
        body: {
          a: { kind: 'caller', key: stage.store.vault.hmac(ALICE) },
          b: { kind: 'visitor', key: 'B1' },
        },
      },
    ]);
  });

  it('that turn out to be one keep the older id, the further lead, all tags', async () => {
    await stage.visit('V1', 'B1', NOON - 60_000);
    const older = await stage.ended(NOON - 2 * DAY_MS, { caller: ALICE });
    const younger = await stage.ended(NOON - DAY_MS, { caller: BOB });
    const [alice, bob] = (await people()).map(({ person_id }) => person_id);
    await stage.run((file) => {
      setLead(file, younger, { status: 'customer', sale: { micros: 9_000_000, currency: 'EUR' } }, NOON);
      setLead(file, older, { value: { micros: 5_000_000, currency: 'EUR' }, owner: 'alice' }, NOON);
      file.prepare("INSERT INTO person_tag VALUES (?, 'vip', 'me', 1)").run(bob);
      file
        .prepare("INSERT INTO person_tag VALUES (?, 'vip', 'you', 2), (?, 'roof', 'you', 2)")
        .run(alice, alice);
    });
    await stage.ended(NOON, { ...MATCHED, caller: ALICE });
    await stage.ended(NOON + 1000, { ...MATCHED, caller: BOB });
    expect(new Set((await people()).map(({ person_id }) => person_id))).toEqual(new Set([alice]));
    expect(await stage.all('SELECT id FROM person')).toEqual([{ id: alice }]);
    expect(await stage.all('SELECT * FROM lead')).toMatchObject([
      {
        person_id: alice,
        status: 'customer',
        sale_micros: 9_000_000,
        value_micros: 5_000_000,
        owner: 'alice',
      },
    ]);
    expect(await stage.all('SELECT tag, made_by FROM person_tag ORDER BY tag')).toEqual([
      { tag: 'roof', made_by: 'you' },
      { tag: 'vip', made_by: 'you' },
    ]);
    expect((await stage.events('lead.changed')).at(-1)).toMatchObject({ body: { status: 'customer' } });
    expect(await stage.events('person.linked')).toHaveLength(2);
  });
});

describe('spam', () => {
  it('is flagged with its reasons, told, makes no lead, and stays in the log', async () => {
    const id = await stage.ended(NOON, { talk_ms: 4000 });
    expect(await scoreOf(id)).toBe(3);
    expect(await stage.events('call.ended')).toMatchObject([{ body: { spam: true } }]);
    expect(await stage.all('SELECT * FROM lead')).toEqual([]);
    expect(await stage.all('SELECT type, text FROM call_event WHERE call_id = ?', id)).toEqual([
      {
        type: 'spam-flagged',
        text: 'Flagged as spam with 3 points: talked less than 10 s (+2), a first call of less than 30 s (+1).',
      },
    ]);
  });

  it.each([
    ['is none when a visit brought it almost for certain, whichever', 0.04, 1],
    ['may be when a stranger may have called', 0.06, 3],
  ])('on the number of a source %s', async (_, nobody, score) => {
    const id = await stage.call(NOON, { talk_ms: 4000 });
    await stage.run((file) => {
      const add = file.prepare("INSERT INTO call_candidate VALUES (?, ?, ?, ?, '{}')");
      add.run(id, 1, 'V1', 0.5);
      add.run(id, 2, 'V2', 0.5 - nobody);
      add.run(id, 3, null, nobody);
      afterCall(file, id, { at: NOON });
    });
    expect(await scoreOf(id)).toBe(score);
  });

  it('is none when a call button brought it, though no visit is known', async () => {
    const id = await stage.call(NOON, { talk_ms: 4000, match_method: 'none' });
    await stage.run((file) => {
      insertWebCall(
        file,
        id,
        { id: 'P', viewer: 'e-somebody', at: NOON },
        { kind: 'callback', origin: null },
      );
      afterCall(file, id, { at: NOON });
    });
    expect(await scoreOf(id)).toBe(1);
  });

  it('of a dialler who works through numbers', async () => {
    const scores: (number | null | undefined)[] = [];
    for (const [index, did] of ['+12025550101', '+12025550102', '+12025550103'].entries()) {
      scores.push(await scoreOf(await stage.ended(NOON + index * 60_000, { did, answered_at: null })));
    }
    expect(scores).toEqual([2, 1, 5]);
    // A day later it is another day.
    const later = await stage.ended(NOON + 2 * DAY_MS, { did: '+12025550104', answered_at: null });
    expect(await scoreOf(later)).toBe(1);
  });

  it('does not flag a customer who tries again until somebody answers', async () => {
    const ids = [
      await stage.ended(NOON, { answered_at: null }),
      await stage.ended(NOON + 60_000, { answered_at: null }),
      await stage.ended(NOON + 120_000, { answered_at: null }),
      await stage.ended(NOON + 180_000, { talk_ms: 120_000 }),
    ];
    for (const id of ids) expect(await scoreOf(id)).toBeLessThan(3);
  });

  it('counts for a customer that he is one', async () => {
    const first = await stage.ended(NOON);
    await stage.run((file) => setLead(file, first, { status: 'customer' }, NOON));
    expect(await scoreOf(await stage.ended(NOON + DAY_MS, { talk_ms: 4000 }))).toBe(0);
  });
});

describe('automations', () => {
  const ROOF = {
    id: 'roof',
    when: { answered: true, minTalkSeconds: 60, landing: '/roof' },
    do: { tags: ['roof'], status: 'qualified', value: { amount: 250, currency: 'EUR' } },
  };

  it('tag the call, move the lead, and say so', async () => {
    await stage.automations(ROOF, { id: 'vip', when: { tag: 'roof' }, do: { tags: ['vip'] } });
    const id = await stage.ended(NOON, { landing_page: 'https://www.example.com/roof-repair' });
    expect(await stage.all('SELECT tag, made_by, at FROM call_tag ORDER BY tag')).toEqual([
      { tag: 'roof', made_by: 'automation:roof', at: NOON + 97_000 },
      { tag: 'vip', made_by: 'automation:vip', at: NOON + 97_000 },
    ]);
    expect(await stage.run((file) => getLead(file, id))).toMatchObject({
      status: 'qualified',
      value_micros: 250_000_000,
      currency: 'EUR',
      qualified_at: NOON + 97_000,
    });
    expect(
      await stage.all("SELECT seq, text FROM call_event WHERE type = 'automation' ORDER BY seq"),
    ).toEqual([
      { seq: 0, text: 'Automation roof: tag roof, lead qualified, value 250 EUR.' },
      { seq: 1, text: 'Automation vip: tag vip.' },
    ]);
    expect((await stage.events('lead.changed')).map(({ body }) => body['status'])).toEqual([
      'new',
      'qualified',
    ]);
  });

  it('make no lead of a call that is flagged', async () => {
    await stage.automations({
      id: 'short',
      when: { answered: true },
      do: { tags: ['a'], status: 'qualified' },
    });
    await stage.ended(NOON, { talk_ms: 3000 });
    expect(await stage.all('SELECT * FROM lead')).toEqual([]);
    expect(await stage.all('SELECT tag FROM call_tag')).toEqual([{ tag: 'a' }]);
  });

  it('are all or nothing with the rest', async () => {
    await stage.automations({ id: 'money', when: {}, do: { status: 'qualified' } });
    const id = await stage.call(NOON);
    await stage.run((file) =>
      file.exec(
        "CREATE TRIGGER no_lead BEFORE INSERT ON lead BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
      ),
    );
    await expect(stage.run((file) => afterCall(file, id, { at: NOON }))).rejects.toThrow('disk is full');
    expect(await stage.events('call.ended')).toEqual([]);
    expect(await stage.all('SELECT * FROM person')).toEqual([]);
    expect(await stage.run(unfinishedCalls)).toEqual([id]);
  });
});
