#!/bin/sh
# Checks the release programs: the commands that the quickstart prints work, and file sizes and idle memory are below the documented figures.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${CARGO_TARGET_DIR:-$root/target}/release
folder=$(mktemp -d)
trap 'kill $quickstart 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"' EXIT

failed=0
check() { # what, value, limit, unit
  if [ "$2" -le "$3" ]; then verdict=ok; else verdict='TOO MUCH'; failed=1; fi
  printf '%-28s %8s %s (at most %s) %s\n' "$1" "$2" "$4" "$3" "$verdict"
}
for program in flux-agent flux-companion flux-sandbox; do
  check "$program, file" "$(($(wc -c <"$bin/$program") / 1024))" 15360 KiB
done

"$bin/flux-sandbox" quickstart --dir "$folder" >"$folder/story" 2>&1 &
quickstart=$!
until grep -q 'Three commands to try' "$folder/story"; do
  kill -0 $quickstart 2>/dev/null || { cat "$folder/story"; exit 1; }
  sleep 1
done

grep '^  curl' "$folder/story" >"$folder/lines"
sh "$folder/lines" >"$folder/answers"
if [ "$(grep -o '"order-6"' "$folder/answers" | wc -l)" -ge 2 ] && grep -q '"online"' "$folder/answers"; then
  echo "the three commands of the quickstart work"
else
  echo "the three commands of the quickstart do not work:"; cat "$folder/lines" "$folder/answers"; failed=1
fi

memory() { awk '/^VmRSS/ {print $2}' "/proc/$(pgrep -f "$1 --config $folder/")/status"; }
check 'flux-agent, memory' "$(memory flux-agent)" 12288 KiB
check 'flux-companion, memory' "$(memory flux-companion)" 20480 KiB
kill -TERM $quickstart
wait $quickstart || failed=1
exit $failed
