import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLICK_ID_KINDS,
  hasAdClick,
  readTouch,
  type TouchSite,
} from '../../../../src/tracking/visits/index.ts';

const SITE: TouchSite = {
  hosts: ['www.example.com', '*.shop.example', 'localhost:3000'],
  parameters: { src: 'source', Kampagne: 'campaign' },
  ignoredReferrers: ['pay.bank.example'],
  linkedHosts: ['other.example'],
};

const PAGE = 'https://www.example.com/roof';
const read = (query: string, referrer?: string) => readTouch(`${PAGE}${query}`, referrer, SITE);
const words = (query: string, referrer?: string) => {
  const { channel, source, medium } = read(query, referrer);
  return `${channel} ${source} ${medium}`;
};

describe('click ids', () => {
  it.each([
    ['gclid', 'google cpc'],
    ['gbraid', 'google cpc'],
    ['wbraid', 'google cpc'],
    ['dclid', 'google display'],
    ['msclkid', 'bing cpc'],
    ['ttclid', 'tiktok cpc'],
    ['twclid', 'twitter cpc'],
    ['li_fat_id', 'linkedin cpc'],
    ['epik', 'pinterest cpc'],
    ['ScCid', 'snapchat cpc'],
    ['rdt_cid', 'reddit cpc'],
    ['qclid', 'quora cpc'],
    ['yclid', 'yandex cpc'],
    ['bd_vid', 'baidu cpc'],
    ['gdt_vid', 'tencent cpc'],
    ['qz_gdt', 'tencent cpc'],
    ['qhclickid', '360 cpc'],
  ])('%s is paid', (parameter, named) => {
    const touch = read(`?${parameter}=Ab-1_x`);
    expect(`${touch.channel} ${touch.source} ${touch.medium}`).toBe(`paid ${named}`);
    expect(touch.clickIds).toEqual({ [parameter]: 'Ab-1_x' });
    expect(hasAdClick(touch)).toBe(true);
  });

  it('settle the channel, and UTM parameters the words', () => {
    expect(words('?gclid=a&utm_source=Google&utm_medium=organic')).toBe('paid google organic');
    expect(words('?gclid=a&utm_source=brand-ads')).toBe('paid brand-ads cpc');
  });

  it('of several, the first of the table names the source', () => {
    const touch = read('?fbclid=f&bd_vid=b&gclid=g');
    expect(touch.source).toBe('google');
    expect(touch.clickIds).toEqual({ gclid: 'g', bd_vid: 'b', fbclid: 'f' });
  });

  it("Facebook's is social unless the medium says that it was paid for", () => {
    expect(words('?fbclid=a')).toBe('social facebook social');
    expect(hasAdClick(read('?fbclid=a'))).toBe(false);
    expect(words('?fbclid=a&utm_medium=email')).toBe('social facebook email');
    expect(words('?fbclid=a&utm_source=fb&utm_medium=paid_social')).toBe('paid fb paid_social');
    expect(hasAdClick(read('?fbclid=a&utm_medium=cpc'))).toBe(true);
  });

  it("clickid is Ocean Engine's only beside the ids of its ads", () => {
    expect(words('?clickid=B.x&adid=1&creativetype=5')).toBe('paid bytedance cpc');
    expect(words('?clickid=B.x&projectid=1')).toBe('paid bytedance cpc');
    expect(words('?clickid=affiliate-7')).toBe('direct (direct) (none)');
    expect(words('?clickid=__CLICKID__&adid=__AID__')).toBe('direct (direct) (none)');
  });

  it('count whatever the case of the name, repeated or escaped twice, and not when empty', () => {
    expect(read('?GCLID=a').clickIds).toEqual({ gclid: 'a' });
    expect(read('?gclid=&gclid=b&gclid=c').clickIds).toEqual({ gclid: 'b' });
    expect(read('?a=1&amp;gclid=d').clickIds).toEqual({ gclid: 'd' });
    expect(read('?gclid={gclid}').clickIds).toEqual({});
    expect(read('?gclid=').channel).toBe('direct');
  });
});

