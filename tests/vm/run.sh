#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Boots the virtual machine and runs tests in it.
set -eEuo pipefail
trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR

usage() {
	cat <<-END
	usage: tests/vm/run.sh [options] [TEST…]

	  TEST            a name or a file of tests/vm/t, for instance 00-boot (default: all)
	  --kver KVER     the kernel to boot (environment: KVER; default: the newest with headers here)
	  --kernel FILE   boot this bzImage instead of the distribution's
	  --modules DIR   where its lib/modules/KVER is (default: build/kernel/KVER)
	  --root DIR      what 'make install DESTDIR=DIR' made (default: build/root/KVER, if it exists)
	  --append ARGS   more for the kernel's command line
	  --smp N         processors (2)         --mem MB   memory (1024)
	  --timeout S     for the whole run, in seconds (900)
	  --verbose       all that the tests print, not only results and what explains a failure
	  --shell         a shell instead of tests (tests/vm/shell.sh); Ctrl-A x quits
	  --demo FILE     runs this script on the terminal instead of tests
	  ACCEL=kvm       (environment) hardware virtualization instead of emulation

	Exit status: 0 all passed, 1 a test failed, 2 the machine did not come to an end as it should.
	The kernel's log is in build/vm/KVER/console.log, the results are in build/vm/KVER/ktap.log.
	END
}

die() { echo "run.sh: $*" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}

kver=${KVER:-} kernel= modules= root= append= smp=2 mem=1024 limit=900 verbose= mode=test demo= tests=()
while [ $# -gt 0 ]; do
	case $1 in
	--kver) kver=${2:?}; shift ;;
	--kernel) kernel=${2:?}; shift ;;
	--modules) modules=${2:?}; shift ;;
	--root) root=${2:?}; shift ;;
	--append) append=${2:?}; shift ;;
	--smp) smp=${2:?}; shift ;;
	--mem) mem=${2:?}; shift ;;
	--timeout) limit=${2:?}; shift ;;
	--verbose) verbose=1 ;;
	--shell) mode=shell ;;
	--demo) mode=demo demo=${2:?}; shift ;;
	-h | --help) usage; exit ;;
	-*) usage >&2; die "unknown option '$1'" ;;
	*) tests+=("$1") ;;
	esac
	shift
done

# --- what to boot ---

# field OFFSET SIZE: a number in the header of the bzImage
field() { od -An -t "u$2" -j "$1" -N "$2" "$kernel"; }

# The version's text is where the header tells, counted from 512.
version_of_kernel() { head -c $(($(field 526 2) + 612)) "$kernel" | tail -c 100 | tr '\0' ' ' | cut -d ' ' -f 1; }

# Emulated, unpacking an xz kernel takes 4 seconds. QEMU boots one unpacked here if it was built for that (PVH).
unpack_kernel() {
	local setup payload length
	grep -qs '^CONFIG_PVH=y' "${kernel/vmlinuz/config}" && grep -qs '^CONFIG_KERNEL_XZ=y' "${kernel/vmlinuz/config}" || return 0
	if [ ! "$out/vmlinux" -nt "$kernel" ]; then
		setup=$(($(field 497 1) * 512 + 512)) payload=$(field 584 4) length=$(field 588 4) # Linux' boot protocol 2.08
		tail -c +$((setup + payload + 1)) "$kernel" | head -c "$length" |
			xz -dc --single-stream >"$out/vmlinux.tmp" 2>/dev/null || true # what follows the stream is no error
		[ "$(head -c 4 "$out/vmlinux.tmp")" = $'\x7fELF' ] || return 0
		mv "$out/vmlinux.tmp" "$out/vmlinux"
	fi
	kernel=$out/vmlinux
}

