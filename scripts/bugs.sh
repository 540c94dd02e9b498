#!/bin/sh
# Puts each bug of tests/bugs into a copy of the tree, and runs the test that is to find it. Fails if one is not found.
# Usage: scripts/bugs.sh [NAME ...]      SEEDS=2000: how many histories the simulation plays at most
#                                        FINDER=simulation: it is to find all of them
set -eu
cd "$(dirname "$0")/.."
root=$PWD
tree=$root/target/bugs/tree
log=$root/target/bugs/log
export CARGO_TARGET_DIR="$root/target/bugs/build" SEEDS="${SEEDS:-2000}"

# Only what differs is copied, so that little is built anew; what is no more goes from the copy, too.
refresh() {
    mkdir -p "$tree"
    (cd "$tree" && find . -type f) | while read -r file; do
        [ -e "$file" ] || rm "$tree/$file"
    done
    git ls-files | while read -r file; do
        cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp "$file" "$tree/$file"; }
    done
}

[ $# -gt 0 ] || set -- $(basename -s .patch tests/bugs/*.patch)
missed=0
for name in "$@"; do
    refresh
    patch=$root/tests/bugs/$name.patch
    # The copy lies in no repository, as far as git is concerned.
    (cd "$tree" && GIT_CEILING_DIRECTORIES=$root/target/bugs git apply "$patch")
    finder=${FINDER:-$(sed -n 's/^Found by: //p' "$patch")}
    case $finder in
        simulation) finder='cargo test --profile sim -p flux-tests --test simulation every_seed -- --nocapture' ;;
    esac
    if (cd "$tree" && $finder) > "$log" 2>&1; then
        echo "$name: NOT FOUND"
        missed=$((missed + 1))
    elif grep -q '^error\(\[E[0-9]*\]\)\?: ' "$log" && ! grep -q 'panicked at\|FAIL' "$log"; then
        grep -m 3 '^error' "$log"
        echo "$name: does not compile"
        missed=$((missed + 1))
    else
        echo "$name: found: $(grep -m 1 '^seed [0-9]*: \|^ *FAIL \[' "$log" | cut -c1-160)"
    fi
done
[ "$missed" -eq 0 ]
