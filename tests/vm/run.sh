#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Boots the virtual machine and runs tests in it.
set -eEuo pipefail
trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR

usage() {
	cat <<-END
	usage: tests/vm/run.sh [options] [TEST…]

	  TEST            a name or a file of tests/vm/t, for instance 00-boot, or a pattern, '9*' (default: all); or one of tests/t in DIR
	                  of --root
	  --kver KVER     the kernel to boot (environment: KVER; default: the newest with headers here)
	  --kernel FILE   boot this bzImage instead of the distribution's
	  --modules DIR   where its lib/modules/KVER is (default: build/kernel/KVER)
	  --sysroot DIR   where the machine's programs are (default: on this machine; see scripts/fetch-root)
	  --root DIR      what 'make install DESTDIR=DIR' made (default: build/root/KVER, if it exists)
	  --append ARGS   more for the kernel's command line
	  --name NAME     of the machine, beside others: what it writes is in build/vm/KVER-NAME then
	  --smp N         processors (2)         --mem MB   memory (1024)
	  --to HOST:PORT  gives it a network card (virtio_net), by which it reaches this server at 10.0.2.100, port 6379, and a router of QEMU's
	                  that answers pings, 10.0.2.2; nothing else
	  --timeout S     ends the machine when no test has said anything for S seconds (700)
	  --verbose       all that the tests print, not only results and what explains a failure
	  --share DIR     a folder that the machine sees in /root, under its own name, and may write to; a copy where
	                  the kernel has no 9p
	  --copy DIR      the same, always as a copy
	  --shell         a shell instead of tests (tests/vm/shell.sh); Ctrl-A x quits
	  --demo FILE     runs this script on the terminal instead of tests
	  ACCEL=kvm       (environment) hardware virtualization instead of emulation
	  ACCEL=icount    emulation of one processor, by a clock that counts instructions, 10^9 a second: within, it is as quick as that

	Exit status: 0 all passed, 1 a test failed, 2 the machine did not come to an end as it should.
	The kernel's log is in build/vm/KVER/console.log, the results are in build/vm/KVER/ktap.log.
	END
}

die() { echo "run.sh: $*" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}

device=() kver=${KVER:-} kernel= modules= sysroot= root= append= smp=2 mem=1024 limit=700 verbose= name= mode=test demo= share= shared= nic=(-nic none) tests=()
while [ $# -gt 0 ]; do
	case $1 in
	--kver) kver=${2:?}; shift ;;
	--kernel) kernel=${2:?}; shift ;;
	--modules) modules=${2:?}; shift ;;
	--sysroot) sysroot=${2:?}; shift ;;
	--root) root=${2:?}; shift ;;
	--append) append=${2:?}; shift ;;
	--name) name=${2:?}; shift ;;
	--smp) smp=${2:?}; shift ;;
	--mem) mem=${2:?}; shift ;;
	--timeout) limit=${2:?}; shift ;;
	--to) # each connection has a program of its own
		[[ ${2:-} == *:* ]] || die '--to needs HOST:PORT'
		nic=(-nic "user,model=virtio-net-pci,restrict=on,guestfwd=tcp:10.0.2.100:6379-cmd:nc -N ${2%:*} ${2##*:}")
		shift
		;;
	--verbose) verbose=1 ;;
	--share | --copy) share=${2:?} shared=$1; shift ;;
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

# The header tells where the text of the version is, counted from byte 512.
version_of_kernel() { head -c $(($(field 526 2) + 612)) "$kernel" | tail -c 100 | tr '\0' ' ' | cut -d ' ' -f 1; }

