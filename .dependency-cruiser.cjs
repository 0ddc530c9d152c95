// The house: which folder may import which. test/architecture.test.ts runs these rules; by hand:
//   npx depcruise src --config .dependency-cruiser.cjs

/** From the ground up. A file imports from its own floor and from floors below. */
const floors = [
  ['base', 'sdp', 'sip-engine'],
  ['sip', 'media', 'store', 'config'],
  ['flows', 'prompts', 'tracking', 'buttons'],
  ['calls', 'user-agent'],
  ['reports', 'integrations'],
  ['http'],
  ['cli', 'simulate', '[^/]+\\.ts'],
];

/** A regular expression for files of these folders (or these very files) of src/. */
const filesOf = (folders) =>
  `^src/(?:${folders.map((folder) => (folder.endsWith('.ts') ? `${folder}$` : `${folder}/`)).join('|')})`;

const floorRules = floors.slice(0, -1).map((folders, floor) => ({
  name: `floor-${floor}`,
  comment: `Floor ${floor} (${folders.join(', ')}) imports from nothing above it.`,
  severity: 'error',
  from: { path: filesOf(folders) },
  to: { path: filesOf(floors.slice(floor + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'known-folder',
      comment: 'Every folder of src/ has its floor; browser code is a house of its own.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${filesOf(floors.flat())}|^src/web/` },
      to: {},
    },
    {
      name: 'no-circle',
      comment: 'Files that import each other in a circle are one file, or need a third below them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'sip-engine-stands-alone',
      comment: 'The embedded SIP engine is usable without the gateway: it imports base/ only.',
      severity: 'error',
      from: { path: '^src/sip-engine/' },
      to: { path: '^src/', pathNot: '^src/(?:sip-engine|base)/' },
    },
    {
      name: 'sip-engine-by-sip-only',
      comment:
        'The rest of the house meets the engine through drachtio-srf; only sip/ starts it, and the command that runs it alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:(?:sip-engine|sip)/|cli/sip-engine\\.ts$)' },
      to: { path: '^src/sip-engine/' },
    },
    {
      name: 'web-stands-alone',
      comment: 'Browser code is built apart and shares nothing with the gateway.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/', pathNot: '^src/web/' },
    },
    {
      name: 'nothing-imports-web',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^src/web/' },
    },
    {
      name: 'face',
      comment:
        'From outside, a folder is its index.ts. base/ is a set of small modules and has none; the engine as a program of its own has a second face.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          '^src/$1/',
          '^src/[^/]+/index\\.ts$',
          '^src/base/[^/]+\\.ts$',
          '^src/sip-engine/standalone/index\\.ts$',
        ],
      },
    },
    {
      name: 'face-for-root',
      comment: 'The same for files that stand in src/ itself.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/[^/]+/index\\.ts$', '^src/base/[^/]+\\.ts$'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-package',
      comment: 'What runs needs only `dependencies`.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:test|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
