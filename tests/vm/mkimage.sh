#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Builds the virtual machine's initramfs from programs, a kernel's modules and the tests.
#
# It is two cpio archives in a row: base (programs and kernel modules, slow, cached until something in it
# changes) and top (what is being tested, made anew each time). The kernel unpacks one over the other.
# They are not compressed: emulated, unpacking takes longer than reading.
set -eEuo pipefail
trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR

usage() {
	cat <<-END
	usage: tests/vm/mkimage.sh --kver KVER [--modules DIR] [--root DIR] [--add FILE=/PATH]…

	  --modules DIR  holds lib/modules/KVER (default: build/kernel/KVER, see scripts/fetch-kernel)
	  --sysroot DIR  has the programs (scripts/fetch-root), for instance another architecture's; default: this machine's
	  --root DIR     goes over the image: what 'make install DESTDIR=DIR' made
	  --add F=/P     puts the file F at /P
	  --copy DIR     puts a copy of the folder into /root, under its own name
	  --demo         only what the demonstration needs must be there
	  --out DIR      where the image comes (default: build/vm/KVER)

	Writes DIR/initrd. With --sysroot, the environment's CC compiles for it, and EMULATOR runs its programs.
	END
}

die() { echo "mkimage: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

kver= modules= sysroot= root= add=() copy= demo= out=
while [ $# -gt 0 ]; do
	case $1 in
	--demo) demo=1; shift; continue ;;
	--kver) kver=${2:?} ;;
	--modules) modules=${2:?} ;;
	--sysroot) sysroot=${2:?} ;;
	--root) root=${2:?} ;;
	--add) add+=("${2:?}") ;;
	--copy) copy=${2:?} ;;
	--out) out=${2:?} ;;
	-h | --help) usage; exit ;;
	*) usage >&2; die "unknown option '$1'" ;;
	esac
	shift 2
done
[ -n "$kver" ] || { usage >&2; die "which kernel? --kver is missing"; }
[ -z "$sysroot" ] || [ -d "$sysroot/usr" ] || die "--sysroot $sysroot does not exist; make it with: scripts/fetch-root"
[ -z "$root" ] || [ -d "$root" ] || die "--root $root does not exist; make it with: make install DESTDIR=$root"

common=${BUILD:-$top/build}/vm/$kver # the base is the same for all machines with this kernel
out=${out:-$common}
base=$common/base
modules=${modules:-${BUILD:-$top/build}/kernel/$kver}/lib/modules/$kver
mkdir -p "$out" "$common"

tools=(
	bash env timeout stdbuf setsid nproc taskset cat cp mv rm mkdir mktemp ln ls chmod touch stat readlink realpath
	basename dirname echo printf seq sleep date head tail sort uniq cut tr wc tee od dd yes truncate base64 sha256sum
	md5sum id uname sync kill awk grep sed find xargs cmp diff ps dmesg mount umount stty gzip xz
	modprobe insmod rmmod lsmod modinfo depmod ip ss tc xtables-legacy-multi xtables-nft-multi ping tcpdump curl nc sysctl
	script setpriv
)
for_tests=(nft ethtool conntrack nginx dig dnsmasq openssl mandoc redis-server redis-cli)
wanted=(strace bridge arping nano vim.tiny in.tftpd atftpd tftp atftp wget)	# are in the image if this machine has them
xtables=(iptables ip6tables iptables-save iptables-restore ip6tables-save ip6tables-restore
	ebtables ebtables-save ebtables-restore arptables arptables-save arptables-restore)

# Prints all that the base is made of: when this text changes, the base is made anew.
base_inputs() {
	local t
	cat "$here"/{mkimage.sh,modules.txt,qexit.c,udpecho.c,tcpask.c,webask.c,synflood.c,genlask.c,latepage.c,sendframes.c,segments.c,timestamps.c}
	echo "$modules"
	stat -c '%n %Y' "$modules" "$sysroot$xtables_dir" "$sysroot/var/lib/dpkg/status" 2>/dev/null || true
	for t in "${wanted[@]}"; do program "$t" || true; done
}

# Directories as Debian has them: /bin, /sbin and /lib are links into /usr.
skeleton() {
	mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
	local d
	for d in bin sbin lib lib64; do ln -sfn usr/$d "$1/$d"; done
}

