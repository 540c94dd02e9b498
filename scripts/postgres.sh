#!/bin/sh
# Installs PostgreSQL with apt for the tests of the storage seam, if this machine has none and this runs as root.
# Where that is not possible, it prints a warning: those tests then fail, and no others.
set -eu

folders=$(echo "$PATH" | tr ':' ' ')
for folder in $folders /usr/lib/postgresql/*/bin; do
  if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then exit 0; fi
done

warn() {
  echo "postgres.sh: PostgreSQL is missing, and $1: install the package postgresql, or the tests named postgres:: fail" >&2
  exit 0
}

command -v apt-get >/dev/null || warn 'there is no apt-get'
[ "$(id -u)" -eq 0 ] || warn 'only root installs packages'
echo 'installing postgresql'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql; } >"$log" 2>&1; then
  warn "apt-get cannot install it ($(tail -n 1 "$log"))"
fi
