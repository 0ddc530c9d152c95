import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connectSrf, type Dialog, type Srf } from '../integration/sip-engine/srf.ts';
import { type Authority, type Issued, makeAuthority } from '../support/certificates.ts';
import { parseMetrics } from '../support/metrics.ts';
import { type Program, startProgram } from '../support/program.ts';
import { header, newBranch, parseSip, token, writeSip } from '../support/sip-message.ts';
import { openSipPeer } from '../support/sip-peer.ts';
import { until, within } from '../support/wait.ts';

/** `dialtrace sip-engine` as its users know it: drachtio-server's command line, drachtio-srf on the other end. */

const SECRET = 'a secret of our own';
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

let authority: Authority;
beforeAll(async () => {
  authority = await makeAuthority();
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dialtrace-sip-engine-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Program => {
  // Neither a configuration nor a drachtio-server of this machine has a say.
  const clean = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:DRACHTIO|DIALTRACE)_/.test(name))
      .map((name) => [name, undefined]),
  );
  const program = startProgram(['sip-engine', ...words], { ...clean, ...env });
  onTestFinished(() => program.end());
  return program;
};

const write = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const writeCertificate = ({ key, cert }: Issued): { readonly key: string; readonly cert: string } => ({
  key: write('key.pem', key),
  cert: write('cert.pem', cert),
});

/** The first listening point of a protocol, as the program tells it. */
const portOf = async (program: Program, protocol: string): Promise<number> =>
  Number(await program.says(new RegExp(`${protocol}/127\\.0\\.0\\.1:(\\d+)`)));

const adminOf = async (program: Program) => ({
  address: '127.0.0.1',
  port: Number(await program.says(/^Applications on 127\.0\.0\.1:(\d+)/m)),
});

const withApp = async (
  program: Program,
  prepare: (srf: Srf) => void = () => {},
  secret = SECRET,
): Promise<Srf> => {
  const srf = await connectSrf(await adminOf(program), secret, prepare);
  // The program ends before the application does in some tests.
  onTestFinished(() => {
    try {
      srf.disconnect();
    } catch {}
  });
  return srf;
};

const connectTo = async (port: number): Promise<TLSSocket> => {
  const socket = connectTls({ host: '127.0.0.1', port, ca: authority.ca });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await within('TLS', 10_000, once(socket, 'secureConnect'));
  return socket;
};

/** The status of the answer to an OPTIONS. */
const optionsOver = async (socket: TLSSocket): Promise<number | undefined> => {
  const request = writeSip('OPTIONS sip:engine@127.0.0.1 SIP/2.0', [
    ['Via', `SIP/2.0/TLS 127.0.0.1:9;branch=${newBranch()};rport`],
    ['Max-Forwards', '70'],
    ['From', `<sip:probe@127.0.0.1>;tag=${token()}`],
    ['To', '<sip:engine@127.0.0.1>'],
    ['Call-ID', token(10)],
    ['CSeq', '1 OPTIONS'],
  ]);
  socket.write(request);
  const [data] = await within('the answer to OPTIONS', 10_000, once(socket, 'data'));
  return parseSip(String(data)).status;
};

