# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . tests/packages/lib.sh: packages that are installed by apt in a root tree, for scripts that are run in the sources' folder, as root
# KEEP=1 in the environment: packages that are there already are not built again

[ "$(id -u)" = 0 ] || { echo 'packages: packages are installed in a root tree, which takes root: run this as root' >&2; exit 1; }
# In a mount namespace of its own, so that nothing stays mounted, whatever happens.
if [ -z "${PACKAGES_NAMESPACE:-}" ]; then
	exec env PACKAGES_NAMESPACE=1 unshare --mount --propagation private "$0" "$@"
fi

. tests/vm/wait.sh
scripts/install-deps --packages
version=$(make -s --no-print-directory print-VERSION)
# The next release, for an upgrade.
next=$version.1
passed=0 failed=0 skipped=0
mkdir -p build
work=$(mktemp -d "$PWD/build/packages.XXXXXX")
log=$work/log root=
# unmount FOLDER…: each, and what is mounted in it, as soon as what was started there has ended
unmounted() { ! mountpoint -q "$1" || umount -R "$1"; }
unmount() {
	local folder
	for folder; do wait_for -t 20 unmounted "$folder" || unmounted "$folder" || return; done
}

# What is mounted in a tree is this machine's /dev: nothing is removed before that is gone, nor on another file system.
clean_up() {
	local pid
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
	wait
	[ -z "$root" ] || unmount "$root" || return
	rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# check TEXT COMMAND…: what the command says stays in $log
check() {
	local text=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok - $text"
		passed=$((passed + 1))
	else
		echo "not ok - $text"
		tail -n 30 "$log" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

skip() {
	echo "ok - $1 # SKIP $2"
	skipped=$((skipped + 1))
}

# same GOT EXPECTED
same() { [ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2"; false; }; }

# --- the packages ---

tarball=build/packetscript-$version.tar.gz
debs=build/deb
ours=(packetscript packetscript-dkms packetscript-dev)

three() { same "$(cd $debs && ls ./*.deb | sed 's|^\./||; s|_.*||' | sort | xargs)" "$(printf '%s\n' "${ours[@]}" | sort | xargs)"; }
build_debs() {
	if [ -z "${KEEP:-}" ] || ! three >/dev/null 2>&1; then
		rm -rf $debs
		check 'make deb builds packages' make --no-print-directory deb
	fi
	check 'three of them' three
}

# The next release: as it would come, with another version wherever that is written.
next_release() {
	local tree=$work/next/packetscript-$next
	mkdir -p "$work/next"
	tar -C "$work/next" -xf $tarball
	mv "$work/next/packetscript-$version" "$tree"
	sed -i "s/^PS_VERSION := .*/PS_VERSION := $next/" "$tree/objs.mk"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$next\"/" "$tree/dkms.conf"
	sed -i "1s/.*/packetscript ($next-0upstream1) unstable; urgency=medium/" "$tree/packaging/debian/changelog"
	tar -C "$work/next" -czf "$work/next.tar.gz" "packetscript-$next"
	DEB_BUILD_OPTIONS=nocheck scripts/deb "$work/next.tar.gz" build/deb-next
}
build_next() {
	if [ -z "${KEEP:-}" ] || [ ! -d build/deb-next ]; then
		rm -rf build/deb-next
		check 'the next release is built' next_release
	fi
}

# --- the root tree ---

# mount_tree TREE NAME: as $root, with what becomes of it in $work, and packages in its /var/local/debs and next
mount_tree() {
	root=$work/$2/root
	mkdir -p "$root" "$work/$2/upper" "$work/$2/work"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/$2/upper,workdir=$work/$2/work" "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mkdir -p "$root/var/local/debs" "$root/var/local/next"
	cp $debs/*.deb "$root/var/local/debs"
	cp build/deb-next/*.deb "$root/var/local/next"
}

tree_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# inside COMMAND…: as root of the tree, where there is no network
inside() {
	unshare --net env -i PATH=$tree_path DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root chroot "$root" "$@"
}
# Under a name that no program of this machine has, lest anything calls that by mistake.
# apt gives scripts of packages a path of its own, in which programs of /usr/local would be missed.
tree_apt() { inside apt-get -q -y -o DPkg::Path="$tree_path" -o DPkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 --no-install-recommends "$@" </dev/null; }
# install_from FOLDER: the packages in it, by the names that they have there
install_from() {
	local found
	mapfile -t found < <(cd "$root" && printf '/%s\n' var/local/"$1"/*.deb)
	tree_apt install "${found[@]}"
}
