import { z } from 'zod';
import { idSchema, USER_NAME, words } from './fields.ts';

/** Who of several rings. */
export const strategy = z
  .enum(['simultaneous', 'sequential', 'round-robin', 'weighted', 'longest-idle'])
  .describe(
    '`simultaneous`: all at once; `sequential`: in their order; `round-robin`: beginning with the one after the last; ' +
      '`weighted`: shares as their weights say; `longest-idle`: who has not talked for longest first.',
  );

const memberSchema = z
  .strictObject({
    line: idSchema.optional(),
    user: z.string().regex(USER_NAME, 'use the name of a user, such as alice').optional(),
    weight: z.int().min(1).max(100).default(1),
    priority: z.int().min(1).max(100).default(1).describe('1 is rung before 2.'),
    skills: z.array(idSchema).default([]),
    maxCalls: z.int().min(1).max(100).default(1).describe('Calls that it may have at once.'),
  })
  .refine(({ line, user }) => (line === undefined) !== (user === undefined), 'name a line or a user');

/** One entry of `groups`: who may take a call. */
export const groupSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  members: z.array(memberSchema).min(1).max(2000),
  strategy: strategy.default('simultaneous'),
  ringSeconds: z.number().min(1).max(600).default(20),
  wrapUpSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe('After a call a user gets the next one so much later, or when the notes are saved.'),
  maxMissed: z
    .int()
    .min(0)
    .max(100)
    .default(3)
    .describe('A user who let so many calls ring in a row is set away. 0: never.'),
});

export type GroupPlan = z.output<typeof groupSchema>;
export type GroupMember = GroupPlan['members'][number];
