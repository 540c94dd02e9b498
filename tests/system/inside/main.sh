#!/bin/bash
# Runs every case inside the booted Debian, in order, each in its own shell. A case starts from the state that the one before has left.
# A case file sets `sentences`: one line for each function, with its name and its description.
set -u
touch /out/booted
# shellcheck source=tests/system/inside/lib.sh
. /share/inside/lib.sh
for file in /share/inside/[0-9]*.sh; do
  # shellcheck source=/dev/null
  . "$file"
  while read -r function sentence; do
    if [ -n "$function" ]; then it "$file" "$function" "$sentence"; fi
  done <<<"$sentences"
done
touch /out/end
