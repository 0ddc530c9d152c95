import { z } from 'zod';
import { USER_NAME } from './fields.ts';

const code = z
  .union([
    z.string().regex(/^[*#][0-9*#]{1,3}$/, 'use * or # and one to three keys more, such as *2'),
    z.literal(false),
  ])
  .describe('false: there is no such code.');

const SCORES = ['good', 'bad', 'spam'] as const;

const scoreSchema = z.strictObject({
  enabled: z.boolean().default(false),
  timeoutSeconds: z.number().min(1).max(60).default(8).describe('Waits so long for a key.'),
  keys: z
    .record(z.string().regex(/^[0-9*#]$/, 'use one key: 0 to 9, * or #'), z.enum(SCORES))
    .default({ '1': 'good', '4': 'bad', '7': 'spam' })
    .describe('What each key says of the call. A call scored as spam is flagged as spam.'),
});

const CODES = ['blindTransfer', 'attendedTransfer', 'pauseRecording'] as const;

/** The `features` section: what is done by keys during a call and after it. */
export const featuresSchema = z
  .strictObject({
    blindTransfer: code.default('*2').describe('Hands the call on: then the extension, then #.'),
    attendedTransfer: code
      .default('*3')
      .describe('Asks somebody else first: then the extension, then #. Who hangs up hands the call on.'),
    pauseRecording: code.default('*9').describe('Pauses the recording; the same code lets it go on.'),
    digitTimeoutSeconds: z
      .number()
      .min(1)
      .max(30)
      .default(4)
      .describe('An extension is complete when no digit followed for so long.'),
    extensions: z
      .record(
        z.string().regex(/^\d{2,8}$/, 'use an extension of 2 to 8 digits'),
        z.string().regex(USER_NAME, 'use the name of a user or the id of a line'),
      )
      .default({})
      .describe(
        'Extensions and whom they reach: `{"201": alice}`. Users and lines whose names are digits need none.',
      ),
    transferNumbers: z
      .enum(['nobody', 'users', 'everybody'])
      .default('nobody')
      .describe(
        'Who may hand calls to telephone numbers by code: `users` by their phones, `everybody` by any line. What ' +
          '`phone.outbound` allows holds for them.',
      ),
    score: scoreSchema
      .prefault({})
      .describe('When the caller hangs up first, the line is asked how the call was.'),
  })
  .superRefine((features, context) => {
    for (const name of CODES) {
      const own = features[name];
      const other = CODES.find((each) => {
        const theirs = features[each];
        return each !== name && own !== false && theirs !== false && theirs.startsWith(own);
      });
      if (other === undefined) continue;
      const message = `is ${own}, with which ${other} (${features[other]}) begins: make them differ`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export type Features = z.output<typeof featuresSchema>;
/** What a line says of a call. */
export type CallScore = (typeof SCORES)[number];
