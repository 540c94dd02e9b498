#!/bin/sh
# Applies each patch of tests/seeded_bugs to a copy of the tree and searches it with the simulation.
# Fails if the simulation does not find a bug. `make mutants` covers the bugs that unit tests find.
# Usage: scripts/seeded-bugs.sh [NAME ...]      SEEDS=2000: the number of seeds to search for each bug
set -eu
cd "$(dirname "$0")/.."
root=$PWD
tree=$root/target/seeded-bugs/tree
log=$root/target/seeded-bugs/log
export CARGO_TARGET_DIR="$root/target/seeded-bugs/build" SEEDS="${SEEDS:-2000}"

# Copies only changed files, so that cargo rebuilds little, and removes files that the repository no longer has.
refresh() {
    mkdir -p "$tree"
    (cd "$tree" && find . -type f) | while read -r file; do
        [ -e "$file" ] || rm "$tree/$file"
    done
    git ls-files | while read -r file; do
        cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp "$file" "$tree/$file"; }
    done
}

# The names of patches have no blanks.
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(basename -s .patch tests/seeded_bugs/*.patch)
echo "Searching for $# seeded bugs; each takes one to five minutes on two cores."
missed=0
for name in "$@"; do
    refresh
    # The copy is inside the repository: without a ceiling, git would apply the patch relative to the repository's root.
    (cd "$tree" && GIT_CEILING_DIRECTORIES=$root/target/seeded-bugs git apply "$root/tests/seeded_bugs/$name.patch")
    if (cd "$tree" && cargo test --profile sim -p flux-tests --test simulation every_seed -- --nocapture) > "$log" 2>&1; then
        echo "$name: NOT FOUND in $SEEDS seeds"
        missed=$((missed + 1))
    elif ! grep -q 'panicked at' "$log" && grep -q '^error\(\[E[0-9]*\]\)\?: ' "$log"; then
        grep -m 3 '^error' "$log"
        echo "$name: the patched tree does not compile"
        missed=$((missed + 1))
    else
        echo "$name: found: $(grep -m 1 '^seed [0-9]*: ' "$log" | cut -c1-160)"
    fi
done
[ "$missed" -eq 0 ]
