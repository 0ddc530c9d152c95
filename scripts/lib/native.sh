# Native modules: a prebuilt binary where one can be downloaded, else compiled here, once, into the cache.
# Sourced after console.sh and machine.sh.

# Seconds that the download of a prebuilt binary may take before compiling begins.
readonly prebuilt_limit=${SETUP_PREBUILT_SECONDS:-20}

# Where binaries are kept between checkouts: DIALTRACE_CACHE, or the user's cache folder, or the checkout as a last resort.
cache_root() {
  local root
  for root in "${DIALTRACE_CACHE:-}" "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/dialtrace" "$PWD/node_modules/.cache/dialtrace"; do
    if [[ -n $root ]] && mkdir -p "$root" 2>/dev/null && [[ -w $root ]]; then break; fi
  done
  printf '%s' "$root"
}

# What decides whether a binary fits: the package's version, Node's ABI, the system, the processor.
native_key() {
  node -p "[require('./node_modules/$1/package.json').version, 'abi' + process.versions.modules, process.platform, process.arch].join('-')"
}

sqlite_works() {
  node -e "
    const Database = require('./node_modules/better-sqlite3');
    const database = new Database(':memory:', process.argv[1] ? { nativeBinding: process.argv[1] } : {});
    if (database.prepare('select 1 as one').get().one !== 1) process.exit(1);
  " "$@" >/dev/null 2>&1
}

fetch_prebuilt() { # FOLDER
  (cd "$1" && timeout --kill-after=5 "$prebuilt_limit" node "$OLDPWD/node_modules/prebuild-install/bin.js")
}

compile() { # FOLDER
  local prefix headers=()
  # Node's own headers, where they came along with it, spare a download.
  prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
  [[ -f $prefix/include/node/node.h ]] && headers=("--nodedir=$prefix")
  (cd "$1" && npm run build-release -- --jobs=max "${headers[@]}")
}

# Puts better-sqlite3's binary in place; quick when it is there already.
need_sqlite() {
  local module=node_modules/better-sqlite3 file=build/Release/better_sqlite3.node cached work
  sqlite_works && return
  cached=$(cache_root)/native/better-sqlite3-$(native_key better-sqlite3).node
  mkdir -p "$(dirname "$cached")"
  # Two checkouts of one user would else compile the same thing twice.
  exec 8>"$cached.lock"
  flock -n 8 || { step 'Waiting for another set-up that builds better-sqlite3 …' && flock 8; }
  if [[ -f $cached ]] && sqlite_works "$cached"; then
    step 'better-sqlite3: binary taken from the cache'
  else
    work=$(mktemp -d "$(dirname "$cached")/build.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    cp -r "$module/." "$work"
    rm -rf "$work/build"
    if ! { fetch_prebuilt "$work" >/dev/null 2>&1 && sqlite_works "$work/$file"; }; then
      step "better-sqlite3: no prebuilt binary could be downloaded within $prebuilt_limit s, so it is compiled (1 to 3 minutes, once)"
      rm -rf "$work/build"
      need_commands 'to compile better-sqlite3' python3=python3 make=make g++=g++
      timed 'Compiling better-sqlite3' compile "$work" || exit 1
      sqlite_works "$work/$file" || fail 'better-sqlite3 was compiled, but the binary does not load.'
    fi
    mv -f "$work/$file" "$cached"
    rm -rf "$work"
    trap - EXIT
  fi
  exec 8>&-
  mkdir -p "$module/build/Release"
  cp "$cached" "$module/$file.new"
  mv -f "$module/$file.new" "$module/$file"
  sqlite_works || fail 'better-sqlite3 does not load.' 'Remove the folder node_modules and start again.'
}