test('two contacts, TLS, metrics and the environment: a call goes on while certificates change, and ends with SIGTERM', async () => {
  const files = writeCertificate(await authority.issue({ addresses: ['127.0.0.1'] }));
  const program = start(
    [
      ...['--contact', 'sip:127.0.0.1:0;transport=udp,tcp'],
      ...['--external-ip', '203.0.113.9', '--local-net', '127.0.0.0/8'],
      ...['--contact', 'sips:127.0.0.1:0;transport=tls', '--dns-name', 'sip.example.com'],
      ...[
        '--key-file',
        files.key,
        '--cert-file',
        files.cert,
        '--chain-file',
        write('chain.pem', authority.ca),
      ],
      ...['--port', '0', '--prometheus-scrape-port', '127.0.0.1:0', '--mtu', '4096'],
      ...['--homer', '127.0.0.1:9060', '--daemon', '--noconfig'],
    ],
    { DRACHTIO_SECRET: SECRET, DRACHTIO_ADMIN_ADDRESS: '127.0.0.1', DRACHTIO_LOGLEVEL: 'info' },
  );
  const metricsAt = await program.says(/^Metrics on (http:\S+)/m);
  expect(program.stderr()).toContain('--homer has no effect here.');
  expect(program.stderr()).toContain('--daemon has no effect here.');
  expect(program.stderr()).not.toContain('--noconfig');
  expect(program.stderr()).not.toContain('sample file');

  let hostports = '';
  let dialog: Dialog | undefined;
  await withApp(program, (srf) => {
    srf.on('connect', (_error: unknown, told: string) => {
      hostports = told;
    });
    srf.invite(async (req, res) => {
      dialog = await srf.createUAS(req, res, { localSdp: SDP });
    });
    srf.options((_req, res) => res.send(200));
  });
  const udp = await portOf(program, 'udp');
  const tls = await portOf(program, 'tls');
  // What peers elsewhere are told; the TLS contact has no address of its own for that.
  expect(hostports.split(',')).toContain(`udp/203.0.113.9:${udp}`);
  expect(hostports).toContain(`tls/127.0.0.1:${tls}`);

  const peer = await openSipPeer({ address: '127.0.0.1' });
  onTestFinished(() => peer.close());
  const call = peer.invite({ to: { address: '127.0.0.1', port: udp }, did: '4930123', sdp: SDP });
  const answer = await call.final();
  expect(answer.status).toBe(200);
  // A neighbour is told the bound address.
  expect(header(answer, 'contact')).toContain(`sip:127.0.0.1:${udp}`);
  await until('the call is up', () => dialog !== undefined);

  const before = await connectTo(tls);
  const next = await authority.issue({ addresses: ['127.0.0.1'] });
  writeCertificate(next);
  program.signal('SIGHUP');
  await program.notes(/certificates read again/);
  const after = await connectTo(tls);
  expect(after.getPeerCertificate().fingerprint256).not.toBe(before.getPeerCertificate().fingerprint256);
  expect(await optionsOver(before)).toBe(200);
  expect(await optionsOver(after)).toBe(200);

  write('cert.pem', 'no certificate');
  program.signal('SIGHUP');
  await program.notes(/certificates not changed/);
  expect(await optionsOver(await connectTo(tls))).toBe(200);
  expect((await call.request('INFO', { contentType: 'text/plain', sdp: 'still here?' })).status).toBe(200);

  const metrics = parseMetrics(await (await fetch(metricsAt)).text());
  const lines = metrics.text.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'drachtio_sip_requests_in_total{method="INVITE"} 1',
      'drachtio_sip_requests_in_total{method="ACK"} 1',
      'drachtio_sip_requests_in_total{method="OPTIONS"} 3',
      'drachtio_sip_responses_out_total{method="INVITE",code="200"} 1',
      'drachtio_sip_responses_out_total{method="OPTIONS",code="200"} 3',
      'drachtio_stable_dialogs{type="inbound"} 1',
      'drachtio_stable_dialogs{type="outbound"} 0',
      'drachtio_app_connections 1',
      'drachtio_engine_connections 3',
    ]),
  );
  expect(metrics.value('drachtio_build_info')).toBe(1);
  expect(metrics.value('drachtio_time_started')).toBeGreaterThan(Date.now() / 1000 - 300);
  expect((await fetch(metricsAt.replace('/metrics', '/'))).status).toBe(404);

  program.signal('SIGTERM');
  expect((await call.ended()).message.method).toBe('BYE');
  expect(await within('its end', 20_000, program.exited)).toBe(0);
});

