import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTurns } from '../../../src/tracking/dni/turns.ts';
import { verifyLedger } from '../../../src/tracking/index.ts';
import { type DniStage, makeDniStage, TARGET } from '../../support/dni-stage.ts';

let stage: DniStage;
beforeEach(async () => {
  stage = await makeDniStage({ numbers: 12 });
});
afterEach(() => stage.close());

describe('decisions that wait for the database', () => {
  it('are undone alone when they fail, though they share a transaction', async () => {
    const turns = createTurns(stage.store);
    const add = (id: string) =>
      turns.take((file) => {
        file.prepare('INSERT INTO visitor VALUES (?, 0, 0)').run(id);
        if (id.startsWith('bad')) throw new Error(id);
        return id;
      });
    const names = ['a', 'bad 1', 'b', 'bad 2', ...Array.from({ length: 60 }, (_, i) => `more ${i}`)];
    const settled = await Promise.allSettled(names.map(add));
    expect(
      settled
        .filter(({ status }) => status === 'rejected')
        .map((one) => String((one as PromiseRejectedResult).reason)),
    ).toEqual(['Error: bad 1', 'Error: bad 2']);
    const rows = await stage.rows('SELECT id FROM visitor');
    expect(rows.map((row) => row['id']).sort()).toEqual(
      names.filter((name) => !name.startsWith('bad')).sort(),
    );
    await expect(add('bad alone')).rejects.toThrow('bad alone');
    expect(await add('last')).toBe('last');
    expect(await stage.rows("SELECT 1 FROM visitor WHERE id LIKE 'bad%'")).toEqual([]);
  });

  it('fail when the database is closed, and none is left hanging', async () => {
    const turns = createTurns({ exclusively: () => Promise.reject(new Error('closed')) });
    const settled = await Promise.allSettled([1, 2, 3].map((n) => turns.take(() => n)));
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(turns.waiting()).toBe(0);
  });
});

describe('a busy hour', () => {
  it('leaves a ledger that proves that no number had two visits', async () => {
    const open = new Map<string, { visitor: string | undefined; visit: string | undefined }>();
    for (let step = 0; step < 60; step += 1) {
      stage.clock.at += 60_000;
      await Promise.all(
        Array.from({ length: 6 }, async (_, k) => {
          const who = `10.0.${step % 20}.${k}`;
          const known = open.get(who);
          const answer = await stage.session({
            address: who,
            visitorId: known?.visitor,
            url: `https://www.example.com/?gclid=${who}`,
          });
          open.set(who, answer);
          const event = step % 3 === 0 ? 'idle' : 'beat';
          await stage.dni.events('main', answer.visit, [{ type: event }]);
          if (k === 5 && step % 7 === 0)
            await stage.dni.events('main', answer.visit, [{ type: 'consent', consent: 'denied' }]);
        }),
      );
    }
    const key = stage.store.vault.derive('lease-ledger');
    const verdict = await stage.read((file) => verifyLedger(file, key));
    expect(verdict).toMatchObject({ ok: true });
    const [{ n } = { n: 0 }] = await stage.rows('SELECT count(*) AS n FROM lease');
    expect(n).toBeGreaterThan(20);
  });
});

describe('the plan in force', () => {
  it('is the same object until something changes, then the new one', async () => {
    const before = stage.live.current();
    await stage.live.refresh();
    expect(stage.live.current()).toBe(before);
    await stage.use({ numbers: 12, site: { heartbeatSeconds: 30 } });
    expect(stage.live.current().sites.get('main')?.heartbeatSeconds).toBe(30);
    expect((await stage.session({})).numbers[TARGET]).toBeDefined();
  });

  it('stays when the stored one can not be read', async () => {
    const before = stage.live.current();
    await stage.rows('UPDATE site SET plan = \'{"hosts": []}\' RETURNING id');
    await expect(stage.live.refresh()).rejects.toThrow();
    expect(stage.live.current()).toBe(before);
  });
});
