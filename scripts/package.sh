#!/bin/sh
# Builds packages of the release programs for this machine's architecture into target/package.
# Usage: scripts/package.sh [deb] [rpm] [tarball]      without arguments, all three
#
# FLUX_BIN         directory of the programs; default target/release
# FLUX_STATIC_BIN  directory of the programs for the tarball; default FLUX_BIN
#
# Each package is one staged directory tree. dpkg-deb, rpmbuild and tar all pack that tree, so every
# format has the same files. packaging/NAME.sh sets the variables that differ between the programs:
# shellcheck disable=SC2154
set -eu
umask 022
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
bin=${FLUX_BIN:-$target/release}
out=$target/package
version=$("$bin/flux-agent" --version | cut -d' ' -f2)
# Packages of the same commit are identical: file times come from the commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

# Reads the settings of one program and builds its tree: sets $name, $tree and $doc.
stage() {
  name=$1
  # shellcheck source=/dev/null
  . "$root/packaging/$name.sh"
  tree=$out/stage/$name
  rm -rf "$tree"
  install -D "$bin/$name" "$tree/usr/bin/$name"
  strip --strip-unneeded "$tree/usr/bin/$name"
  # Comments out the directories: the unit sets them, and an instance must not share the example's.
  sed 's/^\(state_dir\|runtime_dir\):/# &/' "$root/$config" | install -D -m 644 /dev/stdin "$tree/etc/$name/$config_name"
  for unit in $units; do install -D -m 644 "$root/systemd/$unit" "$tree/usr/lib/systemd/system/$unit"; done
  for folder in sysusers.d tmpfiles.d; do install -D -m 644 "$root/systemd/$folder/$name.conf" "$tree/usr/lib/$folder/$name.conf"; done
  filled "$root/packaging/units.sh" /usr/bin | install -D -m 755 /dev/stdin "$tree/usr/lib/$name/units"
  doc=$tree/usr/share/doc/$name
  for example in $examples; do install -D -m 644 "$root/systemd/examples/$example" "$doc/examples/$example"; done
  if [ "$name" = flux-companion ]; then
    for example in Caddyfile nginx.conf; do install -m 644 "$root/packaging/proxy/$example" "$doc/examples/$example"; done
  fi
  install -m 644 "$root/$config" "$doc/examples/"
  install -m 644 "$root/packaging/deb/copyright" "$doc/copyright"
  "$root/scripts/third-party-notices.py" "$name" >"$doc/third-party-notices"
  "$root/scripts/packaged-docs.sh" "$doc"
  generated_files
}

# Installs the files that the program prints: completions, the config schema and the manual page.
generated_files() {
  share=$tree/usr/share
  printed "$share/bash-completion/completions/$name" completions bash
  printed "$share/zsh/vendor-completions/_$name" completions zsh
  printed "$share/fish/vendor_completions.d/$name.fish" completions fish
  printed "$share/$name/config.schema.json" config-schema
  printed "$share/man/man1/$name.1" man
  gzip -9n "$share/man/man1/$name.1"
}

# Writes the program's output to a file.
printed() { # file, arguments of the program…
  file=$1
  shift
  mkdir -p "${file%/*}"
  "$bin/$name" "$@" >"$file"
}

# Prints a template with its placeholders filled in.
filled() { # template, directory of the programs
  sed "s|@NAME@|$name|g; s|@BIN@|${2-}|g; s|@PURGE@|$purge|g" "$1"
}

deb() {
  stage "$1"
  architecture=$(dpkg --print-architecture)
  mkdir "$tree/DEBIAN"
  changelog | gzip -9n >"$tree/usr/share/doc/$name/changelog.gz"
  for each in postinst prerm postrm; do filled "$root/packaging/deb/$each" | install -m 755 /dev/stdin "$tree/DEBIAN/$each"; done
  echo "/etc/$name/$config_name" >"$tree/DEBIAN/conffiles"
  size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
  { sed "s!@NAME@!$name!; s!@VERSION@!$version!; s!@ARCH@!$architecture!; s!@DEPENDS@!$(libraries)!; s!@SUGGESTS@!$suggests!; s!@SIZE@!$size!" "$root/packaging/deb/control"
    echo "Description: $summary"; } >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -exec md5sum {} +) | LC_ALL=C sort -k2 >"$tree/DEBIAN/md5sums"
  dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/${name}_${version}_$architecture.deb" >/dev/null
  echo "$out/${name}_${version}_$architecture.deb"
}

