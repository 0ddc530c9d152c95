import { describe, expect, it } from 'vitest';
import { isScanner, judge, knownTo } from '../../../../src/sip-engine/wall/index.ts';
import { request, requestText } from '../fakes.ts';

const withHeader = (line: string, method = 'REGISTER', toTag = '') =>
  request(requestText(method, 'z9hG4bK1', toTag).replace('Content-Length', `${line}\r\nContent-Length`));

const PLAIN = 'X-Nothing: 1';
const CREDENTIALS = 'Authorization: Digest username="a"';
const PROXY_CREDENTIALS = 'Proxy-Authorization: Digest username="a"';

describe('judge', () => {
  it.each([
    ['REGISTER', PLAIN, '', 401, undefined],
    ['INVITE', PLAIN, '', 407, undefined],
    ['REGISTER', CREDENTIALS, '', 401, 'unauthorized'],
    ['INVITE', PROXY_CREDENTIALS, '', 407, 'unauthorized'],
    ['REGISTER', CREDENTIALS, '', 403, 'unauthorized'],
    ['INVITE', PLAIN, '', 403, 'unauthorized'],
    ['INVITE', PLAIN, '', 404, 'not-found'],
    ['INVITE', PLAIN, '', 604, 'not-found'],
    ['INVITE', CREDENTIALS, '', 404, undefined],
    ['REGISTER', CREDENTIALS, '', 200, 'welcome'],
    ['INVITE', PLAIN, '', 200, 'welcome'],
    ['OPTIONS', PLAIN, '', 200, undefined],
    ['CANCEL', PLAIN, '', 200, undefined],
    ['BYE', PLAIN, 'x', 481, undefined],
    ['INVITE', PLAIN, 'x', 403, undefined],
    ['INVITE', PLAIN, '', 486, undefined],
    ['INVITE', PLAIN, '', 503, undefined],
  ])('%s with %s in dialog "%s" and %i: %s', (method, line, toTag, status, verdict) => {
    expect(judge(withHeader(line, method, toTag), status)).toBe(verdict);
  });
});

describe('knownTo', () => {
  it('knows the sources of the admission, nobody without one', () => {
    const known = knownTo({
      sources: [{ cidr: '192.0.2.0/24' }, { cidr: '198.51.100.1', port: 5060 }],
      realms: [],
    });
    expect(known('192.0.2.9')).toBe(true);
    expect(known('198.51.100.1')).toBe(true);
    expect(known('198.51.100.2')).toBe(false);
    expect(knownTo(undefined)('192.0.2.9')).toBe(false);
  });
});

describe('isScanner', () => {
  it.each([
    'friendly-scanner',
    'Friendly-Scanner/0.3',
    'sipvicious',
    'sipcli/v1.8',
    'sipcli',
    'sip-scan',
    'VaxSIPUserAgent/3.1',
    'sipsak 0.9.7',
    'pplsip',
    'sundayddr',
    'iWar',
    'smap 0.6.0',
  ])('knows %s', (agent) => {
    expect(isScanner(withHeader(`User-Agent: ${agent}`))).toBe(true);
  });

  it.each([
    'Asterisk PBX 20.5',
    'FreeSWITCH-mod_sofia/1.10',
    'sipclient/2.0',
    'SIPPER for phoner',
    'eyeBeam release 1011d',
    'Zoiper rv2.10',
    'PortSIP VoIP SDK',
    'CSipSimple_crespo',
    'smapper',
    'sip.js/0.21.2',
    'not a friendly-scanner',
    'drachtio',
    'iwarn',
  ])('knows nothing against %s', (agent) => {
    expect(isScanner(withHeader(`User-Agent: ${agent}`))).toBe(false);
  });

  const from = (value: string) => request(requestText('OPTIONS').replace('<sip:a@192.0.2.1>', value));

  it.each([
    '<sip:nm@nm>',
    '"sipvicious" <sip:100@1.1.1.1>',
    '<sip:sipvicious@1.1.1.1>',
    'sipvicious <sip:1@1.1.1.1>',
  ])('knows From %s', (value) => {
    expect(isScanner(from(value))).toBe(true);
  });

  it.each([
    '<sip:nm@nmap.org>',
    '<sip:nm@nm.example>',
    '"Mr. Sipviciousson" <sip:1@1.1.1.1>',
    '<sip:notsipvicious@1.1.1.1>',
  ])('knows nothing against From %s', (value) => {
    expect(isScanner(from(value))).toBe(false);
  });
});
