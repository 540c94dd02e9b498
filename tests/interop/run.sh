#!/bin/sh
# Clients and servers of other projects against our real programs.
#
#   js/  the official SignalR client plays an agent against flux-companion, also across restarts, and answers an example hub
#   py/  two other SignalR clients do the same; flux-agent talks to a SignalR server and an RCON server of other projects;
#        another RCON client talks to the sandbox game; flux-companion sends to an SMTP server; schemathesis tests its API
#
# FLUX_BIN is the folder with the three programs and, in examples/, the example hub of flux-signalr; the default is target/debug.
# Needs Node 20.12 and Python 3.11; installs packages with npm and pip.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=${FLUX_BIN:-$here/../../target/debug}
for program in flux-companion flux-agent flux-sandbox examples/hub; do
    if [ ! -x "$bin/$program" ]; then
        echo "run.sh: $bin/$program is missing: build it, or set FLUX_BIN" >&2
        exit 69
    fi
done
FLUX_BIN=$(cd "$bin" && pwd)
export FLUX_BIN

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# Prints the last lines of a run that passed, or everything of a run that failed.
closing_lines() {
    lines=$1
    shift
    if "$@" >"$log" 2>&1; then
        tail -n "$lines" "$log"
    else
        failed=1
        cat "$log"
    fi
}

cd "$here/js"
npm ci --loglevel=error --no-progress >"$log" 2>&1 || { cat "$log" >&2; exit 69; }
closing_lines 8 node --test --test-reporter=spec

cd "$here/py"
python3 -m venv ../.venv
../.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
closing_lines 1 ../.venv/bin/pytest -q

exit "$failed"
