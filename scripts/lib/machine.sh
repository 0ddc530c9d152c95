# What the machine itself has to have: Node.js and a few Debian packages. Sourced after console.sh.

readonly node_minimum=20.19.0

# True when version $1 is at least $2.
version_at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

need_node() {
  local found='' where
  command -v node >/dev/null && found=$(node -p process.versions.node 2>/dev/null || true)
  if [[ -n $found ]] && version_at_least "$found" "$node_minimum"; then
    command -v npm >/dev/null ||
      fail "Node.js $found is here, but npm is not." "Debian's own nodejs comes without it: apt-get install npm"
    return
  fi
  where=${found:+"found $found at $(command -v node)"}
  fail "Node.js $node_minimum or newer is needed (${where:-none found on the PATH})." \
    'Debian 12 ships version 18, which is too old. Ways to a newer one:' \
    '- Debian 13:  apt-get install nodejs npm' \
    '- Debian 12:  the NodeSource package repository for Node.js 22 (or 20), then apt-get install nodejs' \
    '- any Linux:  a version manager such as nvm or fnm:  nvm install 22' \
    '- no Node.js: the container image:  docker compose --profile embedded up'
}

# Debian packages out of the arguments that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || printf '%s\n' "$package"
  done
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=120 update &&
    apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"
}

# need_packages REASON PACKAGE...
need_packages() {
  local reason=$1 missing
  shift
  command -v apt-get >/dev/null ||
    fail "These are needed $reason: $*" 'This is no Debian: install what your system calls them, then start again.'
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    fail "Debian packages are missing that are needed $reason. Install them, then start again:" \
      "as root:  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  fi
  timed "Installing Debian packages ${missing[*]} ($reason)" apt_install "${missing[@]}" || exit 1
}

# need_commands REASON COMMAND=PACKAGE...: like need_packages, for what can be seen on the PATH already.
need_commands() {
  local reason=$1 pair packages=()
  shift
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
  done
  ((${#packages[@]} == 0)) || need_packages "$reason" "${packages[@]}"
}
