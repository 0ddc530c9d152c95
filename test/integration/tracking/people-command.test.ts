import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitForm } from '../../../src/tracking/people/index.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { ALICE, BOB, makePeopleStage, type PeopleStage } from './people-stage.ts';

let stage: PeopleStage;
let place: Place;
let call: string;
let form: string;

beforeAll(async () => {
  stage = await makePeopleStage();
  place = await makePlace(CONFIG.replaceAll('../data', stage.directory));
  const at = Date.now() - 7_200_000;
  await stage.visit('V1', 'B1', at - 300_000);
  await stage.automations({ id: 'long', when: { minTalkSeconds: 60 }, do: { tags: ['long'] } });
  await stage.ended(at, { caller: BOB, talk_ms: 3000 });
  call = await stage.ended(at + 1000, {
    match_method: 'lease',
    match_prob: 0.98,
    visit_id: 'V1',
    visitor_id: 'B1',
    campaign: 'roof',
  });
  const sent = await stage.run((file) =>
    submitForm(file, { name: 'quote', at: at + 2000, phone: ALICE, fields: { roof: 'leaks' } }, stage.store),
  );
  form = sent.form.id;
});
afterAll(async () => {
  await place.remove();
  await stage.remove();
});

const run = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.run(...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const json = async (...words: string[]) => JSON.parse(await run(...words, '--json')) as never;

describe('the command', () => {
  it('tells what one person did, in sentences, numbers masked', async () => {
    const text = await run('person', 'show', 'last');
    expect(text).toContain('+120******77');
    expect(text).toMatch(
      /Visited main from google \/ cpc \/ roof: 3 pages in 2:10, first https:\/\/www.example.com\/roof-repair\n/,
    );
    expect(text).toContain(
      `Called +12025550123: talked 1:35, from google / cpc / roof (lease, 98.0 %), tags long [${call}]`,
    );
    expect(text).toContain(`Sent the form quote as +120******77 [${form}]`);
    expect(text).toContain('Lead: new');
    expect(text).not.toContain(ALICE);
    expect(await run('person', 'show', call.toLowerCase())).toBe(text);
    expect(await json('person', 'show', 'B1')).toMatchObject({ visitors: ['B1'], lead: { status: 'new' } });
    expect(await place.run('person', 'show', 'nobody')).toMatchObject({ code: 2 });
  });

  it('keeps leads', async () => {
    expect(await json('lead', 'set', call, '--status', 'qualified', '--quote', '250 EUR')).toMatchObject({
      status: 'qualified',
      quote: { amount: 250, currency: 'EUR' },
    });
    expect(await run('lead', 'set', call, '--sale', '240.50EUR', '--owner', 'alice')).toMatch(
      /Sale +240.50 EUR/,
    );
    expect(await json('lead', 'show', 'V1')).toMatchObject({
      status: 'customer',
      quote: { amount: 250 },
      owner: 'alice',
    });
    expect(await json('lead', 'set', call, '--owner', 'none')).toMatchObject({ owner: null });
    expect(await run('lead', 'list', '--status', 'customer')).toContain('240.50 EUR');
    expect(await run('lead', 'list', '--status', 'spam')).toBe('No leads.\n');
    for (const words of [[], ['--value', '5'], ['--status', 'won'], ['--quote', '1 USD']])
      expect(await place.run('lead', 'set', call, ...words)).toMatchObject({ code: 2 });
    expect(await place.run('lead', 'set', 'NONE', '--status', 'new')).toMatchObject({ code: 2 });
  });

  it('lists spam and takes a word on it', async () => {
    const [flagged] = (await json('spam', 'list')) as { id: string; score: number; reasons: string[] }[];
    expect(flagged).toMatchObject({ score: 3, caller: '+120******88' });
    expect(await run('spam', 'list')).toContain('talked less than 10 s (+2)');
    expect(await run('spam', 'clear', flagged?.id ?? '', '--user', 'alice')).toContain('0 points of spam');
    expect(await run('spam', 'list')).toBe('No call is flagged as spam.\n');
    expect(await json('spam', 'mark', flagged?.id ?? '')).toMatchObject({ score: 6 });
  });

  it('tags calls and people', async () => {
    await run('tag', 'add', call, 'roof', 'call back');
    expect(await run('tag', 'remove', call, 'roof', 'never')).toBe('Taken off: roof\n');
    expect(await run('tag', 'add', 'B1', 'vip')).toContain('Tagged person');
    expect(await json('person', 'show', 'B1')).toMatchObject({ tags: ['vip'] });
    expect(await place.run('tag', 'add', 'NONE', 'x')).toMatchObject({ code: 2 });
  });

  it('shows forms, and their fields only when asked', async () => {
    expect(await run('form', 'list', '--name', 'quote')).toContain(form);
    expect(await run('form', 'show', form)).not.toContain('leaks');
    expect(await run('form', 'show', form, '--reveal')).toMatch(/roof +leaks/);
  });

  it('tries automations on the past', async () => {
    expect(await run('automation', 'list')).toMatch(/long +event call, minTalkSeconds 60 +tag long/);
    expect(await json('automation', 'dry-run', '--days', '1')).toMatchObject({
      calls: 2,
      forms: 1,
      automations: [{ automation: 'long', matched: 1, tagged: 1 }],
    });
    await place.write(
      'rules.json',
      JSON.stringify([
        { id: 'roof', when: { campaign: 'roof' }, do: { value: { amount: 80, currency: 'EUR' } } },
      ]),
    );
    const text = await run('automation', 'dry-run', '--rules', 'rules.json');
    expect(text).toContain('Of 2 calls and 1 form; nothing was written.');
    expect(text).toMatch(/roof +1 +0 +0 +1 +80.00 EUR/);
    await place.write('wrong.json', JSON.stringify([{ id: 'roof' }]));
    const wrong = await place.run('automation', 'dry-run', '--rules', 'wrong.json');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('0.when');
  });

  it('feeds a wrap-up to the lead', async () => {
    const last = await stage.ended(Date.now() - 60_000, { caller: '+12025550199' });
    await run('calls', 'wrap-up', last, '--disposition', 'sale', '--value', '900 EUR');
    expect(await json('lead', 'show', last)).toMatchObject({
      status: 'customer',
      sale: { amount: 900, currency: 'EUR' },
    });
  });
});