describe('UTM parameters', () => {
  it('name the visit', () => {
    expect(
      read('?utm_source=News&utm_medium=E-Mail&utm_campaign=May%20Sale&utm_term=t&utm_content=c'),
    ).toMatchObject({
      channel: 'email',
      source: 'news',
      medium: 'e-mail',
      campaign: 'May Sale',
      term: 't',
      content: 'c',
    });
  });

  it.each([
    ['cpc', 'paid'],
    ['ppc', 'paid'],
    ['CPM', 'paid'],
    ['paid_social', 'paid'],
    ['paidsearch', 'paid'],
    ['display', 'paid'],
    ['social-ads', 'paid'],
    ['信息流', 'paid'],
    ['organic', 'organic'],
    ['social', 'social'],
    ['email', 'email'],
    ['newsletter', 'email'],
    ['referral', 'referral'],
    ['ai', 'ai'],
    ['qr', 'campaign'],
    ['sms', 'campaign'],
    ['print', 'campaign'],
    ['cpu', 'campaign'],
  ])('medium %s is %s', (medium, channel) => {
    expect(read(`?utm_source=x&utm_medium=${medium}`).channel).toBe(channel);
  });

  it('count in the fragment, after those of the query', () => {
    expect(words('#utm_source=flyer&utm_medium=qr')).toBe('campaign flyer qr');
    expect(words('#/offers?utm_source=flyer&utm_medium=qr')).toBe('campaign flyer qr');
    expect(read('?utm_source=a#utm_source=b').source).toBe('a');
  });

  it("come before the site's own, and those before Baidu Tongji's", () => {
    expect(words('?src=Heise')).toBe('campaign heise (none)');
    expect(words('?src=heise&utm_source=x')).toBe('campaign x (none)');
    expect(words('?src=heise&hmsr=y')).toBe('campaign heise (none)');
    expect(read('?kampagne=K1&utm_source=x').campaign).toBe('K1');
    expect(read('?hmsr=百度&hmpl=计划&hmcu=单元&hmkw=词&hmci=创意')).toMatchObject({
      channel: 'campaign',
      source: '百度',
      campaign: '计划',
      term: '词',
      content: '创意',
    });
  });

  it('without a source leave it to the referrer', () => {
    expect(words('?utm_medium=cpc', 'https://www.google.com/')).toBe('paid google cpc');
    expect(words('?utm_campaign=x', 'https://www.google.com/')).toBe('organic google organic');
    expect(words('?utm_campaign=x')).toBe('campaign (not set) (none)');
    expect(read('?utm_id=77').campaign).toBe('77');
    expect(words('?utm_term=roof')).toBe('direct (direct) (none)');
  });

  it('with the name of an assistant and no medium are the assistant', () => {
    expect(words('?utm_source=chatgpt.com')).toBe('ai chatgpt ai');
    expect(words('?utm_source=perplexity')).toBe('ai perplexity ai');
    expect(words('?utm_source=facebook')).toBe('social facebook social');
    expect(words('?utm_source=newsletter')).toBe('email newsletter email');
    expect(words('?utm_source=google')).toBe('campaign google (none)');
    expect(words('?utm_source=chatgpt.com&utm_medium=qr')).toBe('campaign chatgpt.com qr');
  });

  it.each(['{keyword}', '__CID__', '%%SITE%%', '$\u007bID}', 'undefined', ' ', '(not set)'])(
    'that were left unfilled say nothing: %s',
    (value) => {
      expect(read(`?utm_source=${encodeURIComponent(value)}`).channel).toBe('direct');
    },
  );

  it('are one line of at most 200 characters', () => {
    expect(read('?utm_source=a%0A%20b').source).toBe('a b');
    const { campaign } = read(`?utm_campaign=${'x'.repeat(199)}${encodeURIComponent('😀')}`);
    expect(campaign).toBe('x'.repeat(199));
  });
});

