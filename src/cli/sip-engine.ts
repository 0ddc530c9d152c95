import { type Command, Option } from 'commander';
import {
  type ContactFlags,
  type Flags,
  LOG_LEVELS,
  readSettings,
  serveStandalone,
} from '../sip-engine/standalone/index.ts';
import { examples } from './options.ts';
import { act, type Cli } from './session.ts';

type Parsed = Omit<Flags, 'contacts'>;

/** Flags of drachtio-server that need nothing here, and those that have no counterpart. */
const QUIET = [
  '--noconfig',
  '--stdout',
  '--memory-debug',
  '--globally-readable-logs',
  '--aggressive-nat-detection',
  '--sofia-loglevel <level>',
];
const WITHOUT_EFFECT = [
  '--daemon',
  '-f, --file <path>',
  '-u, --user <name>',
  '--dh-param <path>',
  '--homer <host:port>',
  '--homer-id <id>',
  '--blacklist-redis-address <host>',
  '--blacklist-redis-port <port>',
  '--blacklist-redis-sentinels <list>',
  '--blacklist-redis-master <name>',
  '--blacklist-redis-password <text>',
  '--blacklist-redis-key <key>',
  '--blacklist-refresh-secs <n>',
];

/** `--external-ip`, `--local-net` and `--dns-name` belong to the `--contact` before them. */
const createContacts = () => {
  const contacts: ContactFlags[] = [];
  const change = (next: (contact: ContactFlags) => ContactFlags): void => {
    const last = contacts.pop() ?? { uri: 'sip:*;transport=udp,tcp', localNets: [], dnsNames: [] };
    contacts.push(next(last));
  };
  const list = (text: string): readonly string[] => text.split(',').filter((part) => part !== '');
  return {
    contacts,
    contact: (uri: string) => contacts.push({ uri, localNets: [], dnsNames: [] }),
    externalIp: (externalIp: string) => change((contact) => ({ ...contact, externalIp })),
    localNet: (text: string) =>
      change((contact) => ({ ...contact, localNets: [...contact.localNets, ...list(text)] })),
    dnsName: (text: string) =>
      change((contact) => ({ ...contact, dnsNames: [...contact.dnsNames, ...list(text)] })),
  };
};

/** `dialtrace sip-engine`: the SIP engine alone, for applications written on drachtio-srf. */
export const addSipEngine = (program: Command, cli: Cli): void => {
  const { contacts, contact, externalIp, localNet, dnsName } = createContacts();
  const ignored = new Set<string>();
  const command = program
    .command('sip-engine')
    .summary('the SIP engine alone, in the place of drachtio-server')
    .description(
      "Runs the SIP engine alone, for applications written on drachtio-srf. Takes drachtio-server's flags and its DRACHTIO_… environment variables.",
    )
    .option(
      '-c, --contact <uri>',
      'where to listen, such as sip:127.0.0.1:5060;transport=udp,tcp; may be repeated',
      contact,
    )
    .option('-x, --external-ip <address>', 'address that peers of the contact before it are told', externalIp)
    .option('-n, --local-net <cidr>', 'network whose peers are told the bound address', localNet)
    .option('--dns-name <name>', 'name that stands for the contact before it', dnsName)
    .option('--address <address>', 'where applications connect (default: 127.0.0.1)')
    .option('-p, --port <port>', 'port for applications (default: 9022)')
    .option('--tls-port <port>', 'port for applications with TLS')
    .option('--secret <text>', 'secret of applications (default: cymru, on loopback only)')
    .option('--mtu <bytes>', 'UDP requests above this go by TCP (default: 1300)')
    .option('--key-file <path>', 'private key of tls and wss contacts (PEM)')
    .option('--cert-file <path>', 'certificate (PEM); read again on SIGHUP')
    .option('--chain-file <path>', 'certificates between it and the authority (PEM)')
    .option('--min-tls-version <version>', '1.0, 1.1, 1.2 or 1.3 (default: 1.2)')
    .option('--tls-cipherlist <list>', "OpenSSL's list of ciphers")
    .option('--http-handler <url>', 'web server that says where each new request goes')
    .option('--http-method <method>', 'how it is asked: GET or POST (default: GET)')
    .option('-l, --loglevel <level>', `${LOG_LEVELS.join(', ')} (default: info)`)
    .option('--prometheus-scrape-port <[address:]port>', 'serves /metrics there')
    .option('--tcp-keepalive-interval <seconds>', 'keep-alives on connections; 0 for none (default: 45)')
    .option('--disable-nat-detection', 'take every Contact at its word')
    .option('--reject-register-with-no-realm', '403 to a REGISTER for an address instead of a name')
    .option('--always-send-180', 'a 180 beside the 100 to each INVITE')
    .option(
      '--user-agent-options-auto-respond <name>',
      'answer OPTIONS of this User-Agent without an application',
    )
    .option('--wall', "ban scanners and floods (not a flag of drachtio-server's)")
    .action(
      act<[]>(cli, async ({ out, env }) => {
        const settings = readSettings({ ...command.opts<Parsed>(), contacts }, env);
        for (const flag of ignored) out.note(`${flag} has no effect here.`);
        await serveStandalone(settings, (line) => out.line(line));
      }),
    );
  for (const flags of QUIET) command.addOption(new Option(flags).hideHelp());
  for (const flags of WITHOUT_EFFECT) {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => ignored.add(`--${option.name()}`));
  }
  examples(command, [
    'dialtrace sip-engine --contact "sip:127.0.0.1:5060;transport=udp,tcp" --port 9022 --secret s3cret',
    'dialtrace sip-engine --contact "sip:*;transport=udp,tcp" --external-ip 203.0.113.7 --local-net 10.0.0.0/8',
    'dialtrace sip-engine --contact "sips:*:8443;transport=wss" --key-file key.pem --cert-file cert.pem',
  ]);
};
