import { normalize } from 'node:path';
import type { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { canonicalSource, isLoopback, isWildcard, needsTls } from './addresses.ts';
import type { gatewayConfigSchema } from './gateway-schema.ts';
import { smsProblems } from './sms-checks.ts';

type Check = (config: z.output<typeof gatewayConfigSchema>) => readonly Problem[];

/** What no field can say alone: fields that contradict or repeat each other. */
export const crossChecks = (config: Parameters<Check>[0]): readonly Problem[] =>
  CHECKS.flatMap((check) => check(config));

/** Every item whose key an earlier one has already. */
export const duplicates = (
  items: readonly { readonly path: string; readonly key: string }[],
  message: string,
  mend: string,
): readonly Problem[] => {
  const first = new Map<string, string>();
  return items.flatMap(({ path, key }) => {
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    return before === undefined
      ? []
      : [{ path, message: `${message} “${key}” stands at ${before} already`, mend }];
  });
};

const engine: Check = ({ sip }) =>
  sip.engine === 'drachtio' && sip.drachtio === undefined
    ? [
        {
          path: 'sip.drachtio',
          message: 'is missing, and sip.engine is “drachtio”',
          mend: 'give host, port and secret of the drachtio-server, or use engine: embedded',
        },
      ]
    : [];

const listeners: Check = ({ sip }) =>
  duplicates(
    sip.listen.flatMap(({ transport, address, port }, index) =>
      port === 0 ? [] : [{ path: `sip.listen[${index}]`, key: `${transport} ${address} port ${port}` }],
    ),
    'the listener',
    'remove one of the two or give it another port',
  );

const certificate: Check = ({ sip: { tls } }) => {
  if ((tls.certFile === undefined) === (tls.keyFile === undefined)) return [];
  const [given, missing] = tls.certFile === undefined ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
  return [
    {
      path: `sip.tls.${missing}`,
      message: `is missing, and sip.tls.${given} is given`,
      mend: 'give both, or neither for a self-signed certificate',
    },
  ];
};

const rtpRange: Check = ({ media: { rtpPorts } }) => {
  const { from, to } = rtpPorts;
  const wrong = (message: string): readonly Problem[] => [
    { path: 'media.rtpPorts', message, mend: 'each call takes four ports: from: 20000, to: 29999' },
  ];
  if (from >= to) return wrong(`from ${from} is not below to ${to}`);
  // A leg takes an even port and the next one.
  const legs = Math.floor((to + 1) / 2) - Math.ceil(from / 2);
  return legs < 2 ? wrong(`${from} to ${to} is too little for one call`) : [];
};

const sipInsideRtp: Check = ({ sip, media: { rtpPorts } }) =>
  sip.listen.flatMap(({ transport, port }, index) =>
    transport === 'udp' && port >= rtpPorts.from && port <= rtpPorts.to
      ? [
          {
            path: `sip.listen[${index}].port`,
            message: `${port} lies within media.rtpPorts`,
            mend: 'keep the SIP port and the RTP ports apart',
          },
        ]
      : [],
  );

const openHttp: Check = ({ http }) =>
  http.token !== undefined || isLoopback(http.address)
    ? []
    : [
        {
          path: 'http.token',
          message: `is missing, and ${isWildcard(http.address) ? 'http.address is every interface' : `http.address ${http.address} is no loopback address`}`,
          mend: 'set a token ({ file: … } keeps it out of this file), or use address: 127.0.0.1',
        },
      ];

/** Two of these in one file would destroy each other. */
const files: Check = ({ database, runFile, trackingPlan }) =>
  duplicates(
    [
      { path: 'database.path', key: database.path },
      { path: 'database.keyFile', key: database.keyFile },
      { path: 'runFile', key: runFile },
      { path: 'trackingPlan', key: trackingPlan },
    ].map(({ path, key }) => ({ path, key: normalize(key) })),
    'the file',
    'give each a file of its own',
  );

const trunkIds: Check = ({ trunks }) =>
  duplicates(
    trunks.map((trunk, index) => ({ path: `trunks[${index}].id`, key: trunk.id })),
    'a trunk called',
    'give each trunk an id of its own',
  );

const trunkSources: Check = ({ trunks }) =>
  duplicates(
    trunks.flatMap((trunk, index) =>
      trunk.sources.map((source, position) => ({
        path: `trunks[${index}].sources[${position}]`,
        key: canonicalSource(source),
      })),
    ),
    'the source',
    'one address and port can belong to one trunk only',
  );

const trunkCredentials: Check = ({ trunks }) =>
  duplicates(
    trunks.flatMap(({ digest }, index) =>
      digest ? [{ path: `trunks[${index}].digest`, key: `${digest.username}@${digest.realm}` }] : [],
    ),
    'the account',
    'one user name and realm can belong to one trunk only',
  );

const trunkPurpose: Check = ({ trunks }) =>
  trunks.flatMap((trunk, index): readonly Problem[] => {
    const path = `trunks[${index}]`;
    if (trunk.auth && trunk.gateways.length === 0) {
      return [
        {
          path: `${path}.gateway`,
          message: 'is missing, and auth is for calls sent to it',
          mend: 'add gateway, or remove auth',
        },
      ];
    }
    if (trunk.sources.length > 0 || trunk.digest || trunk.register || trunk.gateways.length > 0) return [];
    return [
      {
        path,
        message: `“${trunk.id}” can neither bring calls nor take them`,
        mend: 'add sources, digest or register (calls from it), gateway (calls to it), or both',
      },
    ];
  });

const trunkGateways: Check = ({ trunks }) =>
  trunks.flatMap(({ gateways }, index) =>
    duplicates(
      gateways.map(({ uri }, position) => ({
        path: `trunks[${index}].gateways[${position}].uri`,
        key: uri.toLowerCase(),
      })),
      'the gateway',
      'name each once: weight gives it a larger share',
    ),
  );

const trunkTls: Check = ({ sip, trunks }) => {
  if (sip.engine === 'drachtio' || sip.listen.some(({ transport }) => transport === 'tls')) return [];
  return trunks.flatMap(({ gateways, register }, index): readonly Problem[] => {
    const uri = [...gateways.map((gateway) => gateway.uri), ...(register?.servers ?? [])].find(needsTls);
    if (uri === undefined) return [];
    return [
      {
        path: `trunks[${index}]`,
        message: `${uri} is reached over TLS, and no entry of sip.listen has transport tls`,
        mend: 'add a listener with transport: tls, which the trunk is called from',
      },
    ];
  });
};

const registrarExpires: Check = ({ registrar }) => {
  if (!registrar) return [];
  const { minExpires, maxExpires, defaultExpires } = registrar;
  if (minExpires <= defaultExpires && defaultExpires <= maxExpires) return [];
  return [
    {
      path: 'registrar.defaultExpires',
      message: `${defaultExpires} does not lie between minExpires ${minExpires} and maxExpires ${maxExpires}`,
      mend: 'use minExpires: 60, defaultExpires: 600, maxExpires: 3600, or others in that order',
    },
  ];
};

/** A request that names the realm of a trunk would be taken for a user's. */
const registrarRealm: Check = ({ registrar, trunks }) =>
  duplicates(
    [
      ...trunks
        .flatMap(({ digest }, index) =>
          digest ? [{ path: `trunks[${index}].digest.realm`, key: digest.realm.toLowerCase() }] : [],
        )
        .filter(({ key }, index, all) => all.findIndex((each) => each.key === key) === index),
      ...(registrar?.domains ?? []).map((key, index) => ({ path: `registrar.domains[${index}]`, key })),
    ],
    'the domain',
    'give trunks that log in another realm than users have, and name each domain once',
  );

const outboundTrunk: Check = ({ phone, trunks }) => {
  const { trunk: id } = phone.outbound;
  if (id === undefined) return [];
  const trunk = trunks.find((each) => each.id === id);
  if (trunk !== undefined && trunk.gateways.length > 0) return [];
  const message = trunk === undefined ? `there is no trunk ${id}` : `trunk ${id} has no gateway`;
  return [{ path: 'phone.outbound.trunk', message, mend: 'name a trunk that has a gateway' }];
};

const CHECKS: readonly Check[] = [
  engine,
  listeners,
  certificate,
  rtpRange,
  sipInsideRtp,
  openHttp,
  files,
  trunkIds,
  trunkSources,
  trunkCredentials,
  trunkPurpose,
  trunkGateways,
  trunkTls,
  registrarExpires,
  registrarRealm,
  outboundTrunk,
  ({ buttons }) => smsProblems(buttons.sms),
];
