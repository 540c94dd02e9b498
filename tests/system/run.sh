#!/bin/bash
# Tests the packages with a real systemd. Boots a Debian with systemd-nspawn; inside it, inside/main.sh installs, runs, breaks and
# removes the packages, and writes its findings to a file.
#
# FLUX_BIN is the folder with the three programs; the default is target/release. Needs root, and installs missing tools with apt.
# If it cannot run, it prints the reason and exits with 0. It keeps the plain Debian in target/system for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
export FLUX_BIN=${FLUX_BIN:-$target/release}
work=$target/system
# The programs need a C library at least as new as the one of this machine, so the Debian has the same release.
release=$(. /etc/os-release && if [ "$ID" = debian ]; then echo "$VERSION_CODENAME"; else echo bookworm; fi)
debian=$work/debian-$release
# Stops a hanging container; an idle machine needs about 120 s.
limit_seconds=3600

skip() {
  echo "test-system: NOT RUN: $1"
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
}

# Installs missing tools with apt.
tools() {
  local missing=()
  for pair in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap rpmbuild:rpm lintian:lintian dpkg-shlibdeps:dpkg-dev strip:binutils shellcheck:shellcheck; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || skip "${missing[*]} is missing, and there is no apt-get to install it"
  echo "installing ${missing[*]}"
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; } >"$work/apt.log" 2>&1; then
    skip "apt-get cannot install ${missing[*]}: $(tail -n 1 "$work/apt.log")"
  fi
}

# Makes a plain Debian with the tools of the cases: curl and jq for the storefront, two proxies, rpm, and procps.
debian() {
  local needed=systemd,systemd-sysv,dbus,ca-certificates,openssl,curl,jq,nginx-light,caddy,rpm,procps,man-db
  [ "$(cat "$debian/.whole" 2>/dev/null)" = "$needed" ] && return
  rm -rf "$debian"
  mmdebstrap --quiet --variant=minbase --include="$needed" \
    "$release" "$debian" >"$work/mmdebstrap.log" 2>&1 || skip "mmdebstrap cannot make a Debian: $(tail -n 1 "$work/mmdebstrap.log")"
  echo "$needed" >"$debian/.whole"
}

findings=$work/out/findings
finding() { # what, command…: on the host
  local what=$1; shift
  if "$@" >"$work/out/log" 2>&1; then echo "ok      $what"; else printf 'FAILED  %s\n' "$what"; sed 's/^/        /' "$work/out/log"; fi >>"$findings"
}

# Makes a package of a later version with a changed example config, for the upgrade.
later_version() {
  local deb=$1 tree=$work/later
  rm -rf "$tree"
  dpkg-deb --raw-extract "$deb" "$tree"
  sed -i 's/^Version: .*/&+later/' "$tree/DEBIAN/control"
  echo '# A later version explains more.' >>"$tree/etc/flux-agent/config.yml"
  dpkg-deb --root-owner-group --build "$tree" "$work/share/later.deb" >/dev/null
}

same_files() { # deb, rpm: all but documents, whose form is each distribution's
  local files='/usr/share/doc/|/vendor-completions/|/site-functions/'
  diff <(dpkg-deb --contents "$1" | awk '$1 !~ /^d/ {print substr($6, 2)}' | grep -Ev "$files" | sort) <(rpm --query --list --package "$2" | grep -Ev "$files" | sort)
}

scripts_are_sound() {
  for each in flux-agent flux-companion; do dpkg-deb --control "$work/share/$each.deb" "$work/share/deb-scripts/$each"; done
  shellcheck --shell=sh "$work"/share/deb-scripts/*/{postinst,prerm,postrm} "$root"/packaging/{install,units,pterodactyl/entrypoint}.sh "$root"/scripts/{package,packaged-docs}.sh "$here/fixtures/make.sh"
  # The case files set variables for main.sh and for each other.
  shellcheck --exclude=SC1091,SC2034,SC2154,SC2016 "$here/run.sh" "$here"/inside/*.sh
}

packages() {
  echo 'packing'
  (cd "$root" && scripts/package.sh) >"$work/package.log" 2>&1 || { cat "$work/package.log"; echo '0 passed, 1 failed'; exit 1; }
  local deb rpm
  for name in flux-agent flux-companion; do
    deb=$(grep "/${name}_.*\.deb$" "$work/package.log"); rpm=$(grep "/$name-.*\.rpm$" "$work/package.log")
    cp "$deb" "$work/share/$name.deb"
    cp "$rpm" "$work/share/$name.rpm"
    cp "$deb" "$work/share/"
    finding "lintian has nothing to say about $name's .deb" lintian --fail-on error,warning --info "$deb"
    finding "$name's .rpm holds the files of its .deb" same_files "$deb" "$rpm"
  done
  later_version "$work/share/flux-agent.deb"
  cp "$(grep '\.tar\.gz$' "$work/package.log")" "$work/share/flux.tar.gz"
  finding 'the scripts are sound (shellcheck)' scripts_are_sound
}

prepare() {
  rm -rf "$work/root" "$work/share" "$work/out"
  mkdir -p "$work/share/deb-scripts" "$work/out"
  cp --archive --reflink=auto "$debian" "$work/root"
  cp -R "$here/inside" "$root/packaging" "$root/docs/how-to" "$work/share/"
  cp -R "$here/fixtures" "$work/share/"
  cp "$FLUX_BIN/flux-sandbox" "$work/share/"
  cat >"$work/root/etc/systemd/system/flux-test.service" <<'UNIT'
[Unit]
After=multi-user.target dbus.service
[Service]
Type=oneshot
ExecStart=/share/inside/main.sh
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=default.target
UNIT
  mkdir -p "$work/root/etc/systemd/system/graphical.target.wants" "$work/root/etc/systemd/system/multi-user.target.wants"
  ln -sf ../flux-test.service "$work/root/etc/systemd/system/graphical.target.wants/"
  # The cases start the proxies.
  rm -f "$work/root/etc/systemd/system/multi-user.target.wants/"{nginx,caddy}.service
}

boot() {
  mkdir -p /run/systemd/nspawn
  mountpoint -q /run/systemd/nspawn || mount -t tmpfs tmpfs /run/systemd/nspawn || skip 'a tmpfs cannot be mounted here'
  echo 'booting'
  timeout --kill-after=10 "$limit_seconds" systemd-nspawn --quiet --boot --directory="$work/root" --machine="flux-test-$$" --register=no --keep-unit \
    --private-network --console=read-only --bind-ro="$work/share:/share" --bind="$work/out:/out" >"$work/out/console" 2>&1 </dev/null || true
  [ -e "$work/out/booted" ] || skip "systemd-nspawn does not boot here: $(tail -n 1 "$work/out/console" | tr -d '\r')"
}

[ "$(id -u)" -eq 0 ] || skip 'it needs root'
for program in flux-agent flux-companion flux-sandbox; do
  [ -x "$FLUX_BIN/$program" ] || { echo "test-system: $FLUX_BIN/$program is missing: build it, or set FLUX_BIN" >&2; exit 69; }
done
mkdir -p "$work"
tools
debian
prepare
packages
boot
[ -e "$work/out/end" ] || { echo 'FAILED  the container ran all cases'; tail -n 5 "$work/out/console" | sed 's/^/        /'; } >>"$findings"
cat "$findings"
rm -rf "$work/root" "$work/later"
passed=$(grep -c '^ok ' "$findings" || true)
failed=$(grep -c '^FAILED ' "$findings" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
