import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { loadGatewayConfig } from '../../../src/config/index.ts';
import { makeAuthority } from '../../support/certificates.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-trunk-tls-'));
  const authority = await makeAuthority();
  const own = await authority.issue({ names: ['gateway.example'] });
  const other = await authority.issue({ names: ['gateway.example'] });
  const files = { 'ca.pem': authority.ca, 'own.pem': own.cert, 'own.key': own.key, 'other.key': other.key };
  for (const [name, text] of Object.entries({ ...files, 'junk.pem': 'junk' }))
    await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const problemsOf = async (tls: string): Promise<readonly string[]> => {
  const file = join(folder, 'dialtrace.yaml');
  const trunk = `{ id: a, region: US, sources: [192.0.2.1], gateway: "sip:carrier.example", tls: ${tls} }`;
  await writeFile(file, `sip: { listen: [{ transport: udp, port: 0 }] }\ntrunks: [${trunk}]\n`);
  try {
    loadGatewayConfig(file, {});
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe('certificates of a trunk', () => {
  it('are taken when they belong together', async () => {
    expect(await problemsOf('{ caFile: ca.pem, certFile: own.pem, keyFile: own.key }')).toEqual([]);
  });

  it('are mistakes, all at once, when they are none, or of another key', async () => {
    expect(await problemsOf('{ caFile: junk.pem, certFile: own.pem, keyFile: other.key }')).toEqual([
      'trunks[0].tls.caFile: junk.pem holds no certificate',
      'trunks[0].tls.keyFile: other.key is not the key of own.pem',
    ]);
    expect(await problemsOf('{ caFile: nowhere.pem, certFile: junk.pem, keyFile: junk.pem }')).toEqual([
      `trunks[0].tls.caFile: there is no file ${join(folder, 'nowhere.pem')}`,
      'trunks[0].tls.certFile: junk.pem holds no certificate',
      'trunks[0].tls.keyFile: junk.pem holds no private key',
    ]);
  });
});