describe('referrers', () => {
  it.each([
    ['https://www.google.com/', 'organic google organic'],
    ['https://www.google.co.uk/search?q=x', 'organic google organic'],
    ['https://google.de/', 'organic google organic'],
    ['https://www.google.com.hk/', 'organic google organic'],
    ['android-app://com.google.android.googlequicksearchbox/', 'organic google organic'],
    ['https://news.google.com/', 'referral news.google.com referral'],
    ['https://www.google.evil.example/', 'referral google.evil.example referral'],
    ['https://notgoogle.com/', 'referral notgoogle.com referral'],
    ['https://cn.bing.com/search', 'organic bing organic'],
    ['https://de.search.yahoo.com/', 'organic yahoo organic'],
    ['https://duckduckgo.com/', 'organic duckduckgo organic'],
    ['https://www.ecosia.org/', 'organic ecosia organic'],
    ['https://search.brave.com/', 'organic brave organic'],
    ['https://yandex.com.tr/', 'organic yandex organic'],
    ['https://m.search.naver.com/', 'organic naver organic'],
    ['https://m.baidu.com/s?word=x', 'organic baidu organic'],
    ['https://www.sogou.com/link', 'organic sogou organic'],
    ['https://m.so.com/s', 'organic 360 organic'],
    ['https://so.m.sm.cn/s', 'organic shenma organic'],
    ['https://so.toutiao.com/search', 'organic toutiao organic'],
    ['https://l.facebook.com/', 'social facebook social'],
    ['https://t.co/abc', 'social twitter social'],
    ['https://www.linkedin.com/feed', 'social linkedin social'],
    ['https://www.pinterest.de/pin/1', 'social pinterest social'],
    ['https://mp.weixin.qq.com/s/x', 'social wechat social'],
    ['https://tieba.baidu.com/p/1', 'social tieba social'],
    ['https://link.zhihu.com/', 'social zhihu social'],
    ['https://chatgpt.com/', 'ai chatgpt ai'],
    ['https://chat.openai.com/', 'ai chatgpt ai'],
    ['https://www.perplexity.ai/', 'ai perplexity ai'],
    ['https://gemini.google.com/app', 'ai gemini ai'],
    ['https://copilot.microsoft.com/', 'ai copilot ai'],
    ['https://claude.ai/', 'ai claude ai'],
    ['https://www.doubao.com/chat', 'ai doubao ai'],
    ['https://chat.deepseek.com/', 'ai deepseek ai'],
    ['https://www.kimi.com/', 'ai kimi ai'],
    ['https://yuanbao.tencent.com/', 'ai yuanbao ai'],
    ['https://tongyi.aliyun.com/', 'ai tongyi ai'],
    ['https://mail.google.com/', 'email gmail email'],
    ['https://mail.qq.com/', 'email qq email'],
    ['https://webmail.provider.example/', 'email webmail.provider.example email'],
    ['https://www.blog.example/post', 'referral blog.example referral'],
    ['https://[2001:db8::1]:8080/', 'referral [2001:db8::1] referral'],
    ['https://bücher.example/', 'referral xn--bcher-kva.example referral'],
    ['HTTPS://WWW.BLOG.EXAMPLE/', 'referral blog.example referral'],
  ])('%s', (referrer, expected) => {
    expect(words('', referrer)).toBe(expected);
  });

  it.each([
    'https://www.example.com/other',
    'https://example.com/',
    'http://de.shop.example/x',
    'http://localhost:3000/',
    'https://other.example/',
    'https://www.other.example/',
    'https://pay.bank.example/done',
    'https://3ds.pay.bank.example/done',
    'https://www.paypal.com/checkoutnow',
    'https://accounts.google.com/signin',
    'https://acme.eu.auth0.com/authorize',
    'https://www.facebook.com/v19.0/dialog/oauth',
    'https://github.com/login/oauth/authorize',
    '',
    'not a url',
    'about:blank',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    'https://%%%/',
    `https://${'a.'.repeat(200)}example/`,
  ])('does not count: %s', (referrer) => {
    expect(read('', referrer)).toMatchObject({
      channel: 'direct',
      referrerGroup: 'none',
      referrerHost: null,
    });
  });

  it('two levels below a starred host is another site', () => {
    expect(words('', 'https://a.b.shop.example/')).toBe('referral a.b.shop.example referral');
  });

  it('are told beside a click id', () => {
    expect(read('?gclid=a', 'https://www.google.com/')).toMatchObject({
      channel: 'paid',
      referrerGroup: 'search',
      referrerHost: 'www.google.com',
    });
  });
});

describe('junk', () => {
  it('is read as far as it says something', () => {
    expect(words('?%E0%A4%A&utm_source=%zz&&&=&gclid=%', undefined)).toBe('paid %zz cpc');
    expect(readTouch('not a url', undefined, SITE).channel).toBe('direct');
    expect(readTouch('', '', SITE).channel).toBe('direct');
    expect(readTouch('ftp://x/?gclid=a', undefined, SITE).channel).toBe('direct');
    const long = readTouch(`${PAGE}?gclid=a&x=${'y'.repeat(20_000)}&utm_source=late`, undefined, SITE);
    expect(long).toMatchObject({ channel: 'paid', source: 'google' });
    expect(read(`?gclid=${'z'.repeat(3000)}`).clickIds['gclid']).toHaveLength(500);
  });

  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'https://',
      'www.example.com',
      '?utm_source=',
      '&gclid=',
      '#',
      '%',
      '://[',
      '@',
      '.google.',
    ),
    fc.constantFrom(...CLICK_ID_KINDS.map(({ parameter }) => `&${parameter}=x`)),
  );
  const junk = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  it('never throws, and a channel always has its words', () => {
    fc.assert(
      fc.property(junk, fc.option(junk, { nil: undefined }), (url, referrer) => {
        const touch = readTouch(url, referrer, SITE);
        expect(touch.source).not.toBe('');
        expect(touch.medium).not.toBe('');
        expect(touch.source.length).toBeLessThanOrEqual(255);
        expect((touch.referrerGroup === 'none') === (touch.referrerHost === null)).toBe(true);
        if (touch.channel === 'direct') expect(touch).toMatchObject({ source: '(direct)', clickIds: {} });
      }),
    );
  });
});
