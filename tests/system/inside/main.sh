#!/bin/bash
# Inside the booted Debian: every case in its order, each in a shell of its own; what one leaves behind is the next one's ground.
# A file of cases sets `sentences`: a line for each function, FUNCTION and what it shows.
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