newest_with_headers() {
	local dirs
	dirs=$(ls -d /lib/modules/*/build 2>/dev/null | sort -V | tail -n 1)
	[ -z "$dirs" ] || basename "$(dirname "$dirs")"
}

names=()
for t in "${tests[@]}"; do
	[[ $t != */t/* ]] || t=${t##*/t/}
	t=${t%.sh}
	[ -e "$here/t/$t.sh" ] || die "there is no test '$t'; there are: $(cd "$here/t" && ls ./*.sh | sed 's/^..//; s/\.sh$//' | xargs)"
	names+=("$t")
done

[ -z "$kernel" ] || [ -e "$kernel" ] || die "--kernel $kernel does not exist"
[ -n "$kver" ] || [ -z "$kernel" ] || kver=$(version_of_kernel)
kver=${kver:-$(newest_with_headers)}
[ -n "$kver" ] || die "no kernel headers here to tell which kernel is meant; run scripts/install-deps, or give --kver"
if [ -z "$kernel" ]; then
	kernel=$build/kernel/$kver/boot/vmlinuz-$kver
	[ -e "$kernel" ] || "$top/scripts/fetch-kernel" "$kver" "$build/kernel/$kver"
fi

image=(--kver "$kver")
[ -z "$modules" ] || image+=(--modules "$modules")
[ -n "$root" ] || [ ! -d "$build/root/$kver" ] || root=$build/root/$kver
[ -z "$root" ] || image+=(--root "$root")
feed=$build/feed/$kver # what tests/packet is run with, made by 'make feed'
[ ! -e "$feed/ps_feed.ko" ] ||
	image+=(--add "$feed/feed=/usr/bin/feed" --add "$feed/ps_feed.ko=/lib/modules/$kver/updates/packetscript/ps_feed.ko")
[ -z "$demo" ] || image+=(--add "$demo=/demo.sh")
"$here/mkimage.sh" "${image[@]}" || die 'no image to boot, see above'

out=$build/vm/$kver
unpack_kernel
command -v qemu-system-x86_64 >/dev/null || die 'qemu-system-x86_64 is missing; run scripts/install-deps'
if [ "${ACCEL:-tcg}" = kvm ]; then
	accel=(-accel kvm -cpu host)
else
	accel=(-accel tcg,thread=multi -cpu max,cx16=off) # with cx16, QEMU 7.2 corrupts kernels after 6.1
fi
cmdline="console=ttyS0 quiet loglevel=4 log_buf_len=4M oops=panic panic=-1 ps.mode=$mode $append"
qemu=(qemu-system-x86_64 -M q35 "${accel[@]}" -m "$mem" -smp "$smp" -display none -nic none -no-reboot
	-device "isa-debug-exit,iobase=0xf4,iosize=1" -kernel "$kernel" -initrd "$out/initrd")

# --- shell, demonstration ---

if [ "$mode" != test ]; then
	[ ! -t 0 ] || cmdline+=$(stty size | awk '{ print " ps.rows=" $1 " ps.cols=" $2 }')" ps.term=${TERM:-linux}"
	status=0
	"${qemu[@]}" -serial mon:stdio -append "$cmdline" || status=$?
	[ ! -t 0 ] || stty sane
	[ $status -le 1 ] || die "the machine ended with status $status"
	exit 0
fi

# --- tests ---

# Results as they come; what a test prints only around a failure, unless --verbose.
show() {
	local line told=() failing=
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'not ok '*)
			[ -n "$verbose" ] || [ ${#told[@]} = 0 ] || printf '%s\n' "${told[@]}" | tail -n 20
			failing=1 told=()
			printf '%s\n' "$line"
			;;
		'ok '*)
			failing= told=()
			printf '%s\n' "$line"
			;;
		*)
			if [ -n "$verbose$failing" ]; then printf '%s\n' "$line"; else told+=("$line"); fi
			;;
		esac
	done
}

[ ${#names[@]} = 0 ] || cmdline+=" ps.tests=$(IFS=,; echo "${names[*]}")"
started=$SECONDS
status=0
timeout --foreground -k 5 "$limit" "${qemu[@]}" -monitor none -serial "file:$out/console.log" -serial stdio \
	-append "$cmdline" </dev/null 2>"$out/qemu.log" | tee "$out/ktap.log" | show || status=$?

if ! grep -qa '^# END ' "$out/ktap.log"; then
	echo "--- the last of $out/console.log"
	tr -d '\r' <"$out/console.log" | grep -aE 'Kernel panic|BUG:|WARNING:|Oops:' | head -n 10 || true
	tr -d '\r' <"$out/console.log" | tail -n 40
	cat "$out/qemu.log"
	if [ $status = 124 ] || [ $status = 137 ]; then
		die "stopped after $limit s (--timeout)"
	fi
	die "the machine died (status $status) before the tests came to an end"
fi

read -r pass fail skip < <(sed -n 's/^# END pass=\([0-9]*\) fail=\([0-9]*\) skip=\([0-9]*\).*/\1 \2 \3/p' "$out/ktap.log")
sed -n 's/\r$//; s/^# kernel /# Linux /p' "$out/ktap.log" | sed "s/\$/, all done in $((SECONDS - started)) s/"
echo "$pass passed, $fail failed$([ "$skip" = 0 ] || echo ", $skip skipped")"
exit $((fail > 0))
