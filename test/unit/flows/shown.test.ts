import { expect, it } from 'vitest';
import { flowSchema } from '../../../src/config/index.ts';
import { type FlowDefinition, shownDefinition } from '../../../src/flows/index.ts';

const definition = (token: string): FlowDefinition => ({
  flow: flowSchema.parse({
    id: 'main',
    start: 'ask',
    steps: {
      ask: {
        do: 'decide',
        url: 'https://crm.example/route',
        headers: { authorization: token },
        exits: {},
        otherwise: 'out',
      },
      out: { do: 'hangup' },
    },
  }),
  flows: [],
  groups: [],
  schedules: [],
});

it('hides the headers of decisions, and shows that one has changed', () => {
  const one = JSON.stringify(shownDefinition(definition('Bearer one')));
  expect(one).not.toContain('Bearer');
  expect(one).toContain('https://crm.example/route');
  expect(JSON.stringify(shownDefinition(definition('Bearer one')))).toBe(one);
  expect(JSON.stringify(shownDefinition(definition('Bearer two')))).not.toBe(one);
});