# Prints the programs that the image must have and this machine lacks.
check_tools() {
	local t missing=() needed=("${tools[@]}")
	[ -n "$demo" ] || needed+=("${for_tests[@]}")
	for t in "${needed[@]}"; do
		program "$t" >/dev/null || missing+=("$t")
	done
	[ ${#missing[@]} = 0 ] || [ -z "$sysroot" ] || die "$sysroot lacks ${missing[*]}"
	[ ${#missing[@]} = 0 ] ||
		die "this machine lacks ${missing[*]}; install with: scripts/install-deps${demo:+ --demo}"
}

# Prints where the program is in the tree of programs.
program() {
	[ -n "$sysroot" ] || { type -P "$1"; return; }
	local dir
	for dir in /usr/sbin /usr/bin; do
		[ ! -e "$sysroot$dir/$1" ] || { echo "$dir/$1"; return; }
	done
	return 1
}

# Prints the libraries that they are linked to, in that tree; none if they are static, or for another architecture.
libraries() {
	[ -n "$sysroot" ] || { ldd "$@" 2>/dev/null | grep -o '[[:space:]]/[^ ]* (' | tr -d '( \t' | sort -u || true; return; }
	local name dir
	readelf -d "$@" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u | while read -r name; do
		for dir in /lib64 /lib "$libdir"; do
			[ ! -e "$sysroot$dir/$name" ] || { echo "$dir/$name"; break; }
		done
	done
}

# copy_libraries TREE FILE…: copies the libraries that programs or libraries need, and the base lacks, into TREE
copy_libraries() {
	local lib
	for lib in $(libraries "${@:2}"); do
		[ ! -e "$base$lib" ] && [ ! -e "$1$lib" ] || continue
		mkdir -p "$1${lib%/*}"
		cp -L "$sysroot$lib" "$1$lib"
		[ -z "$sysroot" ] || copy_libraries "$1" "$sysroot$lib" # ldd names theirs, too
	done
}

# Copies programs to where they are in the tree, and the libraries they need. All at once: a process for each takes minutes
# on a busy machine.
copy_programs() {
	(cd "${sysroot:-/}" && cp -L --parents --remove-destination -t "$base" "${@#/}")
	copy_libraries "$base" "${@/#/$sysroot}"
}

copy_tools() {
	local t path paths=()
	for t in "${tools[@]}" "${for_tests[@]}" "${wanted[@]}"; do
		path=$(program "$t") || continue
		paths+=("$path")
	done

	# libraries that programs open when they need them; only this architecture's, where others' are installed, too
	for path in "$libdir"/libgcc_s.so.1 "${libdir#/usr}"/libgcc_s.so.1; do
		[ -e "$sysroot$path" ] && paths+=("$path") && break
	done
	for path in /usr/libexec/coreutils/libstdbuf.so "$sysroot$xtables_dir"/*.so; do
		path=${path#"$sysroot"}
		[ ! -e "$sysroot$path" ] || paths+=("$path")
	done
	copy_programs "${paths[@]}"
	ln -sf bash "$base/usr/bin/sh"

	for t in "${xtables[@]}"; do
		ln -sf xtables-nft-multi "$base/usr/sbin/$t"
		ln -sf xtables-nft-multi "$base/usr/sbin/${t/tables/tables-nft}"
		[[ $t == ip* ]] || continue
		ln -sf xtables-legacy-multi "$base/usr/sbin/${t/tables/tables-legacy}"
	done

	# busybox takes the names that no program has yet; but not its own, and not /bin/sh
	path=$(program busybox) || die "this machine lacks busybox; install with: scripts/install-deps"
	[ -z "$(libraries "$sysroot$path")" ] || die "$path needs libraries; install busybox-static: scripts/install-deps"
	mkdir -p "$base/usr/lib/busybox"
	cp -L "$sysroot$path" "$base/usr/lib/busybox/busybox"
	for t in $(${EMULATOR:-} "$sysroot$path" --list | grep -vx -e busybox -e ash -e sh); do
		[ -e "$base/usr/bin/$t" ] || [ -e "$base/usr/sbin/$t" ] || ln -s ../lib/busybox/busybox "$base/usr/bin/$t"
	done
}

compile_helpers() {
	local c helpers=(udpecho tcpask webask synflood genlask latepage sendframes segments timestamps)
	[[ $kver == *-arm64 ]] || helpers+=(qexit) # it uses a device that only PCs have
	for c in "${helpers[@]}"; do
		${CC:-gcc} -O2 -Wall -Wextra -static -o "$base/usr/bin/$c" "$here/$c.c" ||
			die "could not compile $c.c; install the compiler with: scripts/install-deps"
	done
}

write_etc() {
	mkdir -p "$base"/{dev,proc,sys,run,tmp,root} "$base"/var/{lib,log,run} "$base/etc"
	mkdir -p "$base"/var/{log/nginx,lib/nginx}
	local f
	for f in /etc/{protocols,services,ethertypes,iproute2,nginx/mime.types} /usr/share/iproute2 /usr/lib/tc \
		/lib/terminfo /etc/terminfo; do
		[ ! -e "$sysroot$f" ] || { mkdir -p "$base$(dirname "$f")"; cp -rL "$sysroot$f" "$base$f"; }
	done
	printf '%s\n' root:x:0:0::/root:/bin/bash tcpdump:x:100:100::/:/bin/false nobody:x:65534:65534::/:/bin/false \
		>"$base/etc/passwd"
	printf '%s\n' root:x:0: tcpdump:x:100: nogroup:x:65534: >"$base/etc/group"
	echo '127.0.0.1 localhost' >"$base/etc/hosts"
	echo 'set enable-bracketed-paste off' >"$base/etc/inputrc"
}

# The modules modules.txt asks for, as paths below $modules
list_modules() {
	local entry
	grep -v '^#' "$here/modules.txt" | while read -r entry; do
		case $entry in
		*/) (cd "$modules" && find "kernel/$entry" -name '*.ko*' 2>/dev/null) || true ;;
		*) grep -oE "^[^:]*/${entry//[-_]/[-_]}\.ko[^:]*" "$modules/modules.dep" || true ;;
		esac
	done |
		awk -v dep="$modules/modules.dep" '
			BEGIN { FS = ": *"; while ((getline <dep) > 0) needs[$1] = $2 }
			{ print $1; n = split(needs[$1], d, " "); for (i = 1; i <= n; i++) print d[i] }' |
		sort -u
}

copy_modules() {
	local dest=$base/usr/lib/modules/$kver
	mkdir -p "$dest"
	[ -d "$modules" ] || { echo "mkimage: no $modules: nothing but what $kver has built in"; return; }
	[ -s "$modules/modules.dep" ] || die "$modules has no modules.dep; run: depmod -b ${modules%/lib/modules/*} $kver"
	(cd "$modules" && list_modules | xargs -r cp --parents -t "$dest")
	cp "$modules"/modules.{order,builtin,builtin.modinfo} "$dest/" 2>/dev/null || true
}

pack() { (cd "$1" && find . -print0 | sort -z | cpio --null -o -H newc --quiet --owner 0:0); }

build_base() {
	echo "mkimage: making the base image for $kver (once)"
	rm -rf "$base" "$common/base.stamp"
	skeleton "$base"
	copy_tools
	compile_helpers
	write_etc
	# or each program looks for each library in a dozen folders; another processor's libraries it does not know
	[[ $kver == *-arm64 ]] || ldconfig -X -r "$base" "$libdir"
	copy_modules
	pack "$base" >"$common/base.cpio"
	base_inputs | sha256sum >"$common/base.stamp"
}

build_top() {
	local tree=$out/top f files
	rm -rf "$tree"
	skeleton "$tree"
	mkdir -p "$tree/tests/t"
	cp "$here/init" "$tree/init"
	cp "$here"/{lib.sh,results.sh,wait.sh,web.sh,frames.sh,shellrc,unhurried.conf} "$tree/tests/"
	cp "$here/man" "$tree/usr/bin/"
	cp "$top/README.md" "$tree/"
	cp -r "$here/t/." "$tree/tests/t/"
	cp -r "$top/tests/packet" "$tree/tests/"
	cp -r "$top/tests/hostile" "$tree/tests/"
	cp -r "$top/tests/lunatik" "$tree/tests/"
	[ ! -d "$top/tests/script" ] || cp -r "$top/tests/script" "$tree/tests/"
	[ ! -d "$top/examples" ] || cp -r "$top/examples" "$tree/"
	# tar, because it unpacks into /lib through the link where cp would replace it
	if [ -n "$root" ]; then
		tar -C "$root" -c . | tar -C "$tree" -x --keep-directory-symlink --no-same-owner
		mapfile -t files < <(find "$root" -type f '(' -perm -100 -o -name '*.so' ')')
		copy_libraries "$tree" "${files[@]}"
	fi
	if [ -n "$copy" ]; then
		mkdir -p "$tree/root"
		cp -rL "$copy" "$tree/root/$(basename "$(realpath "$copy")")"
	fi
	for f in "${add[@]}"; do
		mkdir -p "$tree$(dirname "${f#*=}")"
		cp "${f%%=*}" "$tree${f#*=}"
	done

	# depmod has to see both archives' modules: in a joint tree of hard links
	local all=$out/depmod dest=$tree/usr/lib/modules/$kver
	rm -rf "$all"
	mkdir -p "$all/lib/modules" "$dest"
	cp -al "$base/usr/lib/modules/$kver" "$all/lib/modules/"
	cp -a "$dest/." "$all/lib/modules/$kver/"
	depmod -b "$all" "$kver"
	rm -f "$all/lib/modules/$kver"/modules.{order,builtin,builtin.modinfo}
	cp "$all/lib/modules/$kver"/modules.* "$dest/"
	pack "$tree" >"$out/top.cpio"
	rm -rf "$all"
}

libdir=/usr/lib/$(${CC:-gcc} -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)
xtables_dir=$(pkg-config --variable=xtlibdir xtables 2>/dev/null || echo "$libdir/xtables")

check_tools
exec {lock}>"$common/base.lock" # one at a time: others read the base, or wait for it
flock "$lock"
[ -e "$common/base.cpio" ] && [ "$(base_inputs | sha256sum)" = "$(cat "$common/base.stamp" 2>/dev/null)" ] || build_base
build_top
cat "$common/base.cpio" "$out/top.cpio" >"$out/initrd.tmp"
mv "$out/initrd.tmp" "$out/initrd"
