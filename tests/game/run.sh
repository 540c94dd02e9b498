#!/bin/sh
# A real game with real players: flying-squid with an RCON front, mineflayer bots, and our real programs between them; and another
# RCON client (rcon-client) against the sandbox's game.
#
# FLUX_BIN is the folder with the three binaries; without it, target/debug of this repository. Needs Node 20.14 and, for what it
# installs, npm.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=${FLUX_BIN:-$here/../../target/debug}
for program in flux-companion flux-agent flux-sandbox; do
    if [ ! -x "$bin/$program" ]; then
        echo "run.sh: there is no $bin/$program: build it, or set FLUX_BIN" >&2
        exit 69
    fi
done
FLUX_BIN=$(cd "$bin" && pwd)
export FLUX_BIN

log=$(mktemp)
trap 'rm -f "$log"' EXIT

cd "$here"
npm ci --loglevel=error --no-progress --ignore-scripts >"$log" 2>&1 || { cat "$log" >&2; exit 69; }
if node --test --test-force-exit --test-reporter=spec >"$log" 2>&1; then
    tail -n 8 "$log"
else
    cat "$log"
    exit 1
fi
