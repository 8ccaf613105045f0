# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The machine that measures, whose clock counts instructions. For scripts on the host, which have set top
# (the sources) and build, and define die.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# vm_choose KVER ROOT, either may be empty: sets kver, headers, kernel, and root, what goes into the machine
vm_choose() {
	kver=${1:-$(BUILD=$build "$top/scripts/kernel-release")}
	[ -n "$kver" ] || die 'no kernel headers here to tell which kernel is meant; run scripts/install-deps, or give --kver'
	headers=${KDIR:-/lib/modules/$kver/build}
	[ -e "$headers" ] || headers=$build/kernel/$kver/lib/modules/$kver/build # unpacked: scripts/fetch-kernel --headers
	root=${2:-$build/root/$kver}
	[ -d "$root" ] || die "$root does not exist; make it with: make root"
	kernel=$build/kernel/$kver/boot/vmlinuz-$kver
	[ -e "$kernel" ] || "$top/scripts/fetch-kernel" "$kver" "$build/kernel/$kver" >&2
	command -v qemu-system-x86_64 >/dev/null || die 'qemu-system-x86_64 is missing; run scripts/install-deps'
}

# vm_tree OUT GUEST: makes OUT/root, a copy of root, with the script GUEST in it; sets out, tree
vm_tree() {
	out=$1 tree=$1/root
	mkdir -p "$out"
	rm -rf "$tree"
	cp -a "$root" "$tree"
	mkdir -p "$tree/bench" "$tree/tests/t"
	cp "$2" "$tree/tests/t/bench.sh"
	cp "$top/bench/networks.sh" "$tree/bench/"
	compile -static -o "$tree/bench/udpsend" "$top/bench/tools/udpsend.c"
}

compile() { ${CC:-gcc} -O2 -Wall -Wextra "$@"; }

# A program that the image lacks, with the libraries that the image may lack too
add_program() {
	local lib
	cp "$1" "$tree/bench/"
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$tree$(dirname "$lib")"
		cp -L "$lib" "$tree$lib"
	done
}

# vm_run SECONDS NAME [VERBOSE]: boots tree. What the guest says is in ktap; NAME precedes RESULT lines on a terminal.
# Sets cpu; complaints, of the guest's; calibration, the ticks of a million instructions.
vm_run() {
	local image status=0
	BUILD=$out "$top/tests/vm/mkimage.sh" --kver "$kver" --modules "$build/kernel/$kver" --root "$tree" >&2
	image=$out/vm/$kver
	ktap=$image/ktap.log
	[ ! "$build/vm/$kver/vmlinux" -nt "$kernel" ] || kernel=$build/vm/$kver/vmlinux # faster: tests/vm/run.sh unpacked it

	# rep movsb would count one instruction for each byte; with cx16, QEMU 7.2 corrupts kernels after 6.1
	cpu=max,-erms,-fsrm
	[ "$(printf '%s\n' 6.2 "$kver" | sort -V | head -n 1)" != 6.2 ] || cpu+=,cx16=off
	timeout -k 5 "$1" qemu-system-x86_64 -M q35 -accel tcg,thread=single -icount shift=0,sleep=off -cpu $cpu -smp 1 -m 1024 \
		-seed 1 -rtc base=2026-01-01,clock=vm -display none -nic none -no-reboot -monitor none \
		-device isa-debug-exit,iobase=0xf4,iosize=1 -kernel "$kernel" -initrd "$image/initrd" \
		-serial "file:$image/console.log" -serial stdio </dev/null 2>"$image/qemu.log" -append \
		"console=ttyS0 quiet loglevel=4 log_buf_len=4M oops=panic panic=-1 nokaslr random.trust_cpu=on ps.mode=test ps.tests=bench" |
		sed -u 's/\r//g' | tee "$ktap" |
		while IFS= read -r line; do
			case $line in
			'# RESULT '*) [ ! -t 2 ] || printf '\r\e[K%s: %s' "$2" "${line#\# RESULT }" >&2 ;;&
			*) [ -z "${3:-}" ] || echo "$line" >&2 ;;
			esac
		done || status=$?
	[ ! -t 2 ] || printf '\r\e[K' >&2

	if ! grep -q '^# END ' "$ktap"; then
		tr -d '\r' <"$image/console.log" | tail -n 30 >&2
		cat "$image/qemu.log" >&2
		die "the machine died (status $status) before its end"
	fi
	complaints=$(grep -A 30 '^not ok ' "$ktap" || true)
	calibration=$(sed -n 's/^# CALIBRATION //p' "$ktap")
	[ -n "$calibration" ] || die "nothing was measured: ${complaints:-see $ktap}"
	[ $((calibration > 998000 && calibration < 1002000)) = 1 ] ||
		die "a million instructions took $calibration ticks: this machine's clock does not count instructions"
}
