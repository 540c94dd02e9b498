#!/bin/sh
# Writes the documentation as the packages contain it.
# Usage: scripts/packaged-docs.sh FOLDER             the pages of docs/
#        scripts/packaged-docs.sh --archive FOLDER   the same in FOLDER/docs, and the pages that belong beside it
#
# Links between these files stay as they are. A link to any other file becomes the file's path in the sources.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
case ${1-} in
  --archive) base='' beside='README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE docs/images/quickstart.svg' out=$2 ;;
  '' | -*) echo 'usage: packaged-docs.sh [--archive] FOLDER' >&2; exit 64 ;;
  *) base=docs/ beside='' out=$1 ;;
esac
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$root"
# shellcheck disable=SC2086
packaged=$(find docs -name '*.md' -not -path '*/target/*' | LC_ALL=C sort; printf '%s\n' $beside)

# Prints a page in which no link leads out of the packaged files.
page() { # its path from the root
  printf '%s\n' "$packaged" | awk -v folder="$1" '
    BEGIN { sub(/[^\/]*$/, "", folder) }
    NR == FNR { is_packaged[$0] = 1; next }
    {
      rest = $0; line = ""
      while (match(rest, /\[[^][]*\]\([^()]*\)/)) {
        link = substr(rest, RSTART, RLENGTH)
        line = line substr(rest, 1, RSTART - 1) rewritten(link)
        rest = substr(rest, RSTART + RLENGTH)
      }
      print line rest
    }
    function rewritten(link,   target) {
      target = substr(link, index(link, "](") + 2)
      sub(/\)$/, "", target)
      if (target ~ /^([a-z]+:|#)/) return link
      target = from_root(target)
      return target in is_packaged ? link : "`" target "`"
    }
    function from_root(target,   parts, count, i, depth, path, kept) {
      sub(/#.*/, "", target)
      count = split(folder target, parts, "/")
      for (i = 1; i <= count; i++) {
        if (parts[i] == "..") depth--
        else kept[++depth] = parts[i]
      }
      for (i = 1; i <= depth; i++) path = path (i > 1 ? "/" : "") kept[i]
      return path
    }' - "$1"
}

printf '%s\n' "$packaged" | while read -r file; do
  [ -n "$file" ] || continue
  to=$out/${file#"$base"}
  mkdir -p "${to%/*}"
  case $file in
    *.md) page "$file" >"$to" ;;
    *) install -m 644 "$file" "$to" ;;
  esac
done
