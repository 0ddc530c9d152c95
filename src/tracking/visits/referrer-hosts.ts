/** Sites that people come from, by the name that reports call them; hosts stand for themselves and all below them. */
type Sites = Readonly<Record<string, string>>;

const SEARCH: Sites = {
  google: 'cdn.ampproject.org com.google.android.googlequicksearchbox',
  bing: 'bing.com',
  yahoo: 'search.yahoo.com search.yahoo.co.jp',
  duckduckgo: 'duckduckgo.com',
  ecosia: 'ecosia.org',
  brave: 'search.brave.com',
  startpage: 'startpage.com',
  qwant: 'qwant.com',
  kagi: 'kagi.com',
  mojeek: 'mojeek.com mojeek.co.uk',
  swisscows: 'swisscows.com',
  metager: 'metager.org metager.de',
  presearch: 'presearch.com presearch.org',
  aol: 'search.aol.com',
  ask: 'ask.com',
  dogpile: 'dogpile.com',
  petal: 'petalsearch.com',
  't-online': 'suche.t-online.de',
  gmx: 'suche.gmx.net suche.gmx.de',
  'web.de': 'suche.web.de',
  baidu: 'baidu.com',
  sogou: 'sogou.com',
  '360': 'so.com haosou.com',
  shenma: 'sm.cn',
  quark: 'quark.cn',
  toutiao: 'toutiao.com',
  chinaso: 'chinaso.com',
  yandex: 'ya.ru',
  rambler: 'nova.rambler.ru',
  'mail.ru': 'go.mail.ru',
  naver: 'search.naver.com',
  daum: 'search.daum.net',
  goo: 'search.goo.ne.jp',
  seznam: 'search.seznam.cz',
  coccoc: 'coccoc.com',
};

const SOCIAL: Sites = {
  facebook: 'facebook.com fb.com fb.me messenger.com',
  instagram: 'instagram.com',
  threads: 'threads.net threads.com',
  whatsapp: 'whatsapp.com wa.me l.wl.co',
  twitter: 'twitter.com x.com t.co com.twitter.android',
  linkedin: 'linkedin.com lnkd.in com.linkedin.android',
  pinterest: 'pin.it com.pinterest',
  reddit: 'reddit.com redd.it com.reddit.frontpage',
  tiktok: 'tiktok.com',
  youtube: 'youtube.com youtu.be',
  snapchat: 'snapchat.com',
  quora: 'quora.com',
  tumblr: 'tumblr.com',
  telegram: 't.me telegram.me telegram.org org.telegram.messenger',
  discord: 'discord.com discordapp.com',
  bluesky: 'bsky.app',
  mastodon: 'mastodon.social mastodon.online',
  nextdoor: 'nextdoor.com nextdoor.de nextdoor.co.uk',
  xing: 'xing.com',
  vk: 'vk.com vk.ru',
  ok: 'ok.ru',
  line: 'line.me',
  kakaotalk: 'story.kakao.com',
  'hacker-news': 'news.ycombinator.com',
  wechat: 'weixin.qq.com servicewechat.com com.tencent.mm',
  qzone: 'qzone.qq.com',
  weibo: 'weibo.com weibo.cn t.cn',
  zhihu: 'zhihu.com',
  xiaohongshu: 'xiaohongshu.com xhslink.com',
  douyin: 'douyin.com iesdouyin.com',
  kuaishou: 'kuaishou.com chenzhongtech.com',
  bilibili: 'bilibili.com b23.tv',
  tieba: 'tieba.baidu.com',
  douban: 'douban.com',
};

const AI: Sites = {
  chatgpt: 'chatgpt.com chat.openai.com com.openai.chatgpt',
  perplexity: 'perplexity.ai',
  gemini: 'gemini.google.com bard.google.com',
  notebooklm: 'notebooklm.google.com',
  copilot: 'copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft',
  claude: 'claude.ai',
  grok: 'grok.com',
  'meta-ai': 'meta.ai',
  mistral: 'chat.mistral.ai',
  'duck.ai': 'duck.ai',
  you: 'you.com',
  poe: 'poe.com',
  phind: 'phind.com',
  genspark: 'genspark.ai',
  felo: 'felo.ai',
  doubao: 'doubao.com',
  deepseek: 'deepseek.com',
  kimi: 'kimi.com kimi.ai kimi.moonshot.cn',
  yuanbao: 'yuanbao.tencent.com yuanbao.qq.com',
  tongyi: 'tongyi.aliyun.com tongyi.com qianwen.aliyun.com qianwen.com',
  qwen: 'qwen.ai',
  ernie: 'yiyan.baidu.com chat.baidu.com',
  zhipu: 'chatglm.cn z.ai',
  metaso: 'metaso.cn',
  spark: 'xinghuo.xfyun.cn',
  '360-nami': 'n.cn',
};

