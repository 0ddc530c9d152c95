import { describe, expect, it } from 'vitest';
import { parseCredentials } from '../../../../src/sip/digest/header.ts';
import { createAuthorizer, createDigestClient } from '../../../../src/sip/index.ts';
import { ACCOUNT, REQUEST } from './samples.ts';

const get = (header: string | undefined, name: string): string | undefined =>
  parseCredentials(header ?? '', 'r')?.get(name);

const challenge = (algorithm: string, nonce: string, more = ', qop="auth"'): string =>
  `Digest realm="r", nonce="${nonce}", algorithm=${algorithm}${more}`;

describe('digest as client', () => {
  it('answers the strongest challenge, wherever it stands', () => {
    const client = createDigestClient(ACCOUNT);
    const joined = `${challenge('MD5', '1')}, ${challenge('SHA-512-256', '2')}, ${challenge('SHA-256', '3')}`;
    expect(get(client.answer([joined], REQUEST), 'nonce')).toBe('2');
    expect(get(client.answer([challenge('SHA-3', '1'), challenge('MD5', '2')], REQUEST), 'nonce')).toBe('2');
  });

  it('does not answer what it can not do', () => {
    const client = createDigestClient(ACCOUNT);
    expect(client.answer(['Basic realm="r"'], REQUEST)).toBeUndefined();
    expect(client.answer([challenge('SHA-3', '1')], REQUEST)).toBeUndefined();
    expect(client.answer([challenge('MD5', '1', ', qop="token"')], REQUEST)).toBeUndefined();
    expect(client.answer([], REQUEST)).toBeUndefined();
    expect(client.again(REQUEST)).toBeUndefined();
  });

  it('counts the uses of one nonce and starts again with the next', () => {
    const client = createDigestClient(ACCOUNT);
    expect(get(client.answer([challenge('MD5', '1')], REQUEST), 'nc')).toBe('00000001');
    expect(get(client.again(REQUEST), 'nc')).toBe('00000002');
    expect(get(client.answer([challenge('MD5', '1')], REQUEST), 'nc')).toBe('00000003');
    expect(get(client.answer([challenge('MD5', '2')], REQUEST), 'nc')).toBe('00000001');
  });

  it('protects the body where nothing less is offered, and gives opaque back', () => {
    const client = createDigestClient(ACCOUNT);
    const answer = (body: string): string | undefined =>
      client.answer([challenge('MD5', 'n', ', qop="auth-int", opaque="o p"')], { ...REQUEST, body });
    expect(get(answer('a'), 'qop')).toBe('auth-int');
    expect(get(answer('a'), 'opaque')).toBe('o p');
    const fixed = createDigestClient({ ...ACCOUNT, cnonce: () => 'c' });
    const other = createDigestClient({ ...ACCOUNT, cnonce: () => 'c' });
    const lines = [challenge('MD5', 'n', ', qop="auth-int"')];
    expect(get(fixed.answer(lines, { ...REQUEST, body: 'a' }), 'response')).not.toBe(
      get(other.answer(lines, { ...REQUEST, body: 'b' }), 'response'),
    );
  });

  it('answers servers of RFC 2069, which know no count', () => {
    const answer = createDigestClient(ACCOUNT).answer(['Digest realm="r", nonce="n"'], REQUEST);
    expect(answer).not.toMatch(/nc=|qop=|cnonce=|algorithm=/);
  });
});

const response = (status: number, headers: Record<string, string>) => ({
  status,
  header: (name: string): string | undefined => headers[name],
});

describe('answering the challenges of one request', () => {
  const www = (nonce: string, more = '') =>
    response(401, { 'WWW-Authenticate': challenge('MD5', nonce, `, qop="auth"${more}`) });
  const proxy = (nonce: string) => response(407, { 'Proxy-Authenticate': challenge('MD5', nonce) });

  it('answers a proxy and the server behind it, and carries both answers', () => {
    const authorizer = createAuthorizer(ACCOUNT);
    const first = authorizer.headersFor(proxy('p'), REQUEST);
    expect(Object.keys(first ?? {})).toEqual(['Proxy-Authorization']);
    const second = authorizer.headersFor(www('s'), REQUEST);
    expect(Object.keys(second ?? {}).sort()).toEqual(['Authorization', 'Proxy-Authorization']);
    expect(get(second?.['Proxy-Authorization'], 'nc')).toBe('00000002');
  });

  it('gives up when the same party asks again, but not for a nonce that was too old', () => {
    const authorizer = createAuthorizer(ACCOUNT);
    expect(authorizer.headersFor(www('1'), REQUEST)).toBeDefined();
    expect(get(authorizer.headersFor(www('2', ', stale=true'), REQUEST)?.['Authorization'], 'nonce')).toBe(
      '2',
    );
    expect(authorizer.headersFor(www('3'), REQUEST)).toBeUndefined();
  });

  it('does not go round for ever with a server that calls everything stale', () => {
    const authorizer = createAuthorizer(ACCOUNT);
    let tries = 0;
    while (authorizer.headersFor(www(`${tries}`, ', stale=true'), REQUEST) && tries < 100) tries += 1;
    expect(tries).toBeLessThan(5);
  });

  it('does not answer other responses, nor a challenge without a header', () => {
    const authorizer = createAuthorizer(ACCOUNT);
    expect(authorizer.headersFor(response(403, {}), REQUEST)).toBeUndefined();
    expect(authorizer.headersFor(response(401, {}), REQUEST)).toBeUndefined();
  });
});