# An emulated machine takes 4 seconds to unpack an xz kernel. If the kernel was built for it (PVH), QEMU boots one that is
# unpacked here.
unpack_kernel() {
	local setup payload length
	grep -qs '^CONFIG_PVH=y' "${kernel/vmlinuz/config}" && grep -qs '^CONFIG_KERNEL_XZ=y' "${kernel/vmlinuz/config}" || return 0
	if [ ! "$out/vmlinux" -nt "$kernel" ]; then
		setup=$(($(field 497 1) * 512 + 512)) payload=$(field 584 4) length=$(field 588 4) # Linux' boot protocol 2.08
		tail -c +$((setup + payload + 1)) "$kernel" | head -c "$length" |
			xz -dc --single-stream >"$out/vmlinux.tmp" 2>/dev/null || true # bytes behind the stream are no error
		[ "$(head -c 4 "$out/vmlinux.tmp")" = $'\x7fELF' ] || return 0
		mv "$out/vmlinux.tmp" "$out/vmlinux"
	fi
	kernel=$out/vmlinux
}

# list_tests PATTERN: names of files, of tests/vm/t and of DIR's
list_tests() {
	local folder
	for folder in "$here/t" ${root:+"$root/tests/t"}; do
		[ ! -d "$folder" ] || (cd "$folder" && compgen -G "$1.sh") || true
	done | sort -u
}

