import type { Channel } from '../../store/index.ts';

const PAID =
  /^(?:e?cp[aclmsv]|cpcv|ppc|pp[almv]|sem|paid.*|.*[-_ ](?:cp[cm]|ppc|paid|ads?)|retargeting|remarketing|display|banner|interstitial|native|programmatic|expandable|ads?|adwords|advert\w*|竞价|信息流|付费|付费推广)$/;
const EMAIL = /^(?:e[-_ ]?mail|mail|newsletter|e[-_ ]?mailing|mailing|邮件)$/;
const SOCIAL = /^(?:sm|social(?:[-_ ]?(?:network|media|post|organic))?|organic[-_ ]social|社交)$/;
const ORGANIC = /^(?:organic(?:[-_ ]search)?|seo|自然搜索)$/;
const AI = /^(?:ai|llm|ai[-_ ](?:assistant|chat|search|referral)|chatbot)$/;
const REFERRAL = /^(?:referral|link|推荐)$/;

const TABLE: readonly (readonly [RegExp, Channel])[] = [
  [PAID, 'paid'],
  [EMAIL, 'email'],
  [SOCIAL, 'social'],
  [ORGANIC, 'organic'],
  [AI, 'ai'],
  [REFERRAL, 'referral'],
];

/** Whether a medium says that the visit was paid for. @param medium lower case */
export const isPaidMedium = (medium: string): boolean => PAID.test(medium);

/** Channel that a medium names; `campaign` when it says none of the others. @param medium lower case */
export const channelOfMedium = (medium: string): Channel =>
  TABLE.find(([words]) => words.test(medium))?.[1] ?? 'campaign';