# Prints the Debian packages of the shared libraries that the program needs.
libraries() {
  mkdir -p "$out/stage/shlibs/debian"
  printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' "$name" "$name" >"$out/stage/shlibs/debian/control"
  (cd "$out/stage/shlibs" && dpkg-shlibdeps -O "$tree/usr/bin/$name" 2>/dev/null) | sed 's/^shlibs:Depends=//'
}

# Prints Debian's changelog, with the version and the commit's date.
changelog() {
  printf '%s (%s) stable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n -- %s  %s\n' "$name" "$version" \
    "$(sed -n 's/^Maintainer: //p' "$root/packaging/deb/control")" "$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" -R)"
}

rpm() {
  stage "$1"
  build=$out/stage/rpm-$name
  rm -rf "$build"
  # Only Debian has the licence texts in a common place.
  install -m 644 "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$doc/"
  mkdir -p "$build/scripts"
  mkdir -p "$tree/usr/share/zsh/site-functions"
  mv "$tree/usr/share/zsh/vendor-completions/_$name" "$tree/usr/share/zsh/site-functions/" && rmdir "$tree/usr/share/zsh/vendor-completions"
  for each in post preun postun; do filled "$root/packaging/rpm/$each" >"$build/scripts/$each"; done
  (cd "$tree" && find . -type f | LC_ALL=C sort | sed "s|^\./|/|; s|^/etc/|%config(noreplace) /etc/|; s|^/usr/share/doc/|%doc /usr/share/doc/|") >"$build/files"
  printf '%s\n' "$summary" | sed '1d; s/^ //' >"$build/description"
  sed "s|@NAME@|$name|; s|@VERSION@|$version|; s|@TITLE@|$(printf '%s\n' "$summary" | head -1)|; s|@SCRIPTS@|$build/scripts|; s|@TREE@|$tree|
    /@DESCRIPTION@/{r $build/description
    d}
    /@FILES@/{r $build/files
    d}" "$root/packaging/rpm/spec" >"$build/spec"
  rpmbuild -bb --quiet --buildroot "$build/root" --define "_topdir $build" --define "_rpmdir $out" --define '_build_id_links none' \
    --define '_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm' --define '__os_install_post %{nil}' \
    --define 'clamp_mtime_to_source_date_epoch 1' --define 'use_source_date_epoch_as_buildtime 1' --define '_buildhost reproducible' \
    "$build/spec"
  echo "$out/$name-$version-1.$(uname -m).rpm"
}

# Builds one archive with both programs, their trees, the documentation and install.sh.
tarball() {
  archive=flux-$version-$(uname -m)
  rm -rf "${out:?}/$archive"
  mkdir -p "$out/$archive"
  for each in flux-agent flux-companion; do
    stage $each
    mkdir -p "$out/$archive/$each"
    cp -R "$tree/." "$out/$archive/$each/"
    install "${FLUX_STATIC_BIN:-$bin}/$each" "$out/$archive/$each/usr/bin/$each"
    filled "$root/packaging/units.sh" /usr/local/bin >"$out/$archive/$each/usr/lib/$each/units"
  done
  install "$root/packaging/install.sh" "$out/$archive/install.sh"
  "$root/scripts/packaged-docs.sh" --archive "$out/$archive"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$out" -czf "$out/$archive.tar.gz" "$archive"
  rm -rf "${out:?}/$archive"
  echo "$out/$archive.tar.gz"
}

for kind in "${@:-all}"; do
  case $kind in
    deb | rpm) for each in flux-agent flux-companion; do $kind $each; done ;;
    tarball) tarball ;;
    all) exec "$0" deb rpm tarball ;;
    *) echo 'usage: package.sh [deb] [rpm] [tarball]' >&2; exit 64 ;;
  esac
done
