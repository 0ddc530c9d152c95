import type { Language } from '../../buttons/index.ts';

/** What the hosted page says. */
export type PageWords = {
  readonly dial: string;
  readonly scan: string;
  readonly callBack: string;
  readonly number: string;
  readonly about: string;
  readonly ask: string;
  readonly now: string;
  readonly later: string;
  readonly back: string;
  readonly closed: string;
  readonly failed: string;
  /** Of a link that leads to no button, or no longer. */
  readonly gone: string;
  /** Of a form that can't be read, and of anything else. */
  readonly again: string;
};

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  en: {
    dial: 'Dial with a telephone',
    scan: 'Scan this with your phone to dial',
    callBack: 'Or let us call you',
    number: 'Your telephone number',
    about: 'What is it about?',
    ask: 'Call me',
    now: 'Thank you. Your telephone will ring in a moment.',
    later: 'Thank you. We will call you when we are there again.',
    back: 'Back',
    closed: 'Nobody is there at this hour.',
    failed: 'This did not work:',
    gone: 'There is nobody to call behind this link any more.',
    again: 'This did not work. Go back and try again.',
  },
  zh: {
    dial: '用电话拨打',
    scan: '用手机扫码拨打',
    callBack: '或让我们给您回电',
    number: '您的电话号码',
    about: '咨询内容',
    ask: '请给我回电',
    now: '谢谢，您的电话马上会响。',
    later: '谢谢，我们会在服务时间内给您回电。',
    back: '返回',
    closed: '现在不在服务时间。',
    failed: '未能完成：',
    gone: '此链接已失效，无法拨打。',
    again: '未能完成，请返回后重试。',
  },
};

/** What a form is told that was refused, by its code. */
export const REFUSAL_WORDS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  number: { en: 'this is no telephone number.', zh: '电话号码无效。' },
  consent: { en: 'please agree to be called.', zh: '请先同意接听回电。' },
  emergency: { en: 'dial emergency numbers from a telephone.', zh: '紧急号码请直接用电话拨打。' },
  'too-many': { en: 'too many calls were asked for. Try again later.', zh: '请求过于频繁，请稍后再试。' },
  disabled: { en: 'nobody is called back here.', zh: '此处不提供回电。' },
};

export const REFUSED: Readonly<Record<Language, string>> = {
  en: 'please call us instead.',
  zh: '请直接致电我们。',
};
