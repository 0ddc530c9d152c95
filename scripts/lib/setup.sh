# Brings the checkout to where it can run. Sourced by scripts/start and scripts/test from the checkout's root.
# Safe to run again (each part looks first whether there is anything to do) and to run twice at once.

library=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/lib/console.sh
source "$library/console.sh"
# shellcheck source=scripts/lib/machine.sh
source "$library/machine.sh"
# shellcheck source=scripts/lib/native.sh
source "$library/native.sh"
# shellcheck source=scripts/lib/worker.sh
source "$library/worker.sh"

readonly build_stamp=dist/.built-from

# One set-up at a time in a checkout. The lock is no file of the checkout: npm removes node_modules.
take_lock() {
  local locks
  locks=$(cache_root)/locks
  mkdir -p "$locks"
  exec 9>"$locks/$(pwd -P | cksum | cut -d ' ' -f 1)"
  flock -n 9 || { step 'Waiting for another set-up of this checkout …' && flock 9; }
}

release_lock() { exec 9>&-; }

need_writable() {
  [[ -w . ]] || fail "The checkout $PWD has to be set up, but it is not yours to write ($(id -un))." \
    'Run this once as its owner.'
}

# Scripts of packages are not run: what is needed of them is done by need_sqlite and need_worker, the same way with every npm.
install_dependencies() {
  node "$library/installed.mjs" && return
  need_writable
  timed 'Installing npm packages' npm ci --ignore-scripts --no-audit --no-fund || fail 'npm could not install the packages.' \
    'Most often the network or a proxy is in the way: see npm config get registry, npm ping.'
}

# Everything that decides what is built: names, sizes and times of the sources.
sources_now() {
  find src tsconfig.json tsconfig.build.json tsconfig.types.json vite.config.ts vite.dni.config.ts vite.widget.config.ts package-lock.json -type f -printf '%p %s %T@\n' |
    LC_ALL=C sort | sha256sum
}

# Compiled files whose source is gone. The pages in dist/web have no sources of the same names; vite clears them itself.
remove_orphans() {
  local file source
  while IFS= read -r -d '' file; do
    source=src/${file#dist/}
    source=${source%.map}
    [[ -f ${source%.js}.ts || -f $source ]] || rm -f "$file"
  done < <(find dist -path dist/web -prune -o -type f \( -name '*.js' -o -name '*.js.map' \) -print0)
}

build() {
  local now
  now=$(sources_now)
  [[ -f $build_stamp && -f dist/cli/main.js && -f dist/web/dni/dt.js && $(<"$build_stamp") == "$now" ]] && return
  need_writable
  # The compiler trusts its notes about what it wrote before; without the output they are wrong.
  [[ -f $build_stamp ]] || rm -f node_modules/.cache/tsconfig.{build,types}.tsbuildinfo
  timed 'Building' npm run --silent build || exit 1
  remove_orphans
  chmod +x dist/cli/main.js
  printf '%s\n' "$now" >"$build_stamp"
}

# Lets `npx dialtrace` find the command of the checkout.
link_command() {
  local link=node_modules/.bin/dialtrace target=../../dist/cli/main.js
  [[ $(readlink "$link" 2>/dev/null) == "$target" ]] || ln -sfn "$target" "$link"
}

set_up() {
  need_node
  take_lock
  install_dependencies
  need_sqlite
  need_worker
  build
  link_command
  release_lock
}
