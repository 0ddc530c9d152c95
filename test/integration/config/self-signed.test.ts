import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FailureError } from '../../../src/base/errors.ts';
import {
  certificateFiles,
  certificateNames,
  ensureSelfSigned,
  isSelfSigned,
  loadGatewayConfig,
  readCertificates,
} from '../../../src/config/index.ts';

const DAY = 86_400_000;
const MACHINE = { name: 'box', addresses: ['192.0.2.7', '2001:db8::7'] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-tls-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = async (domain = 'one.example') => {
  const path = join(folder, 'dialtrace.yaml');
  await writeFile(path, `http: { tls: true }\nregistrar: { domains: [${domain}] }\n`);
  const config = loadGatewayConfig(path, {});
  const files = certificateFiles(config);
  if (files === undefined) throw new Error('HTTPS has no certificate');
  const wanted = certificateNames(config, MACHINE);
  const ensure = (now: number, names: typeof wanted | undefined = wanted) =>
    ensureSelfSigned(config, files, now, names);
  const made = async () => new X509Certificate(await readFile(files.certFile));
  return { files, ensure, made };
};

it('makes a certificate with its key once, closed to others, for 397 days and for every name', async () => {
  const { files, ensure, made } = await load();
  const now = Date.now();
  expect(await ensure(now)).toBe('is not there yet');
  expect((await stat(files.keyFile)).mode & 0o777).toBe(0o600);
  const certificate = await made();
  expect(isSelfSigned(certificate)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY;
  expect(Math.round(days)).toBe(397);
  for (const name of ['localhost', 'box', 'box.local', 'one.example'])
    expect(certificate.checkHost(name, { subject: 'never' })).toBe(name);
  for (const address of ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7'])
    expect(certificate.checkIP(address)).toBe(address);
  expect(readCertificates(files).cert).toContain('BEGIN CERTIFICATE');
  expect(await ensure(now)).toBeUndefined();
});

it('makes another one when it grows old, is broken, or a name is new', async () => {
  const { files, ensure, made } = await load();
  const now = Date.now();
  await ensure(now);
  const first = (await made()).fingerprint256;
  expect(await ensure(now + 365 * DAY)).toBe(undefined);
  expect(await ensure(now + 367 * DAY)).toMatch(/more days only/);
  const second = (await made()).fingerprint256;
  expect(second).not.toBe(first);
  await writeFile(files.keyFile, 'no key\n');
  expect(await ensure(now + 367 * DAY)).toMatch(/can't be read/);
  const other = await load('two.example');
  expect(await other.ensure(now + 367 * DAY)).toBe('does not name two.example');
});

it('does not renew for names while it runs', async () => {
  const { ensure } = await load();
  await ensure(Date.now());
  const { files, ...other } = await load('two.example');
  const config = loadGatewayConfig(join(folder, 'dialtrace.yaml'), {});
  expect(await ensureSelfSigned(config, files, Date.now())).toBeUndefined();
  expect(await other.ensure(Date.now())).toBe('does not name two.example');
});

it.skipIf(process.getuid?.() === 0)('says what is in the way', async () => {
  const { ensure } = await load();
  await chmod(folder, 0o500);
  await expect(ensure(Date.now())).rejects.toThrow(FailureError);
  await chmod(folder, 0o700);
});
