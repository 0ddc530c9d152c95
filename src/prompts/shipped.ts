/** What the prompts that come with Dialtrace say; scripts/make-prompts.ts speaks them. */

type Spoken = Readonly<Record<'en' | 'zh', string>>;

const SENTENCES: Readonly<Record<string, Spoken>> = {
  'all-busy': {
    en: 'All our lines are busy at the moment.',
    zh: '所有线路正忙。',
  },
  'callback-busy': { en: "The customer's line is busy. Goodbye.", zh: '客户电话正忙，再见。' },
  'callback-failed': { en: 'The customer can not be called now. Goodbye.', zh: '现在无法呼叫客户，再见。' },
  'callback-no-answer': { en: 'The customer did not answer. Goodbye.', zh: '客户无人接听，再见。' },
  'callback-whisper': {
    en: 'A call back: connecting you to the customer.',
    zh: '回电，正在为您接通客户。',
  },
  closed: {
    en: 'We are closed at the moment. Please call again during our opening hours.',
    zh: '现在是非工作时间，请在工作时间再来电。',
  },
  'consent-recording': {
    en: 'This call is recorded.',
    zh: '本次通话将被录音。',
  },
  'extension-code': {
    en: 'Please enter the code beside the number, or stay on the line.',
    zh: '请按分机号，或稍候。',
  },
  goodbye: { en: 'Thank you for calling. Goodbye.', zh: '感谢您的来电，再见。' },
  'invalid-choice': { en: 'That is not one of the choices.', zh: '您的选择无效。' },
  'no-input': { en: 'Nothing was entered.', zh: '没有收到您的选择。' },
  'please-wait': {
    en: 'One moment please, we are connecting you.',
    zh: '请稍候，正在为您转接。',
  },
  'queue-position-after': { en: 'in the queue.', zh: '位。' },
  'queue-position-before': { en: 'You are number', zh: '您现在排在第' },
  'queue-wait-after': { en: 'minutes.', zh: '分钟。' },
  'queue-wait-before': { en: 'You will be connected in about', zh: '预计等待时间大约' },
  'queue-wait-short': {
    en: 'You will be connected in about a minute.',
    zh: '预计等待时间大约一分钟。',
  },
  'score-prompt': {
    en: 'How was this call? Press 1 for good, 4 for bad, 7 for spam.',
    zh: '请评价本次通话。满意请按一，不满意请按四，骚扰电话请按七。',
  },
  'transfer-failed': { en: 'The call could not be transferred.', zh: '转接失败。' },
  'transfer-number': {
    en: 'Please enter the number, then press the hash key.',
    zh: '请输入号码，以井号键结束。',
  },
  'voicemail-greeting': {
    en: 'Nobody can take your call at the moment. Please leave a message after the tone.',
    zh: '现在无人接听，请在提示音后留言。',
  },
  'whisper-accept': { en: 'Press 1 to take the call.', zh: '按一接听来电。' },
};

const ENGLISH: Readonly<Record<number, string>> = {
  0: 'zero',
  1: 'one',
  2: 'two',
  3: 'three',
  4: 'four',
  5: 'five',
  6: 'six',
  7: 'seven',
  8: 'eight',
  9: 'nine',
  10: 'ten',
  11: 'eleven',
  12: 'twelve',
  13: 'thirteen',
  14: 'fourteen',
  15: 'fifteen',
  16: 'sixteen',
  17: 'seventeen',
  18: 'eighteen',
  19: 'nineteen',
  20: 'twenty',
  30: 'thirty',
  40: 'forty',
  50: 'fifty',
  60: 'sixty',
  70: 'seventy',
  80: 'eighty',
  90: 'ninety',
  100: 'hundred',
};
const CHINESE: Readonly<Record<number, string>> = {
  0: '零',
  1: '一',
  2: '二',
  3: '三',
  4: '四',
  5: '五',
  6: '六',
  7: '七',
  8: '八',
  9: '九',
  10: '十',
  100: '百',
};

export type ShippedPrompt = { readonly id: string; readonly language: string; readonly words: string };

const numbers = (language: string, words: Readonly<Record<number, string>>): readonly ShippedPrompt[] =>
  Object.entries(words).map(([value, text]) => ({ id: `number-${value}`, language, words: text }));

/** Every prompt that comes with Dialtrace. */
export const SHIPPED_PROMPTS: readonly ShippedPrompt[] = [
  ...Object.entries(SENTENCES).flatMap(([id, spoken]) =>
    Object.entries(spoken).map(([language, words]) => ({ id, language, words })),
  ),
  ...numbers('en', ENGLISH),
  ...numbers('zh', CHINESE),
];
