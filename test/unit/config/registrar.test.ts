import { describe, expect, it } from 'vitest';
import { crossChecks } from '../../../src/config/checks.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';

const parse = (registrar: unknown) => gatewayConfigSchema.safeParse({ registrar });

describe('the registrar section', () => {
  it('is off unless it is written, and needs domains only', () => {
    expect(gatewayConfigSchema.parse({}).registrar).toBeUndefined();
    expect(parse({ domains: ['SIP.Example.com', '192.0.2.1', '2001:db8::1'] }).data?.registrar).toEqual({
      enabled: true,
      domains: ['sip.example.com', '192.0.2.1', '2001:db8::1'],
      algorithms: ['MD5'],
      minExpires: 60,
      maxExpires: 3600,
      defaultExpires: 600,
      maxContacts: 5,
    });
  });

  it.each([
    [{}, 'domains'],
    [{ domains: [] }, 'domains'],
    [{ domains: ['sip:example.com'] }, 'domains.0'],
    [{ domains: ['example.com:5060'] }, 'domains.0'],
    [{ domains: ['a.example'], realm: 'with "quotes"' }, 'realm'],
    [{ domains: ['a.example'], algorithms: ['SHA-1'] }, 'algorithms.0'],
    [{ domains: ['a.example'], maxContacts: 0 }, 'maxContacts'],
  ])('refuses %j at %s', (section, path) => {
    const { error } = parse(section);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([`registrar.${path}`]);
  });

  it.each([
    [{ domains: ['a.example'], defaultExpires: 30 }, 'registrar.defaultExpires'],
    [{ domains: ['a.example'], maxExpires: 300 }, 'registrar.defaultExpires'],
    [{ domains: ['a.example', 'A.example'] }, 'registrar.domains[1]'],
    [{ domains: ['pbx.example'] }, 'registrar.domains[0]'],
  ])('finds what does not fit together: %j', (registrar, path) => {
    const digest = (username: string) => ({ realm: 'PBX.example', username, password: 'p' });
    const trunks = ['a', 'b'].map((id) => ({ id, region: 'US', digest: digest(id) }));
    const config = gatewayConfigSchema.parse({ registrar, trunks });
    expect(crossChecks(config).map((problem) => problem.path)).toEqual([path]);
  });
});
