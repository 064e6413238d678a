#!/bin/sh
# make pi-files: Debian's U-Boot for Raspberry Pis and the device trees of its kernel, for the tests that need real ones.
#
# Role: run by make. Downloads two packages for arm64 with apt and unpacks what is needed into build/pi; installs nothing, needs no
#   root, and keeps apt's lists for arm64 in build/pi/apt, so that the system's stay as they are.
# Order: the archives are those of Debian that apt's sources name, and their backports, whose kernel knows the Pi 5 as well.
# Fails: exit 1 with one sentence, and what was there before stays.
# Checked by: test/cli/pi-files.test.ts
set -u
cd "$(dirname "$0")/../.." || exit 1

say() { echo "pi-files: $*" >&2; exit 1; }

command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || say 'this is no Debian, and the files are from its packages.'
codename=$(sed -n 's/^VERSION_CODENAME=//p' "${SYSROOT:-}/etc/os-release" 2>/dev/null)
sites=$(apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(SITE)' 'Created-By: Packages' 2>/dev/null \
  | sed -n "s/^Debian|${codename:-none}|main|//p")
[ -n "$sites" ] || say "apt's sources name no archive of Debian, or apt-get update has never been run."

work=$PWD/build/pi/apt
rm -rf "$work/new"
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$work/new/trees"
echo "$sites" | while read -r site; do
  echo "deb [arch=arm64] $site $codename main"
  echo "deb [arch=arm64] $site $codename-backports main"
done >"$work/sources/arm64.list"

# apt, as on a machine of that kind on which nothing is installed.
own() {
  tool=$1; shift
  "$tool" -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Etc::SourceList=/dev/null \
    -o "Dir::Etc::SourceParts=$work/sources" -o "Dir::State::Lists=$work/lists" -o Dir::State::Status=/dev/null \
    -o "Dir::Cache=$work/cache" -o APT::Sandbox::User= "$@"
}

own apt-get update >/dev/null || say "apt could not fetch the lists for arm64; its own words are above."
kernel=$(own apt-cache search --names-only '^linux-image-[0-9][^-]*(-[0-9]+)?-arm64$' | sed 's/ .*//' | sort -V | tail -n 1)
[ -n "$kernel" ] || say 'the archives have no kernel for arm64.'
echo "Fetching u-boot-rpi and $kernel, some 70 MB, of which the boot loader and the device trees stay."
(cd "$work/new" && own apt-get download u-boot-rpi "$kernel" >/dev/null) || say 'apt could not download them; its own words are above.'
dpkg-deb --fsys-tarfile "$work"/new/u-boot-rpi_*.deb | tar -xO ./usr/lib/u-boot/rpi_arm64/u-boot.bin >"$work/new/u-boot.bin" \
  || say 'u-boot-rpi has no rpi_arm64/u-boot.bin.'
dpkg-deb --fsys-tarfile "$work"/new/linux-image-*.deb \
  | tar -x -C "$work/new/trees" --wildcards --transform 's,.*/,,' './usr/lib/linux-image-*/broadcom/bcm2*-rpi-*.dtb' \
  || say "$kernel has no device trees of Raspberry Pis."
rm "$work"/new/*.deb
rm -rf build/pi/trees build/pi/u-boot.bin
mv "$work/new/trees" "$work/new/u-boot.bin" build/pi
echo "build/pi: u-boot.bin, and $(find build/pi/trees -name '*.dtb' | wc -l) device trees; make test TESTS=test/pi uses them."