names=()
for t in "${tests[@]}"; do
	[[ $t != */t/* ]] || t=${t##*/t/}
	t=${t%.sh}
	mapfile -t found < <(list_tests "$t")
	[ ${#found[@]} -gt 0 ] || die "there is no test '$t'; there are: $(list_tests '*' | sed 's/\.sh$//' | xargs)"
	names+=("${found[@]%.sh}")
done

[ -z "$kernel" ] || [ -e "$kernel" ] || die "--kernel $kernel does not exist"
[ -n "$kver" ] || [ -z "$kernel" ] || kver=$(version_of_kernel)
kver=${kver:-$(BUILD=$build "$top/scripts/kernel-release")}
[ -n "$kver" ] || die "no kernel headers here to tell which kernel is meant; run scripts/install-deps, or give --kver"
[[ $kver != *-arm64 ]] || [ -n "$sysroot" ] || [ "$(uname -m)" = aarch64 ] ||
	die "$kver is another processor's kernel: --sysroot has to name its programs (make check-kernels TESTS=trixie:arm64)"
if [ -z "$kernel" ]; then
	kernel=$build/kernel/$kver/boot/vmlinuz-$kver
	[ -e "$kernel" ] ||
		"$top/scripts/progress" "fetching the kernel $kver" "$top/scripts/fetch-kernel" "$kver" "$build/kernel/$kver"
fi

out=$build/vm/$kver${name:+-$name}
image=(--kver "$kver" --out "$out")
[ -z "$modules" ] || image+=(--modules "$modules")
[ -z "$sysroot" ] || image+=(--sysroot "$sysroot")
[ -n "$root" ] || [ ! -d "$build/root/$kver" ] || root=$build/root/$kver
[ -z "$root" ] || image+=(--root "$root")
feed=$build/feed/$kver # the programs that run tests/packet and tests/hostile in the machine, made by 'make feed'
[ ! -e "$feed/ps_feed.ko" ] ||
	image+=(--add "$feed/feed=/usr/bin/feed" --add "$feed/packet-case=/usr/bin/packet-case"
		--add "$feed/in-kernel=/usr/bin/in-kernel" --add "$feed/netfuzz=/usr/bin/netfuzz"
		--add "$feed/ps_feed.ko=/lib/modules/$kver/updates/packetscript/ps_feed.ko")
if [ -n "$share" ]; then
	share=$(realpath "$share")
	[ -d "$share" ] || die "$shared $share is no folder"
	folder=${share##*/}
	[[ $folder =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "$shared $share: its name must be one word of letters and digits"
	if [ "$shared" = --share ] && grep -q . < <(find "${modules:-$build/kernel/$kver}/lib/modules/$kver/" -name '9pnet_virtio.ko*'); then
		device=(-virtfs "local,path=${share//,/,,},mount_tag=share,security_model=none")
		append+=" ps.share=$folder"
	else
		size=$(du -sLm "$share" | cut -f 1)
		[ "$size" -le $((mem / 4)) ] || die "$shared $share has $size MB: a copy may have $((mem / 4))" \
			"(--mem), and without one the kernel needs 9p"
		image+=(--copy "$share")
	fi
fi
[ -z "$demo" ] || image+=(--demo --add "$demo=/demo.sh")
"$top/scripts/progress" "making the machine's disk" "$here/mkimage.sh" "${image[@]}" || die 'no image to boot, see above'

# The machine, its emulated processor, its terminal, and the serial port on which results come out.
if [[ $kver == *-arm64 ]]; then
	qemu=(qemu-system-aarch64 -M virt) cpu=max,pauth-impdef=on terminal=ttyAMA0 ktap=ttyS0
	port=(-chardev stdio,id=ktap -device pci-serial,chardev=ktap) monitor=(-monitor none)
else
	unpack_kernel
	qemu=(qemu-system-x86_64 -M q35 -device "isa-debug-exit,iobase=0xf4,iosize=1") terminal=ttyS0 ktap=ttyS1
	cpu=max,cx16=off # with cx16, QEMU 7.2 corrupts kernels after 6.1
	cpu+=,-erms,-fsrm # kernels copy eight bytes at a time, as one takes an emulated processor as long
	port=(-serial stdio)
	# the machine's third serial port is connected to QEMU's monitor: tests press keys by it
	monitor=(-chardev "socket,id=monitor,path=packetscript-$$,abstract=on,server=on,wait=off" -mon chardev=monitor
		-chardev "socket,id=keys,path=packetscript-$$,abstract=on")
	port+=(-serial chardev:keys)
fi
command -v "${qemu[0]}" >/dev/null || die "${qemu[0]} is missing; run scripts/install-deps"
case ${ACCEL:-tcg} in
kvm) qemu+=(-accel kvm -cpu host) ;;
icount) # as bench/vm.sh
	smp=1
	qemu+=(-accel tcg,thread=single -icount shift=0,sleep=off -cpu "$cpu")
	;;
tcg) qemu+=(-accel tcg,thread=multi -cpu "$cpu") ;;
*) die "ACCEL=$ACCEL: give kvm, icount or tcg" ;;
esac
# norandmaps puts programs and libraries at the same addresses each time. An emulated machine translates their code for the
# addresses that it is at: so it need not do that anew for each process, and starts them three times as fast. A sixth of the processor's time
# went into zeroes of pages that are written to anyway (init_on_alloc), which also hides it if something reads what it has not written; some more
# into indirect calls that no emulated processor speculates about (mitigations).
fast='norandmaps init_on_alloc=0 mitigations=off'
cmdline="console=$terminal quiet loglevel=4 log_buf_len=4M oops=panic panic=-1 $fast ps.mode=$mode ps.terminal=$terminal ps.ktap=$ktap $append"
qemu+=(-m "$mem" -smp "$smp" -display none "${nic[@]}" -no-reboot -kernel "$kernel" -initrd "$out/initrd" "${device[@]}")

# --- shell, demonstration ---

# Waits for the first line of the machine's init.
is_up() { until grep -qa 'is up after' "$out/terminal.log"; do sleep 0.2; done; }

if [ "$mode" != test ]; then
	[ ! -t 0 ] || cmdline+=$(stty size | awk '{ print " ps.rows=" $1 " ps.cols=" $2 }')" ps.term=${TERM:-linux}"
	: >"$out/terminal.log"
	export -f is_up
	out=$out "$top/scripts/progress" 'starting the machine' bash -c is_up & starting=$!
	status=0
	"${qemu[@]}" -chardev "stdio,id=terminal,mux=on,signal=off,logfile=$out/terminal.log" -serial chardev:terminal \
		-mon chardev=terminal -append "$cmdline" || status=$?
	kill $starting 2>/dev/null || true
	[ ! -t 0 ] || stty sane
	[ $status -le 1 ] || die "the machine ended with status $status"
	exit 0
fi

# --- tests ---

# Prints results as they come, how long each test took, and now and then that none have come; other lines of a test only
# around a failure, unless --verbose is set. Returns 1 when the machine has said nothing for $limit seconds.
show() {
	local line='' part='' got=0 told=() failing= silent=0 last='the machine starts'
	while true; do
		IFS= read -rt 8 part && got=0 || got=$?
		line+=$part
		if [ $got -gt 128 ]; then
			silent=$((silent + 8))
			[ $silent -lt "$limit" ] || return 1
			echo "... $((SECONDS - started)) s, nothing for $silent s, after: $last"
			continue
		fi
		[ $got = 0 ] || return 0
		silent=0
		printf '%s\n' "$line" >&"$results"
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
		'# '*' took '*' s') # how the test ended follows
			failing=
			printf '%s\n' "$line"
			;;
		*)
			if [ -n "$verbose$failing" ]; then printf '%s\n' "$line"; else told+=("$line"); fi
			;;
		esac
		[ -z "$line" ] || last=$line
		line=
	done
}