const EMAIL: Sites = {
  gmail: 'mail.google.com com.google.android.gm',
  outlook: 'outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft',
  yahoo: 'mail.yahoo.com mail.yahoo.co.jp',
  aol: 'mail.aol.com',
  icloud: 'icloud.com',
  proton: 'mail.proton.me',
  gmx: 'gmx.net gmx.de deref-gmx.net',
  'web.de': 'web.de deref-web.de deref-web-02.de',
  't-online': 'email.t-online.de',
  fastmail: 'fastmail.com',
  zoho: 'mail.zoho.com mail.zoho.eu',
  'mail.ru': 'e.mail.ru',
  yandex: 'mail.yandex.ru mail.yandex.com',
  naver: 'mail.naver.com',
  daum: 'mail.daum.net',
  seznam: 'email.seznam.cz',
  qq: 'mail.qq.com exmail.qq.com',
  netease: 'mail.163.com mail.126.com qiye.163.com',
};

/** Below a search engine's host, and yet no search. */
const REFERRAL: Sites = {
  'baike.baidu.com': 'baike.baidu.com',
  'zhidao.baidu.com': 'zhidao.baidu.com',
  'jingyan.baidu.com': 'jingyan.baidu.com',
  'wenku.baidu.com': 'wenku.baidu.com',
  'pan.baidu.com': 'pan.baidu.com',
};

/** Groups of known sites, and the sites of each. */
export const KNOWN_SITES = { search: SEARCH, social: SOCIAL, ai: AI, email: EMAIL, referral: REFERRAL };

/** Hosts with a country in their name. */
export const KNOWN_PATTERNS: readonly (readonly [
  pattern: RegExp,
  source: string,
  group: 'search' | 'social' | 'email',
])[] = [
  [
    /^(?:(?:www|m|images|maps|search|scholar)\.)?google\.(?:com|cat|[a-z]{2}|com?\.[a-z]{2})$/,
    'google',
    'search',
  ],
  [/^(?:(?:www|m)\.)?yandex\.(?:com|[a-z]{2}|com?\.[a-z]{2})$/, 'yandex', 'search'],
  [/(?:^|\.)pinterest\.(?:com|[a-z]{2}|com?\.[a-z]{2})$/, 'pinterest', 'social'],
  [/^mail\.yandex\.(?:[a-z]{2}|com?\.[a-z]{2})$/, 'yandex', 'email'],
];

/** Anybody's webmail: `webmail.example.com`, `mail.example.com`. */
export const WEBMAIL = /^(?:(?:web)?mail\d{0,2}|owa|roundcube|exmail)\.[^.]+\.[^.]+/;

/** Payment, login and consent pages, which people come back from: themselves and all below them. */
export const PASSED_HOSTS: ReadonlySet<string> = new Set(
  `paypal.com checkout.stripe.com pay.stripe.com hooks.stripe.com js.stripe.com invoice.stripe.com
  klarna.com adyen.com mollie.com worldpay.com sofort.com giropay.de paydirekt.de checkout.com authorize.net
  braintreegateway.com squareup.com razorpay.com paddle.com afterpay.com clearpay.co.uk shop.app pay.google.com
  pay.amazon.com payments.amazon.com payments.amazon.de pay.apple.com cardinalcommerce.com arcot.com 3dsecure.io
  alipay.com tenpay.com pay.weixin.qq.com unionpay.com 95516.com
  accounts.google.com accounts.youtube.com consent.google.com consent.youtube.com consent.yahoo.com
  login.microsoftonline.com login.live.com login.microsoft.com appleid.apple.com idmsa.apple.com login.yahoo.com
  auth0.com okta.com onelogin.com login.salesforce.com auth.openai.com id.vk.com oauth.vk.com oauth.yandex.ru
  passport.yandex.ru open.weixin.qq.com graph.qq.com ssl.ptlogin2.qq.com openapi.baidu.com passport.baidu.com
  api.weibo.com passport.weibo.com id.atlassian.com`.split(/\s+/),
);

/** Login pages of sites that people also come from by themselves. */
export const PASSED_PATHS = /\/(?:oauth2?|dialog\/oauth|openid-connect|saml2?)(?:\/|$)/i;
