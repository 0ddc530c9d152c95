import { expect, it } from 'vitest';
import { formatDiff, summariseDiff } from '../../../../src/tracking/index.ts';

it('prints a diff one change a line', () => {
  const diff = {
    changes: [
      {
        action: 'add',
        subject: 'number',
        id: '+12025550123',
        fields: [{ field: 'source', from: undefined, to: 'ads' }],
      },
      {
        action: 'change',
        subject: 'line',
        id: 'sales',
        fields: [
          { field: 'ringTimeoutSeconds', from: 20, to: 30 },
          { field: 'name', from: undefined, to: 'Sales' },
        ],
      },
      {
        action: 'change',
        subject: 'source',
        id: 'ads',
        fields: [{ field: 'cost', from: { amount: 5, currency: 'EUR', per: 'day' }, to: undefined }],
      },
      {
        action: 'change',
        subject: 'number',
        id: '+12025550145',
        fields: [{ field: 'lines', from: ['a'], to: ['a', 'b'] }],
      },
      { action: 'remove', subject: 'source', id: 'radio', fields: [] },
      { action: 'add', subject: 'blocked-caller', id: '+120*****99', fields: [] },
    ],
  } as const;
  expect(formatDiff(diff).split('\n')).toEqual([
    '+ number +12025550123 → ads',
    '~ line sales: ringTimeoutSeconds 20 → 30, name unset → Sales',
    '~ source ads: cost 5 EUR a day → unset',
    '~ number +12025550145: lines [a] → [a, b]',
    '- source radio',
    '+ blocked caller +120*****99',
  ]);
  expect(summariseDiff(diff)).toBe('2 to add, 3 to change, 1 to remove');
  expect(formatDiff({ changes: [] })).toBe('Nothing to change.');
});

it('tells of a flow which steps have changed, and none of the secrets in them', () => {
  const hangup = { do: 'hangup' };
  const decide = (token: string) => ({ do: 'decide', headers: { authorization: token } });
  const fields = [
    {
      field: 'steps',
      from: { ask: decide('Bearer one'), old: hangup, same: hangup },
      to: { ask: decide('Bearer two'), same: hangup, fresh: hangup },
    },
  ];
  expect(formatDiff({ changes: [{ action: 'change', subject: 'flow', id: 'main', fields }] })).toBe(
    '~ flow main: steps +fresh ~ask -old',
  );
});
