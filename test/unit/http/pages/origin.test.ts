import { describe, expect, it } from 'vitest';
import { isHostOf, originHost, pageHost } from '../../../../src/http/pages/origin.ts';

describe('the host of a page', () => {
  it('is read of http and https alone', () => {
    expect(pageHost('https://www.example.com')).toBe('www.example.com');
    expect(pageHost('https://www.example.com:443/x')).toBe('www.example.com');
    expect(pageHost('HTTP://WWW.Example.com:8080/x?y#z')).toBe('www.example.com:8080');
    expect(pageHost('https://user:pass@www.example.com/')).toBe('www.example.com');
    for (const other of [undefined, '', 'null', 'www.example.com', 'file:///x', 'https://', 'javascript:1'])
      expect(pageHost(other)).toBeUndefined();
  });

  it('of an Origin header is what browsers write, and nothing that only looks like it', () => {
    expect(originHost('https://www.example.com')).toBe('www.example.com');
    expect(originHost('https://WWW.example.com:8443/of/a/referer?x=@')).toBe('www.example.com:8443');
    expect(originHost('http://[::1]:8080')).toBe('[::1]:8080');
    for (const other of [
      undefined,
      'null',
      'file://',
      'https://user@www.example.com',
      'https://www.example.com\\.evil.example',
      'https://www.example.com, https://evil.example',
      'https://*.shop.example',
      'https://.shop.example',
      'https://\uff57\uff57\uff57.example.com',
      `https://user@${'a'.repeat(300)}.example`,
    ])
      expect([other, originHost(other)]).toEqual([other, undefined]);
  });

  it('is one of the site: exactly, or by a wildcard for one level', () => {
    const hosts = ['www.example.com', '*.shop.example', 'localhost:3000'];
    const fits = (host: string): boolean => isHostOf(hosts, host);
    expect(['www.example.com', 'de.shop.example', 'localhost:3000'].filter(fits)).toHaveLength(3);
    for (const host of [
      'example.com',
      'a.www.example.com',
      'shop.example',
      'a.b.shop.example',
      'xshop.example',
      'localhost',
      'www.example.com:8443',
    ])
      expect([host, fits(host)]).toEqual([host, false]);
  });
});
