#!/bin/sh
# A Minecraft server (flying-squid with RCON added) with mineflayer bots as players, and our real programs.
# Another RCON client (rcon-client) talks to the sandbox game.
#
# FLUX_BIN is the folder with the three programs; the default is target/debug. Needs Node 20.14; installs packages with npm.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=${FLUX_BIN:-$here/../../target/debug}
for program in flux-companion flux-agent flux-sandbox; do
    if [ ! -x "$bin/$program" ]; then
        echo "run.sh: $bin/$program is missing: build it, or set FLUX_BIN" >&2
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
