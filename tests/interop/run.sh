#!/bin/sh
# Other people's clients and servers against our real programs.
#
#   js/  the official SignalR client plays an agent against flux-companion, over restarts of it too, and answers an example hub
#   py/  two other SignalR clients do the same; flux-agent against a SignalR server and an RCON server that are not ours, and
#        another RCON client against the sandbox's game; flux-companion against an SMTP server; schemathesis against flux-companion
#
# FLUX_BIN is the folder with the three binaries and, in examples/, flux-signalr's example hub; without it, target/debug of this
# repository. Needs Node 20.12, Python 3.11 and, for what they install, npm and PyPI.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=${FLUX_BIN:-$here/../../target/debug}
for program in flux-companion flux-agent flux-sandbox examples/hub; do
    if [ ! -x "$bin/$program" ]; then
        echo "run.sh: there is no $bin/$program: build it, or set FLUX_BIN" >&2
        exit 69
    fi
done
FLUX_BIN=$(cd "$bin" && pwd)
export FLUX_BIN

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# The closing lines of a run, or all of it when it failed.
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
