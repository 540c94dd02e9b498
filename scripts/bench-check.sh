#!/bin/sh
# Counts the instructions of one push (the store's part) and of one drain step (the agent's part) with valgrind's callgrind.
# Fails if one has grown by more than 5 % over tests/instructions. `bench-check.sh update` rewrites that file.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo 'bench-check: needs valgrind' >&2; exit 69; }
kept=tests/instructions
cargo bench --quiet -p flux-tests --bench instructions --no-run
program=$(find "${CARGO_TARGET_DIR:-target}/release/deps" -name 'instructions-*' -type f -perm -u+x -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)

count() { # what, how many
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

failed=0
[ "${1-}" != update ] || : >"$kept"
for what in push drain; do
    # The difference of two runs cancels the cost of the start.
    each=$((($(count "$what" 300) - $(count "$what" 100)) / 200))
    if [ "${1-}" = update ]; then
        echo "$what $each" >>"$kept"
        echo "$what: $each instructions, recorded"
        continue
    fi
    before=$(sed -n "s/^$what //p" "$kept")
    verdict=ok
    if [ $((each * 100)) -gt $((before * 105)) ]; then verdict='GROWN BY MORE THAN 5 %'; failed=1; fi
    echo "$what: $each instructions, $before before: $verdict"
done
[ "$failed" -eq 0 ]
