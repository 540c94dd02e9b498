#!/bin/sh
# Runs cargo-deny with these arguments; builds it once into target/tools if this machine has none.
set -eu
version=0.20.2
if command -v cargo-deny >/dev/null 2>&1; then
  deny=cargo-deny
else
  deny=target/tools/bin/cargo-deny
  [ -x "$deny" ] || cargo install --quiet --locked --version "$version" --root target/tools --target-dir target/tools/build cargo-deny
fi
exec "$deny" --all-features check "$@"
