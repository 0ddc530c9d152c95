# mediasoup's worker, which does the encryption of calls with browsers: built here, once, into the cache; where that can't be,
# mediasoup's prebuilt one, which draws its keys from a generator that can be guessed and so is not let near SDES. Without
# either the gateway runs and carries SIP calls. Sourced after native.sh.

readonly worker_binary=node_modules/mediasoup/worker/out/Release/mediasoup-worker
# Seconds that GitHub may take to answer, and the download in all.
readonly worker_connect_limit=4

# Which worker it is: the package's version, and how it is built.
worker_recipe() {
  local recipe version
  recipe=$(cat scripts/build-mediasoup-worker scripts/lib/worker-shim/{srtp.h,random.hpp,openssl/bio.h} | sha256sum)
  version=$(sed -n 's/^[[:space:]]*"version": "\([^"]*\)",$/\1/p;' node_modules/mediasoup/package.json | head -n 1)
  printf '%s-%s' "$version" "${recipe:0:12}"
}

# What decides whether it fits this machine as well: the system, the processor, the OpenSSL it is linked with.
worker_key() {
  local openssl
  openssl=$(dpkg-query -W -f '${Version}' libssl3 2>/dev/null || dpkg-query -W -f '${Version}' libssl3t64 2>/dev/null || true)
  printf '%s-%s-%s' "$(worker_recipe)" "$(uname -sm)" "${openssl:-no-libssl3}" | tr -c 'A-Za-z0-9.+-' _
}

# The worker started by hand says so and leaves with 41; 127 is a library that is missing, all else no worker.
worker_works() {
  local status=0
  [[ -x $1 ]] || return 1
  env -i "$1" >/dev/null 2>&1 </dev/null || status=$?
  ((status == 41))
}

# True when GitHub answers. Whoever is offline should not wait for the whole download.
worker_source_answers() {
  [[ -z ${DIALTRACE_OFFLINE:-} ]] || return 1
  [[ -n ${MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL:-} ]] && return
  node -e '
    const limit = Number(process.argv[1]) * 1000;
    fetch("https://github.com/robots.txt", { method: "HEAD", signal: AbortSignal.timeout(limit) })
      .then(() => process.exit(0), () => process.exit(1));
  ' "$worker_connect_limit" >/dev/null 2>&1
}

fetch_worker() { # FOLDER
  worker_source_answers &&
    timeout --kill-after=5 $((prebuilt_limit + 5)) node scripts/lib/fetch-worker.mjs "$1" "$prebuilt_limit" 2>/dev/null &&
    chmod +x "$1/mediasoup-worker" && worker_works "$1/mediasoup-worker"
}

# no_worker REASON [MEND...]
no_worker() {
  say "! Calls with browsers are off: $1 SIP calls need none of it."
  shift
  if (($#)); then printf '  %s\n' "$@" >&2; fi
}

# Debian packages that building needs; false, after a word, when they can't be had.
worker_packages() {
  local needed missing
  mapfile -t needed < <(scripts/build-mediasoup-worker --packages)
  if ! command -v apt-get >/dev/null; then
    command -v pkg-config >/dev/null && command -v flatc >/dev/null && command -v g++ >/dev/null && return
    no_worker "mediasoup's worker has to be built, and this is no Debian." \
      "Install what your system calls these, then start again: ${needed[*]}"
    return 1
  fi
  mapfile -t missing < <(missing_packages "${needed[@]}")
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    no_worker "building mediasoup's worker needs Debian packages. To have them on, install these and start again:" \
      "as root:  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    return 1
  fi
  timed "Installing Debian packages ${missing[*]} (to build mediasoup's worker)" apt_install "${missing[@]}" && return
  no_worker "the Debian packages that building mediasoup's worker needs can't be installed."
  return 1
}

# Puts a worker that works at $1, the place in the cache; false, after a word, when none can be had.
obtain_worker() {
  local cached=$1 work tried=$1.tried
  work=$(mktemp -d "$(dirname "$cached")/build.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  if worker_packages; then
    # The libraries that come with the packages may be all that a worker of the cache lacks.
    if ! worker_works "$cached"; then
      step "mediasoup's worker is compiled (1 to 4 minutes, once)"
      timed "Compiling mediasoup's worker" scripts/build-mediasoup-worker node_modules/mediasoup "$work/mediasoup-worker" &&
        worker_works "$work/mediasoup-worker" && mv -f "$work/mediasoup-worker" "$cached"
      worker_works "$cached" || no_worker "mediasoup's worker could not be built."
    fi
  # Whoever can neither build nor download is not kept waiting at each start: the download is tried again after a day.
  elif [[ -z $(find "$tried" -mmin -1440 2>/dev/null) ]]; then
    touch "$tried"
    if fetch_worker "$work"; then
      mv -f "$work/mediasoup-worker" "$cached"
      step "mediasoup's worker: prebuilt binary downloaded. Calls with browsers are on; encrypted trunks need one built here"
    fi
  fi
  rm -rf "$work"
  trap - EXIT
  worker_works "$cached" || return 1
  rm -f "$tried"
}

# Puts the worker in place; quick when it is there already. Never fails: the gateway starts without it.
need_worker() {
  local cached status=0 stamp=$worker_binary.from
  # One without a stamp was put there by somebody else.
  if worker_works "$worker_binary"; then
    [[ -f $stamp && $(<"$stamp") != "$(worker_recipe)" ]] || return 0
  fi
  [[ -w node_modules/mediasoup/worker ]] || return 0
  cached=$(cache_root)/native/mediasoup-worker-$(worker_key)
  mkdir -p "$(dirname "$cached")"
  # Two checkouts of one user would else compile the same thing twice.
  exec 8>"$cached.lock"
  flock -n 8 || { step "Waiting for another set-up that builds mediasoup's worker …" && flock 8; }
  if worker_works "$cached"; then
    step "mediasoup's worker: binary taken from the cache"
  else
    obtain_worker "$cached" || status=1
  fi
  exec 8>&-
  ((status)) && return 0
  mkdir -p "$(dirname "$worker_binary")"
  cp "$cached" "$worker_binary.new"
  mv -f "$worker_binary.new" "$worker_binary"
  worker_recipe >"$stamp"
}
