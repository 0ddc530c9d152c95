import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { type Problem, UsageError } from '../base/errors.ts';
import { certificateProblems, trunkFileProblems } from './certificates.ts';
import { crossChecks } from './checks.ts';
import { type Environment, readEnvironment, withOrigins, withOverrides } from './environment.ts';
import { type GatewayConfig, gatewayConfigSchema } from './gateway-schema.ts';
import { jsonSchema } from './json-schema.ts';
import { problemsOf, valueAt } from './problems.ts';
import { readSecrets } from './secrets.ts';
import { trunkSchema } from './trunk-schema.ts';
import { countOf } from './wording.ts';
import { parseYaml, readText } from './yaml-file.ts';

type Parsed = z.output<typeof gatewayConfigSchema>;

/**
 * Reads `dialtrace.yaml`. Fields may be overridden from the environment (`DIALTRACE_HTTP__PORT=9090`, see
 * `readEnvironment`); secrets are read from their files; relative paths start at the file's own folder.
 *
 * @param env the environment, usually `process.env`
 * @throws UsageError with every problem found, each with its path, what was found there and how to mend it
 */
export const loadGatewayConfig = (path: string, env: Environment): GatewayConfig => {
  const file = resolve(path);
  const folder = dirname(file);
  const schema = jsonSchema('gateway');
  const text = readText(file, 'copy config/dialtrace.example.yaml to it, or name another file with --config');
  const environment = readEnvironment(env, schema);
  const values = withOverrides(parseYaml(text, file, schema), environment.overrides, schema);
  const result = gatewayConfigSchema.safeParse(values);
  const secretProblems: Problem[] = [];
  const right = result.success ? result.data : rightParts(values);
  const config = readSecrets(right, folder, secretProblems);
  const problems = [
    ...environment.problems,
    ...withOrigins(
      [
        ...(result.success ? [] : problemsOf(result.error, values, schema)),
        ...crossChecks(right),
        ...secretProblems,
        ...certificateProblems(right.sip.tls, folder),
        ...trunkFileProblems(config.trunks, folder),
      ],
      environment.overrides,
    ),
  ];
  if (problems.length > 0) throw new UsageError(`${file} has ${countOf(problems)}`, problems);
  return withAbsolutePaths(config, folder);
};

/**
 * What is right of a wrong file, so that everything else that is wrong with it is told as well: a section that is wrong in
 * itself takes its default, a wrong trunk one that no check complains of.
 */
const rightParts = (values: unknown): Parsed => {
  const { shape } = gatewayConfigSchema;
  const sections = Object.entries(shape).map(([key, section]) => {
    const found = section.safeParse(valueAt(values, [key]));
    return [key, found.success ? found.data : section.safeParse(undefined).data];
  });
  const trunks = valueAt(values, ['trunks']);
  return { ...Object.fromEntries(sections), trunks: Array.isArray(trunks) ? trunks.map(rightTrunk) : [] };
};

const rightTrunk = (value: unknown, index: number): Parsed['trunks'][number] => {
  const found = trunkSchema.safeParse(value);
  if (found.success) return found.data;
  return {
    ...trunkSchema.parse({ id: 'wrong', region: 'US', gateway: 'sip:wrong.invalid' }),
    id: `#${index}`,
  };
};

type TrunkTls = NonNullable<GatewayConfig['trunks'][number]['tls']>;

const withAbsoluteFiles = (tls: TrunkTls, absolute: (path: string) => string): TrunkTls => ({
  verify: tls.verify,
  ...(tls.caFile !== undefined && { caFile: absolute(tls.caFile) }),
  ...(tls.certFile !== undefined && { certFile: absolute(tls.certFile) }),
  ...(tls.keyFile !== undefined && { keyFile: absolute(tls.keyFile) }),
});

const withAbsolutePaths = (config: GatewayConfig, folder: string): GatewayConfig => {
  const absolute = (path: string): string => resolve(folder, path);
  const { tls } = config.sip;
  return {
    ...config,
    sip: {
      ...config.sip,
      tls: {
        ...tls,
        directory: absolute(tls.directory),
        ...(tls.certFile !== undefined && { certFile: absolute(tls.certFile) }),
        ...(tls.keyFile !== undefined && { keyFile: absolute(tls.keyFile) }),
        ...(tls.caFile !== undefined && { caFile: absolute(tls.caFile) }),
      },
    },
    trunks: config.trunks.map(({ tls: files, ...trunk }) => ({
      ...trunk,
      ...(files && { tls: withAbsoluteFiles(files, absolute) }),
    })),
    media: {
      ...config.media,
      ...(config.media.holdMusic !== undefined && { holdMusic: absolute(config.media.holdMusic) }),
    },
    database: {
      path: absolute(config.database.path),
      keyFile: absolute(config.database.keyFile),
      backupDirectory: absolute(config.database.backupDirectory),
    },
    recording: { ...config.recording, directory: absolute(config.recording.directory) },
    prompts: { ...config.prompts, directory: absolute(config.prompts.directory) },
    buttons: {
      ...config.buttons,
      sms: {
        ...config.buttons.sms,
        // Numbers and codes belong where other data is, not beside the configuration.
        outbox: absolute(
          config.buttons.sms.outbox || join(dirname(config.database.path), 'sms-outbox.jsonl'),
        ),
      },
    },
    runFile: absolute(config.runFile),
    trackingPlan: absolute(config.trackingPlan),
  };
};
