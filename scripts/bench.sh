#!/bin/sh
# Runs the benchmarks, each with a deadline. A benchmark prints figures; it fails only if it cannot end.
# Usage: scripts/bench.sh full | short
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

case ${1-} in
full)
    echo 'The benchmarks take about 40 minutes on 2 cores, after a release build.'
    minutes=60
    ;;
short)
    echo 'The short benchmarks take about 8 minutes on 2 cores, with their release build. Their figures are not judged.'
    minutes=20
    export FLUX_BENCH_ONLY='push drain join' FLUX_BENCH_PUSHES=20 FLUX_BENCH_DRAIN=200 FLUX_BENCH_AGENTS=50 FLUX_BENCH_CONNECTIONS=100
    export FLUX_BENCH_ORDERS=500 FLUX_BENCH_FEW=100 FLUX_BENCH_MANY=1000
    ;;
*)
    echo 'usage: scripts/bench.sh full | short' >&2
    exit 64
    ;;
esac

run() { # package, benchmark
    echo
    echo "== $2"
    "$cargo" bench --quiet -p "$1" --bench "$2" --no-run
    status=0
    timeout --kill-after=10 "${minutes}m" "$cargo" bench --quiet -p "$1" --bench "$2" || status=$?
    case $status in
    0) ;;
    124 | 137) echo "bench.sh: $2 did not end within $minutes minutes" >&2; exit 1 ;;
    *) echo "bench.sh: $2 failed with status $status" >&2; exit 1 ;;
    esac
}

"$cargo" build --quiet --release --workspace --bins
run flux-tests delivery
run flux-tests fleet
run flux-signalr connections
run flux-companion orders
run flux-companion referrals
