import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem, UsageError } from '../../../src/base/errors.ts';
import { jsonSchema, loadGatewayConfig, loadTrackingPlan } from '../../../src/config/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-config-'));
  await writeFile(join(folder, 'empty'), '\n');
  await writeFile(join(folder, 'secret'), 's3cret words\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = async (yaml: string, env: Record<string, string> = {}) => {
  const path = join(folder, 'dialtrace.yaml');
  await writeFile(path, yaml);
  return loadGatewayConfig(path, env);
};
const problemsOf = async (yaml: string, env: Record<string, string> = {}): Promise<readonly Problem[]> => {
  const error: unknown = await load(yaml, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UsageError) return error.problems;
  throw error ?? new Error('no error was reported');
};

const refusalOf = (path: string): unknown => {
  try {
    return loadGatewayConfig(path, {});
  } catch (error) {
    return error;
  }
};

type Wrong = {
  name: string;
  yaml: string;
  path: string;
  message: RegExp;
  mend: RegExp;
  env?: Record<string, string>;
};

const TRUNK = 'id: carrier, region: US, gateway: "sip:carrier.example"';

const WRONG: readonly Wrong[] = [
  {
    name: 'control character',
    yaml: 'log:\n  level: in\0fo\n',
    path: '',
    message: /^line 2: control character U\+0000/,
    mend: /remove it/,
  },
  {
    name: 'alias to nothing',
    yaml: 'http: *port\n',
    path: '',
    message: /alias/,
    mend: /begins with \*/,
  },
  {
    name: 'certificate without its key',
    yaml: 'sip: { tls: { certFile: empty } }\n',
    path: 'sip.tls.keyFile',
    message: /sip\.tls\.certFile is given/,
    mend: /neither for a self-signed/,
  },
  {
    name: 'empty path',
    yaml: 'runFile: ""\n',
    path: 'runFile',
    message: /“”/,
    mend: /must not be empty/,
  },
  {
    name: 'one file for two things',
    yaml: 'database: { path: x, keyFile: ./x }\n',
    path: 'database.keyFile',
    message: /“x” stands at database.path already/,
    mend: /a file of its own/,
  },
  {
    name: 'RTP ports for no call',
    yaml: 'media: { rtpPorts: { from: 20001, to: 20004 } }\n',
    path: 'media.rtpPorts',
    message: /too little for one call/,
    mend: /four ports/,
  },
  {
    name: 'section without content',
    yaml: 'http:\n',
    path: 'http',
    message: /found nothing/,
    mend: /or remove the line/,
  },
  {
    name: 'tab indentation',
    yaml: 'sip:\n\tengine: embedded\n',
    path: '',
    message: /^line 2, column 1/,
    mend: /spaces, not tabs/,
  },
  {
    name: 'unclosed quote',
    yaml: 'log:\n  level: "info\n',
    path: '',
    message: /^line \d+, column \d+: /,
    mend: /quote/,
  },
  {
    name: 'duplicate key',
    yaml: 'log: {}\nlog: {}\n',
    path: '',
    message: /^line 2, column 1: /,
    mend: /keep one/,
  },
  {
    name: 'two documents',
    yaml: 'log: {}\n---\nlog: {}\n',
    path: '',
    message: /2 documents/,
    mend: /keep one/,
  },
  { name: 'a list at the top', yaml: '- a\n', path: '', message: /found a list/, mend: /mapping/ },
  {
    name: 'unknown section',
    yaml: 'trunk: []\n',
    path: 'trunk',
    message: /no field “trunk”/,
    mend: /did you mean “trunks”/,
  },
  {
    name: 'unknown field, deep',
    yaml: 'sip: { listen: [{ transport: udp, adress: 0.0.0.0 }] }\n',
    path: 'sip.listen[0].adress',
    message: /no field/,
    mend: /did you mean “address”/,
  },
  {
    name: 'field in snake case',
    yaml: 'database: { key_file: x }\n',
    path: 'database.key_file',
    message: /no field/,
    mend: /did you mean “keyFile”/,
  },
  {
    name: 'no known transport',
    yaml: 'sip: { listen: [{ transport: sctp }] }\n',
    path: 'sip.listen[0].transport',
    message: /found “sctp”/,
    mend: /use udp, tcp, tls, ws or wss/,
  },
  {
    name: 'port out of range',
    yaml: 'http: { port: 70000 }\n',
    path: 'http.port',
    message: /found 70000/,
    mend: /at most 65535/,
  },
  {
    name: 'port as text',
    yaml: 'http: { port: eighty }\n',
    path: 'http.port',
    message: /found “eighty”/,
    mend: /write a number/,
  },
  {
    name: 'port with a fraction',
    yaml: 'http: { port: 80.5 }\n',
    path: 'http.port',
    message: /found 80.5/,
    mend: /whole number/,
  },
  {
    name: 'host name to bind to',
    yaml: 'media: { address: gw.example }\n',
    path: 'media.address',
    message: /found “gw.example”/,
    mend: /IPv4 or IPv6 address/,
  },
  {
    name: 'wildcard as public address',
    yaml: 'media: { publicAddress: 0.0.0.0 }\n',
    path: 'media.publicAddress',
    message: /found “0.0.0.0”/,
    mend: /that peers reach/,
  },
  {
    name: 'RTP range upside down',
    yaml: 'media: { rtpPorts: { from: 30000, to: 20000 } }\n',
    path: 'media.rtpPorts',
    message: /from 30000 is not below to 20000/,
    mend: /from: 20000, to: 29999/,
  },
  {
    name: 'SIP port among the RTP ports',
    yaml: 'sip: { listen: [{ transport: udp, port: 20002 }] }\n',
    path: 'sip.listen[0].port',
    message: /20002 lies within/,
    mend: /apart/,
  },
  {
    name: 'one listener twice',
    yaml: 'sip: { listen: [{ transport: udp }, { transport: udp }] }\n',
    path: 'sip.listen[1]',
    message: /stands at sip.listen\[0\] already/,
    mend: /another port/,
  },
  {
    name: 'drachtio without its section',
    yaml: 'sip: { engine: drachtio }\n',
    path: 'sip.drachtio',
    message: /is missing/,
    mend: /host, port and secret/,
  },
  {
    name: 'open HTTP without a token',
    yaml: 'http: { address: "::" }\n',
    path: 'http.token',
    message: /is missing.*every interface/,
    mend: /set a token/,
  },
  {
    name: 'trunk without a region',
    yaml: 'trunks: [{ id: a, gateway: "sip:a.example" }]\n',
    path: 'trunks[0].region',
    message: /is missing/,
    mend: /text/,
  },
  {
    name: 'no such region',
    yaml: 'trunks: [{ id: a, region: USA, gateway: "sip:a.example" }]\n',
    path: 'trunks[0].region',
    message: /found “USA”/,
    mend: /two-letter/,
  },
  {
    name: 'id with capitals',
    yaml: 'trunks: [{ id: Carrier, region: US, gateway: "sip:a.example" }]\n',
    path: 'trunks[0].id',
    message: /found “Carrier”/,
    mend: /lower-case/,
  },
  {
    name: 'address of call buttons without its scheme',
    yaml: 'buttons: { publicUrl: calls.example.com }\n',
    path: 'buttons.publicUrl',
    message: /found “calls\.example\.com”/,
    mend: /such as https:\/\/calls\.example\.com/,
  },
  {
    name: 'SMS provider without an address',
    yaml: 'buttons: { sms: { provider: http } }\n',
    path: 'buttons.sms.url',
    message: /is missing/,
    mend: /provider's address/,
  },
  {
    name: 'SMS to nobody',
    yaml: 'buttons: { sms: { provider: http, url: "https://sms.example", body: "text={text}" } }\n',
    path: 'buttons.sms.body',
    message: /whom the message is for/,
    mend: /\{to\}/,
  },
  {
    name: 'SMS without its code',
    yaml: 'buttons: { sms: { provider: http, method: GET, url: "https://sms.example/?to={to}", body: "{text}" } }\n',
    path: 'buttons.sms.url',
    message: /never says the code/,
    mend: /\{text\}/,
  },
  {
    name: 'SMS whose JSON is none',
    yaml: `buttons: { sms: { provider: http, url: "https://sms.example", body: '{"to": "{to}", "text": {text}}' } }\n`,
    path: 'buttons.sms.body',
    message: /none once it is filled in/,
    mend: /double quotes/,
  },
  {
    name: 'SMS with a place that nothing stands for',
    yaml: 'buttons: { sms: { provider: http, url: "https://sms.example", body: "to={to}&text={text}&from={form}" } }\n',
    path: 'buttons.sms.body',
    message: /nothing stands for \{form\}/,
    mend: /\{to\}, \{text\} and \{code\}/,
  },
  {
    name: 'words of an SMS without the code',
    yaml: 'buttons: { sms: { text: { en: "Your code is code." } } }\n',
    path: 'buttons.sms.text.en',
    message: /does not have the code/,
    mend: /\{code\}/,
  },
  {
    name: 'two trunks of one id',
    yaml: `trunks: [{ ${TRUNK} }, { ${TRUNK} }]\n`,
    path: 'trunks[1].id',
    message: /“carrier” stands at trunks\[0\].id already/,
    mend: /id of its own/,
  },
  {
    name: 'source that is no network',
    yaml: `trunks: [{ ${TRUNK}, sources: [203.0.113.0/24, 203.0.113.7/33] }]\n`,
    path: 'trunks[0].sources[1]',
    message: /found “203.0.113.7\/33”/,
    mend: /address or network/,
  },
  {
    name: 'two trunks of one source',
    yaml: `trunks: [{ ${TRUNK}, sources: [203.0.113.9/24] }, { id: b, region: US, sources: [203.0.113.0/24] }]\n`,
    path: 'trunks[1].sources[0]',
    message: /stands at trunks\[0\].sources\[0\] already/,
    mend: /one trunk only/,
  },
  {
    name: 'gateway that is no SIP URI',
    yaml: 'trunks: [{ id: a, region: US, gateway: "carrier.example:5060" }]\n',
    path: 'trunks[0].gateway',
    message: /found “carrier.example:5060”/,
    mend: /sip:carrier.example:5060/,
  },
  {
    name: 'trunk of no use',
    yaml: 'trunks: [{ id: a, region: US }]\n',
    path: 'trunks[0]',
    message: /neither bring calls nor take them/,
    mend: /add sources, digest or register/,
  },
  {
    name: 'gateway and gateways',
    yaml: `trunks: [{ ${TRUNK}, gateways: [{ uri: "sip:b.example" }] }]\n`,
    path: 'trunks[0].gateway',
    message: /found “sip:carrier.example”/,
    mend: /gateway or gateways, not both/,
  },
  {
    name: 'one gateway twice',
    yaml: 'trunks: [{ id: a, region: US, gateways: [{ uri: "sip:b.example" }, { uri: "sip:B.example" }] }]\n',
    path: 'trunks[0].gateways[1].uri',
    message: /stands at trunks\[0\].gateways\[0\].uri already/,
    mend: /weight/,
  },
  {
    name: 'a gateway over TLS without a TLS listener',
    yaml: 'trunks: [{ id: a, region: US, gateway: "sip:b.example;transport=tls" }]\n',
    path: 'trunks[0]',
    message: /reached over TLS/,
    mend: /transport: tls/,
  },
  {
    name: 'a rule for a header of the protocol',
    yaml: `trunks: [{ ${TRUNK}, headers: { remove: [Via] } }]\n`,
    path: 'trunks[0].headers.remove[0]',
    message: /found “Via”/,
    mend: /headers of the protocol itself/,
  },
  {
    name: 'a header that is added to the protocol',
    yaml: `trunks: [{ ${TRUNK}, headers: { add: { content-type: x } } }]\n`,
    path: 'trunks[0].headers.add.content-type',
    message: /no name/,
    mend: /headers of the protocol itself/,
  },
  {
    name: 'a header of two lines',
    yaml: `trunks: [{ ${TRUNK}, headers: { add: { X-A: "a\\r\\nVia: b" } } }]\n`,
    path: 'trunks[0].headers.add.X-A',
    message: /found/,
    mend: /one line/,
  },
  {
    name: 'a domain that is a URI',
    yaml: 'trunks: [{ id: a, region: US, register: { server: "sip:b", username: u, password: p, domain: "sip:b" } }]\n',
    path: 'trunks[0].register.domain',
    message: /found “sip:b”/,
    mend: /host name/,
  },
  {
    name: 'an authority that is not there',
    yaml: `trunks: [{ ${TRUNK}, tls: { caFile: nowhere.pem } }]\n`,
    path: 'trunks[0].tls.caFile',
    message: /no file .*\/nowhere.pem/,
    mend: /PEM file/,
  },
  {
    name: 'a certificate without its key',
    yaml: `trunks: [{ ${TRUNK}, tls: { certFile: a.pem } }]\n`,
    path: 'trunks[0].tls',
    message: /found/,
    mend: /give both/,
  },
  {
    name: 'credentials for no gateway',
    yaml: 'trunks: [{ id: a, region: US, sources: [203.0.113.7], auth: { username: u, password: p } }]\n',
    path: 'trunks[0].gateway',
    message: /is missing/,
    mend: /add gateway/,
  },
  {
    name: 'self-test of no number',
    yaml: 'selfTest: hello\n',
    path: 'selfTest',
    message: /found “hello”/,
    mend: /\+12025550123/,
  },
  {
    name: 'secret file missing',
    yaml: 'http: { token: { file: nowhere } }\n',
    path: 'http.token.file',
    message: /no file .*\/nowhere/,
    mend: /make it/,
  },
  {
    name: 'secret file empty',
    yaml: 'http: { token: { file: empty } }\n',
    path: 'http.token.file',
    message: /is empty/,
    mend: /write the secret/,
  },
  {
    name: 'secret file a folder',
    yaml: 'http: { token: { file: . } }\n',
    path: 'http.token.file',
    message: /can't be read/,
    mend: /may read/,
  },
  {
    name: 'secret file misspelt',
    yaml: 'http: { token: { fil: x } }\n',
    path: 'http.token.fil',
    message: /no field/,
    mend: /“file”/,
  },
  {
    name: 'unknown variable',
    yaml: '',
    env: { DIALTRACE_HTTP__PROT: '1' },
    path: 'DIALTRACE_HTTP__PROT',
    message: /no field/,
    mend: /did you mean DIALTRACE_HTTP__PORT\?/,
  },
  {
    name: 'variable with one underscore',
    yaml: '',
    env: { DIALTRACE_HTTP_PORT: '1' },
    path: 'DIALTRACE_HTTP_PORT',
    message: /no field/,
    mend: /Two underscores nest/,
  },
  {
    name: 'variable of a wrong value',
    yaml: '',
    env: { DIALTRACE_HTTP__PORT: 'x' },
    path: 'http.port',
    message: /from DIALTRACE_HTTP__PORT/,
    mend: /number/,
  },
];

