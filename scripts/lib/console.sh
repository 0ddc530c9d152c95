# Lines for the person who watches. Sourced; everything goes to standard error, so that output stays usable.

say() { printf '%s\n' "$*" >&2; }
step() { printf '▸ %s\n' "$*" >&2; }
fail() {
  printf '✗ %s\n' "$1" >&2
  shift
  if (($#)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# Runs a command with its output kept aside, shows the seconds it takes, and prints the output if it fails.
# timed TITLE COMMAND...
timed() {
  local title=$1 log started=$SECONDS shown=0 status=0 job
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/dialtrace-setup.XXXXXX")
  [[ -t 2 ]] || step "$title …"
  "$@" >"$log" 2>&1 </dev/null &
  job=$!
  # A stop by Ctrl-C or TERM takes the command along.
  trap 'kill '"$job"' 2>/dev/null || true; rm -f "'"$log"'"; exit 130' INT TERM
  while kill -0 "$job" 2>/dev/null; do
    if [[ -t 2 ]]; then
      printf '\r▸ %s … %d s ' "$title" $((SECONDS - started)) >&2
    elif ((SECONDS - started >= shown + 15)); then
      shown=$((SECONDS - started))
      say "  … $shown s"
    fi
    sleep 0.2
  done
  wait "$job" || status=$?
  trap - INT TERM
  [[ -t 2 ]] && printf '\r\033[K' >&2
  if ((status)); then
    tail -n 60 "$log" >&2
    say "✗ $title: failed after $((SECONDS - started)) s (status $status; the last lines of its output are above)"
  else
    say "✓ $title: $((SECONDS - started)) s"
  fi
  rm -f "$log"
  return "$status"
}