# where FILE: the functions that the kernel was in when it first complained, in the order of its log
where() {
	tr -d '\r' <"$1" | awk '/INFO: |WARNING: |BUG: |Oops: |Kernel panic/ { found = 1 }
		found && /\+0x[0-9a-f]+\/0x/ && !/ \? / { sub(/^\[[^]]*\] */, ""); sub(/\+0x.*/, ""); printf " %s", $NF; if (++n == 60) exit }'
}

[ ${#names[@]} = 0 ] || cmdline+=" ps.tests=$(IFS=,; echo "${names[*]}")"
started=$SECONDS
exec {results}>"$out/ktap.log" {machine}< <(exec "${qemu[@]}" "${monitor[@]}" -serial "file:$out/console.log" "${port[@]}" \
	-append "$cmdline" </dev/null 2>"$out/qemu.log")
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
stopped= status=0
show <&"$machine" || { stopped=1; kill $pid; }
wait $pid || status=$?
exec {results}>&-

if [ -n "$stopped" ] || ! grep -qa '^# END ' "$out/ktap.log"; then
	echo "--- the last of $out/console.log"
	tr -d '\r' <"$out/console.log" | grep -aE 'Kernel panic|BUG:|WARNING:|Oops:|INFO:|rcu:' | head -n 10 || true
	tr -d '\r' <"$out/console.log" | tail -n 40
	cat "$out/qemu.log"
	said="after: $(grep -aE '^(ok|not ok|# .* took) ' "$out/ktap.log" | tail -n 1 | tr -d '\r'); in:$(where "$out/console.log")"
	[ -z "$stopped" ] || die "stopped: nothing from it for $limit s (--timeout), $said"
	die "the machine died (status $status) before the tests came to an end, $said"
fi

read -r pass fail skip < <(sed -n 's/^# END pass=\([0-9]*\) fail=\([0-9]*\) skip=\([0-9]*\).*/\1 \2 \3/p' "$out/ktap.log")
# Programs that look at JSON are here.
if grep -qa '^# schema ' "$out/ktap.log" && wrong=$(tr -d '\r' <"$out/ktap.log" | sed -n 's/^# schema //p' | "$top/tests/schema" 2>&1); then
	echo "ok JSON is as its schemas: $wrong"
	pass=$((pass + 1))
elif [ -n "${wrong:-}" ]; then
	echo "not ok JSON is as its schemas"
	head -n 20 <<<"$wrong"
	fail=$((fail + 1))
fi
sed -n 's/\r$//; s/^# kernel /# Linux /p' "$out/ktap.log" | sed "s/\$/, all done in $((SECONDS - started)) s/"
echo "$pass passed, $fail failed$([ "$skip" = 0 ] || echo ", $skip skipped")"
exit $((fail > 0))