describe('a wrong gateway configuration', () => {
  it.each(WRONG)('$name', async ({ yaml, env, path, message, mend }) => {
    const problems = await problemsOf(yaml, env);
    expect(problems.map((problem) => problem.path)).toContain(path);
    const problem = problems.find((one) => one.path === path);
    expect(problem?.message).toMatch(message);
    expect(problem?.mend).toMatch(mend);
  });

  it('tells everything at once, of wrong trunks at their own places', async () => {
    const yaml = `
sip: { engine: drachtio, listen: [] }
http: { address: 0.0.0.0, port: x }
trunks:
  - { id: BAD, region: US, gateway: "sip:a.example" }
  - { id: twin, region: US, gateway: "sip:a.example", auth: { username: u, password: { file: nowhere } } }
  - { id: twin, region: US }
colour: red
`;
    const paths = (await problemsOf(yaml, { DIALTRACE_NOTHING: '1' })).map((problem) => problem.path);
    expect([...paths].sort()).toEqual([
      'DIALTRACE_NOTHING',
      'colour',
      'http.port',
      'sip.listen',
      'trunks[0].id',
      'trunks[1].auth.password.file',
      'trunks[2]',
      'trunks[2].id',
    ]);
  });

  it('never shows a secret', async () => {
    const yaml =
      'http: { token: [hunter2] }\ntrunks: [{ id: a, region: US, auth: { username: u, password: 12 } }]\n';
    expect(JSON.stringify(await problemsOf(yaml))).not.toMatch(/hunter2/);
  });

  it('says what to do when the file is missing', () => {
    expect(refusalOf(join(folder, 'absent.yaml'))).toMatchObject({
      message: expect.stringMatching(/absent.yaml can't be read$/),
      problems: [{ message: 'there is no such file', mend: expect.stringContaining('--config') }],
    });
  });

  it.each([
    ['Latin-1', Buffer.from('trunks:\n  - name: M\xfcller\n', 'latin1'), /no text in UTF-8/],
    ['UTF-16', Buffer.from('\ufeffhttp: {}\n', 'utf16le'), /no text in UTF-8/],
    ['a huge file', Buffer.alloc(17 * 1024 * 1024, '#'), /bytes/],
  ])('refuses %s', async (_name, bytes, message) => {
    const path = join(folder, 'odd.yaml');
    await writeFile(path, bytes);
    expect(refusalOf(path)).toMatchObject({ problems: [{ message: expect.stringMatching(message) }] });
  });

  it('refuses a folder', () => {
    expect(refusalOf(folder)).toMatchObject({ problems: [{ message: 'it is a folder' }] });
  });
});

describe('a right gateway configuration', () => {
  it('may be empty, and has its paths beside the file', async () => {
    const config = await load('');
    expect(config.sip.listen.map((one) => one.transport)).toEqual(['udp', 'tcp']);
    expect(config.database.path).toBe(join(folder, 'data/dialtrace.db'));
    expect(config.trackingPlan).toBe(join(folder, 'tracking.yaml'));
  });

  it('keeps unquoted digits where text is wanted, and reads secrets', async () => {
    const config = await load(`
selfTest: +12025550123
trunks:
  - { id: a, region: US, gateway: "sip:[2001:db8::1]:5060;transport=tcp", sources: ["[2001:db8::1]:5060", 10.0.0.0/8], auth: { username: 0123, password: { file: secret } } }
`);
    expect(config.selfTest).toBe('+12025550123');
    expect(config.trunks[0]?.auth).toEqual({ username: '0123', password: 's3cret words' });
  });

  it('takes one gateway or several, one registrar or several', async () => {
    const { trunks } = await load(`
trunks:
  - { id: a, region: US, gateway: "sip:a.example" }
  - id: b
    region: US
    gateways: [{ uri: "sip:b1.example" }, { uri: "sip:b2.example", weight: 3, priority: 2 }]
    register: { server: "sip:r.example", username: u, password: { file: secret } }
    tls: { verify: false }
  - { id: c, region: US, register: { server: ["sip:r1", "sip:r2"], username: u, password: p, expires: 60 } }
`);
    expect(trunks[0]?.gateways).toEqual([{ uri: 'sip:a.example', weight: 1, priority: 1 }]);
    expect(trunks[1]).toMatchObject({
      gateways: [
        { uri: 'sip:b1.example', weight: 1, priority: 1 },
        { uri: 'sip:b2.example', weight: 3, priority: 2 },
      ],
      register: { servers: ['sip:r.example'], password: 's3cret words', expires: 3600 },
      tls: { verify: false },
      health: { optionsSeconds: 60, downAfter: 3, upAfter: 2 },
    });
    expect(trunks[2]?.register?.servers).toEqual(['sip:r1', 'sip:r2']);
  });

  it('takes the SMS providers that are documented', async () => {
    const text = await readFile(resolve('docs/click-to-call.md'), 'utf8');
    const examples = [...text.matchAll(/^```yaml\n(buttons:\n {2}sms:\n[\s\S]*?)```/gm)].map(
      ([, yaml = '']) => yaml,
    );
    expect(examples).toHaveLength(2);
    for (const yaml of examples) {
      const { buttons } = await load(yaml.replace('/run/secrets/sms', 'secret'));
      expect(buttons.sms.provider).toBe('http');
    }
  });

  it('keeps codes where the database is', async () => {
    const { buttons } = await load('database: { path: ../data/dialtrace.db }\n');
    expect(buttons.sms.outbox).toBe(resolve(folder, '../data/sms-outbox.jsonl'));
    const other = await load('buttons: { sms: { outbox: codes.jsonl } }\n');
    expect(other.buttons.sms.outbox).toBe(join(folder, 'codes.jsonl'));
  });

  it('knows merge keys', async () => {
    const yaml =
      'trunks:\n  - &a { id: a, region: DE, sources: [203.0.113.7] }\n  - { <<: *a, id: b, sources: [203.0.113.8] }\n';
    expect((await load(yaml)).trunks.map(({ id, region }) => `${id} ${region}`)).toEqual(['a DE', 'b DE']);
  });

  it('takes fields from the environment', async () => {
    const config = await load('http: { port: 1 }\n', {
      DIALTRACE_HTTP__PORT: '9090',
      DIALTRACE_HTTP__TOKEN: '123456',
      DIALTRACE_MEDIA__RTP_PORTS__FROM: '22000',
      DIALTRACE_SIP__LISTEN__1__PORT: '5070',
      DIALTRACE_TRUNKS__0__ID: 'env',
      DIALTRACE_TRUNKS__0__REGION: 'DE',
      DIALTRACE_TRUNKS__0__SOURCES: '[203.0.113.7]',
      DIALTRACE_TRUNKS__0__DIGEST__REALM: 'r',
      DIALTRACE_TRUNKS__0__DIGEST__USERNAME: '42',
      DIALTRACE_TRUNKS__0__DIGEST__PASSWORD__FILE: 'secret',
      DIALTRACE_LOG__LEVEL: '',
      DIALTRACE_CONFIG: '/somewhere',
      DIALTRACE_PORT_5060_UDP_ADDR: '10.0.0.1',
      DIALTRACE_SERVICE_HOST: '10.0.0.1',
      OTHER: 'x',
    });
    expect(config.http).toMatchObject({ port: 9090, token: '123456' });
    expect(config.media.rtpPorts).toEqual({ from: 22_000, to: 29_999 });
    expect(config.sip.listen).toMatchObject([
      { transport: 'udp', port: 5060 },
      { transport: 'tcp', port: 5070 },
    ]);
    expect(config.trunks).toMatchObject([
      {
        id: 'env',
        region: 'DE',
        sources: ['203.0.113.7'],
        digest: { username: '42', password: 's3cret words' },
      },
    ]);
    expect(config.log.level).toBe('info');
  });
});

describe('what is shipped', () => {
  const shipped = resolve(import.meta.dirname, '../../../config');

  it('works as it stands', () => {
    const config = loadGatewayConfig(join(shipped, 'dialtrace.example.yaml'), {});
    const plan = loadTrackingPlan(config.trackingPlan, { trunkIds: config.trunks.map((trunk) => trunk.id) });
    expect(plan.numbers.map((entry) => entry.number)).toContain(config.selfTest);
    expect(config.database.path).toBe(resolve(shipped, '../data/dialtrace.db'));
  });

  it('is right with its commented examples too', async () => {
    const text = await readFile(join(shipped, 'dialtrace.example.yaml'), 'utf8');
    const secrets = text.replaceAll(/\/run\/secrets\/\w[\w-]*/g, join(folder, 'secret'));
    const fields =
      'trunks|id|name|sources|gateway|auth|region|didFrom|digest|nat|drachtio|host|port|secret|publicAddress|token' +
      '|register|gateways|health|headers|maxCalls|maxCallsPerSecond|buttons|publicUrl|sms|provider|url|body';
    const commented = new RegExp(`^( *)# ( *(?:- )?(?:${fields}):(?: .*)?)$`, 'gm');
    const full = secrets.replace('trunks: []\n', '').replaceAll(commented, '$1$2');
    await writeFile(join(folder, 'full.yaml'), full);
    const config = loadGatewayConfig(join(folder, 'full.yaml'), {});
    expect(config.trunks.map((trunk) => trunk.id)).toEqual(['carrier', 'reseller', 'pbx']);
    expect(config.sip.drachtio?.secret).toBe('s3cret words');
    expect(config.buttons).toMatchObject({
      publicUrl: 'https://calls.example.com',
      sms: { provider: 'http' },
    });
  });

  it.each(['gateway', 'tracking'] as const)(
    'has an up-to-date JSON Schema of the %s file (scripts/write-schemas.ts)',
    async (name) => {
      const written: unknown = JSON.parse(
        await readFile(join(shipped, `schema/${name}.schema.json`), 'utf8'),
      );
      expect(written).toEqual(JSON.parse(JSON.stringify(jsonSchema(name))));
    },
  );
});

it.skipIf(process.getuid?.() === 0)('tells a secret file that may not be read', async () => {
  const file = join(folder, 'closed');
  await writeFile(file, 'x');
  await chmod(file, 0);
  expect((await problemsOf('http: { token: { file: closed } }\n'))[0]?.message).toMatch(/can't be read/);
});
