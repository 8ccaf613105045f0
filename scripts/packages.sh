# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What scripts that build packages have in common; sourced, behind 'set -eEuo pipefail' and their trap.

die() { echo "${0##*/}: $*" >&2; exit 1; }

# unpack TARBALL FOLDER: of make dist, whose part FOLDER is needed. Sets $work, which goes when the script ends, and $source and $version in it.
# Not where the packages go: no Makefile's paths may have blanks.
unpack() {
	[ -r "$1" ] || die "there is no $1: make it with 'make dist', in a git tree, or take the one of a release"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	tar -C "$work" -xf "$1" || die "tar cannot unpack $1: make it anew with 'make dist'"
	source=$(ls -d "$work"/packetscript-*)
	version=${source##*/packetscript-}
	[ -d "$source/$2" ] || die "$1 has no folder $2: make it anew with 'make dist'"
	# All files of the tarball have the time of its last commit: so the same commit makes the same packages, whenever.
	SOURCE_DATE_EPOCH=$(stat -c %Y "$source/objs.mk")
	export SOURCE_DATE_EPOCH
}

# build DIR REMEDY COMMAND…: in the tarball's tree; DIR gets what it said. What this make was told is not meant for that one; and flags are those of
# the distribution.
build() {
	mkdir -p "$1"
	(
		unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX BUILD KVER KDIR CFLAGS CPPFLAGS LDFLAGS V
		umask 022
		cd "$source"
		"${@:3}"
	) >"$work/log" 2>&1 || {
		tail -n 40 "$work/log" >&2
		die "the packages could not be built, see above.${2:+ $2}"
	}
	cp "$work/log" "$1/build.log"
}
