// Exit status 0 when node_modules holds what package-lock.json says. npm notes what it installed in a hidden lock file.
import { readFileSync } from 'node:fs';

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {};

const sameInstall = () => {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  const fits = ([path, { version, integrity, optional, devOptional, peer }]) => {
    const found = present[path];
    // Optional packages are those of other systems as well.
    if (!found) return path === '' || Boolean(optional || devOptional || peer);
    return found.version === version && found.integrity === integrity;
  };
  return Object.entries(wanted).every(fits) && Object.keys(present).every((path) => path in wanted);
};

try {
  process.exitCode = sameInstall() ? 0 : 1;
} catch {
  process.exitCode = 1;
}
