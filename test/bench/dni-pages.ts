/** What a page asks for when it opens: ads, search and direct visits, each of another visitor from another network. */
export const pageOf = (index: number): { readonly address: string; readonly body: object } => {
  const kind = index % 5;
  const url = new URL(`https://www.example.com/page-${index % 40}`);
  if (kind < 2) {
    url.searchParams.set('gclid', `click-${index}`);
    url.searchParams.set('utm_campaign', `campaign-${index % 12}`);
  }
  return {
    address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    body: {
      site: 'main',
      url: url.href,
      referrer: kind === 4 ? null : 'https://www.google.com/',
      title: 'A page of the site',
      tz: 'America/New_York',
      lang: 'en-US',
      viewport: [1280, 800],
      targets: ['+12025550000'],
      consent: 'unknown',
      automated: false,
    },
  };
};

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

export const pageHeaders = (address: string): Record<string, string> => ({
  origin: 'https://www.example.com',
  'user-agent': CHROME,
  'accept-language': 'en-US,en;q=0.9',
  'x-forwarded-for': address,
  'content-type': 'text/plain;charset=UTF-8',
});
