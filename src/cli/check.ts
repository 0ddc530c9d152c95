import { resolve } from 'node:path';
import type { Command } from 'commander';
import { buttonWarnings, certificateFiles, clearKeys } from '../config/index.ts';
import { plural } from './format.ts';
import { examples } from './options.ts';
import { findingWords, lintOf, readSoundPlan } from './plan-input.ts';
import { act, type Cli } from './session.ts';

export const addCheck = (program: Command, cli: Cli): void => {
  const check = program
    .command('check')
    .summary('validate the configuration and the tracking plan')
    .description(
      'Validates dialtrace.yaml and the tracking plan; tells every problem at once. Changes nothing.',
    )
    .option('--plan <file>', 'another tracking plan than `trackingPlan` names')
    .action(
      act<[{ plan?: string }]>(cli, (session, options) => {
        const config = session.config();
        const planPath =
          options.plan === undefined ? config.trackingPlan : resolve(cli.directory, options.plan);
        const plan = readSoundPlan(config, planPath);
        const counts = {
          trunks: config.trunks.length,
          sources: plan.sources.length,
          lines: plan.lines.length,
          numbers: plan.numbers.length,
          pools: plan.pools.length,
          sites: plan.sites.length,
          automations: plan.automations.length,
          flows: plan.flows.length,
          buttons: plan.buttons.length,
          experiments: plan.experiments.length,
        };
        const warnings = [
          ...clearKeys(config).map(({ trunk, text, mend }) => `trunk ${trunk}: ${text}; ${mend}`),
          ...lintOf(config, plan).map(findingWords),
          ...buttonWarnings(config, plan),
        ];
        if (session.json)
          return cli.out.json({ ok: true, config: session.configPath, plan: planPath, ...counts, warnings });
        cli.out.line(
          `${cli.out.paint('green', 'ok')}  ${session.configPath}: ${plural(counts.trunks, 'trunk')}`,
        );
        const files = certificateFiles(config);
        if (files?.selfSigned)
          cli.out.line(
            `${cli.out.paint('green', 'ok')}  ${files.certFile}: self-signed, made by the gateway for trials; sip.tls.certFile and keyFile name another`,
          );
        cli.out.line(
          `${cli.out.paint('green', 'ok')}  ${planPath}: ${plural(counts.sources, 'source')}, ` +
            `${plural(counts.lines, 'line')}, ${plural(counts.numbers, 'tracking number')}` +
            // Not everybody has web pages.
            (counts.pools + counts.sites > 0
              ? `, ${plural(counts.pools, 'pool')}, ${plural(counts.sites, 'site')}`
              : '') +
            (counts.flows > 0 ? `, ${plural(counts.flows, 'flow')}` : '') +
            (counts.buttons > 0 ? `, ${plural(counts.buttons, 'call button')}` : '') +
            (counts.experiments > 0 ? `, ${plural(counts.experiments, 'experiment')}` : ''),
        );
        for (const warning of warnings) cli.out.line(`${cli.out.paint('yellow', 'warn')}  ${warning}`);
      }),
    );
  examples(check, [
    'dialtrace check',
    'dialtrace check --plan drafts/autumn.yaml',
    'dialtrace --config /etc/dialtrace.yaml check --json',
  ]);
};
