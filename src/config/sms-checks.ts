import type { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import type { buttonsSchema } from './buttons-schema.ts';

type SmsSettings = z.output<typeof buttonsSchema>['sms'];

const PLACES = ['to', 'text', 'code'];

const problem = (field: string, message: string, mend: string): Problem => ({
  path: `buttons.sms.${field}`,
  message,
  mend,
});

const isJson = (body: string): boolean => /^\s*[[{]/.test(body);

/** It is JSON once words stand in it: a number begins with + or may begin with 0. */
const parses = (body: string): boolean => {
  try {
    JSON.parse(body.replace(/\{(?:to|text|code)\}/g, 'x'));
    return true;
  } catch {
    return false;
  }
};

const bodyProblems = (body: string): readonly Problem[] => {
  if (isJson(body) && !parses(body))
    return [
      problem(
        'body',
        'begins like JSON and is none once it is filled in',
        'put {to}, {text} and {code} in double quotes, such as {"to": "{to}", "text": "{text}"}',
      ),
    ];
  const stranger = [...body.matchAll(/\{(\w+)\}/g)].find(([, name = '']) => !PLACES.includes(name));
  if (stranger === undefined) return [];
  return [problem('body', `nothing stands for ${stranger[0]}`, 'use {to}, {text} and {code}')];
};

const requestProblems = ({ provider, url, method, body }: SmsSettings): readonly Problem[] => {
  if (provider !== 'http') return [];
  if (url === undefined)
    return [
      problem(
        'url',
        'is missing, and provider is “http”',
        "write the provider's address, or use provider: outbox",
      ),
    ];
  const sent = url + (method === 'POST' ? (body ?? '') : '');
  const where = method === 'POST' ? 'body' : 'url';
  return [
    ...(method === 'POST' && body !== undefined ? bodyProblems(body) : []),
    ...(sent.includes('{to}')
      ? []
      : [
          problem(
            where,
            'never says whom the message is for',
            'put {to} where the provider wants the number',
          ),
        ]),
    ...(sent.includes('{text}') || sent.includes('{code}')
      ? []
      : [problem(where, 'never says the code', 'put {text}, the message with its code, or {code} into it')]),
  ];
};

/** Codes that would be sent to nobody, or in messages that don't have them. */
export const smsProblems = (settings: SmsSettings): readonly Problem[] => [
  ...requestProblems(settings),
  ...Object.entries(settings.text).flatMap(([language, words]) =>
    words.includes('{code}')
      ? []
      : [
          problem(
            `text.${language}`,
            'does not have the code',
            'put {code} where the six digits are to stand',
          ),
        ],
  ),
];
