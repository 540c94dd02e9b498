#!/bin/sh
# A tarball of the release programs, their example configs and what an admin reads.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${CARGO_TARGET_DIR:-$root/target}/release
version=$("$bin/flux-agent" --version | cut -d' ' -f2)
name=flux-$version-$(uname -m)
out=${CARGO_TARGET_DIR:-$root/target}/package
rm -rf "$out/$name"
mkdir -p "$out/$name"
cp "$bin/flux-agent" "$bin/flux-companion" "$root/config.example.yml" "$root/companion.example.yml" "$root/README.md" "$root/CHANGELOG.md" \
   "$root/docs/operations.md" "$root/docs/security.md" "$out/$name/"
# The same files make the same tarball.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C "$out" -czf "$out/$name.tar.gz" "$name"
echo "$out/$name.tar.gz"
