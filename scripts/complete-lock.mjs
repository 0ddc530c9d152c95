#!/usr/bin/env node
// Adds to package-lock.json the optional packages of other systems (macOS, Windows, other processors) that npm left out.
// npm writes an incomplete lock file when the registry it asks does not carry them, and `npm ci` then refuses the file
// everywhere. They are never installed here; only their names, versions and systems matter. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** What npm needs to see that a package is not for this system, read from a name such as `@x/cli-linux-arm64-musl`. */
const systemOf = (name) => {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  const libc = words.flatMap((word) => LIBRARIES[word] ?? []);
  return { ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }), ...(os.length > 0 && { os }) };
};

/** The folders where Node.js looks for a package that `from` asks for, nearest first. */
const places = (from, name) => {
  const parts = from.split(/(?:^|\/)node_modules\//).slice(1);
  return parts
    .map((_, depth) => [...parts.slice(0, parts.length - depth), name])
    .concat([[name]])
    .map((path) => path.map((part) => `node_modules/${part}`).join('/'));
};

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = [];
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const candidates = places(path, name);
    if (candidates.some((place) => place in lock.packages)) continue;
    const system = systemOf(name);
    // A range, or a package for this system: only npm can tell what belongs there.
    if (!/^\d+\.\d+\.\d+/.test(version) || Object.keys(system).length === 0) {
      process.stderr.write(`left out: ${name}@${version}, wanted by ${path}\n`);
      continue;
    }
    lock.packages[candidates.at(-1)] = { version, ...system, ...(dev && { dev }), optional: true };
    added.push(`${name}@${version}`);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
if (added.length > 0) writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.length} packages added\n`);