test('without flags of ours: applications on loopback only, with a remark about the secret, and a wrong one refused', async () => {
  const program = start(['--contact', 'sip:127.0.0.1:0;transport=udp'], { DRACHTIO_ADMIN_TCP_PORT: '0' });
  await program.says(/^Applications on 127\.0\.0\.1:/m);
  await program.notes(/the secret of applications is the one of every sample file: give --secret/);
  await expect(withApp(program, () => {}, 'a guess')).rejects.toThrow();
  await withApp(program, () => {}, 'cymru');
  program.signal('SIGINT');
  expect(await within('its end', 20_000, program.exited)).toBe(0);
});

describe('what is wrong is said at the start', () => {
  test('all mistakes of the command line and the environment at once, exit code 2', async () => {
    const program = start(
      [
        ...['--contact', 'sip:sip.example.com', '--contact', 'sip:127.0.0.1;transport=sctp'],
        ...['--address', '0.0.0.0', '--port', '70000', '--mtu', '9', '--loglevel', 'loud'],
        ...['--key-file', '/nowhere/key.pem', '--prometheus-scrape-port', 'x'],
      ],
      { DRACHTIO_TCP_KEEPALIVE_INTERVAL: 'soon' },
    );
    expect(await within('its end', 40_000, program.exited)).toBe(2);
    expect(program.stdout()).toBe('');
    const said = program.stderr();
    for (const part of [
      '"sip:sip.example.com" names no address to listen on',
      'has the transport "sctp"',
      '--secret: is missing, and applications may connect from other machines (--address 0.0.0.0)',
      '--port: "70000"',
      '--mtu: "9"',
      '--loglevel: "loud"',
      '--cert-file: is missing beside --key-file',
      '--prometheus-scrape-port: "x"',
      'DRACHTIO_TCP_KEEPALIVE_INTERVAL: "soon"',
    ])
      expect(said).toContain(part);
    expect(said).not.toContain('    at ');
  });

  test('a flag that does not exist', async () => {
    const program = start(['--contakt', 'sip:*']);
    expect(await within('its end', 40_000, program.exited)).toBe(2);
    expect(program.stderr()).toContain('--contact');
  });

  test('a certificate that is not there, or is none', async () => {
    const { key, cert } = writeCertificate(await authority.issue({ addresses: ['127.0.0.1'] }));
    const words = ['--contact', 'sips:127.0.0.1:0;transport=tls', '--port', '0', '--key-file', key];
    const missing = start([...words, '--cert-file', join(directory, 'nothing.pem')]);
    expect(await within('its end', 40_000, missing.exited)).toBe(2);
    expect(missing.stderr()).toMatch(/certificate file .*nothing\.pem can't be read/);

    writeFileSync(cert, 'no certificate');
    const broken = start([...words, '--cert-file', cert]);
    expect(await within('its end', 40_000, broken.exited)).toBe(2);
    expect(broken.stderr()).toMatch(/certificate/i);
    expect(broken.stderr().trim().split('\n')).toHaveLength(1);
  });

  const holdPort = async (): Promise<number> => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const holdUdp = async (): Promise<number> => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    onTestFinished(() => void socket.close());
    return socket.address().port;
  };

  test.each([
    ['SIP', async () => ['--contact', `sip:127.0.0.1:${await holdUdp()};transport=udp`, '--port', '0']],
    [
      'applications',
      async () => ['--contact', 'sip:127.0.0.1:0;transport=udp', '--port', `${await holdPort()}`],
    ],
    [
      'metrics',
      async () => [
        ...['--contact', 'sip:127.0.0.1:0;transport=udp', '--port', '0'],
        ...['--prometheus-scrape-port', `${await holdPort()}`],
      ],
    ],
  ])('a port that another program has: %s', async (_what, words) => {
    const given = await words();
    const program = start([...given, '--secret', SECRET]);
    expect(await within('its end', 40_000, program.exited)).toBe(1);
    const lines = program.stderr().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Another program listens there already .*127\.0\.0\.1:\d+.*another port\.$/);
    expect(program.stdout()).toBe('');
  });
});
