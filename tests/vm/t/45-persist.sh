#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'attach --persist' writes down what 'restore' attaches, as when the machine starts: all that can be, and loudly what cannot.
. /tests/lib.sh

topology
conf=/etc/packetscript
pings() { inA ping -q -c 1 -W 60 10.0.0.9; }
no_ping() { ! inA ping -q -c 1 -W 0.2 10.0.0.9; }
hooks() { packetscript list --netns R | grep -c '^    hook' || true; }
# restore ARGUMENT…: sets status and said
restore() {
	status=0
	said=$(packetscript restore "$@" 2>&1) || status=$?
}

cat >'d nat.lua' <<'LUA'
-- 10.0.0.9 is 10.0.0.2
function there(ip)
  if ip.daddr == "10.0.0.9" then ip.daddr = "10.0.0.2" end
  return XT_CONTINUE
end
function back(ip)
  if ip.saddr == "10.0.0.2" then ip.saddr = "10.0.0.9" end
  return XT_CONTINUE
end
function frame(eth) return XT_CONTINUE end
LUA
printf 'function process_packet(ip)\n  return NF_DROP +\nend\n' >broken.lua
restore
check_eq 'where nothing was written down, nothing is restored' "$status $said" '0 '

packetscript attach 'd nat.lua' --netns R --hook prerouting -p dstnat -f there --persist &
packetscript attach 'd nat.lua' --netns R --hook postrouting -p srcnat+1 -f back --on-error accept --persist
wait $!
check_eq 'two at once write two lines, which can be read' "$(sort "$conf/d_nat.conf")" \
	"attach '$PWD/d nat.lua' --hook postrouting --priority srcnat+1 --function back --netns R --on-error accept
attach '$PWD/d nat.lua' --hook prerouting --priority dstnat --function there --netns R"
check_eq 'which only root can write to' "$(stat -c '%a %U' "$conf" "$conf/d_nat.conf" | xargs) $(find "$conf" | wc -l)" '755 root 644 root 2'
check_match 'attached again, with other options' \
	"$(packetscript attach 'd nat.lua' --netns R --hook prerouting -p -100 -f there --on-error accept --persist 2>&1 && echo done)" \
	$'^packetscript: [^\n]*d nat.lua: is attached already, with the options that it had: for others, detach it first\ndone$'
check_eq 'the line becomes another one' "$(wc -l <"$conf/d_nat.conf") $(grep -c -- '--priority -100 .* --on-error accept' "$conf/d_nat.conf")" '2 1'
check 'packets are translated' pings
check_eq 'detached, not for good' "$(packetscript detach 'd nat.lua' --netns R | wc -l)" 2
check 'then they are not' no_ping

# as when the machine starts, with lines that cannot be restored before those that can
check 'the module goes' wait_for unload
cat >"$conf/0.conf" <<END
# what is wrong here, in each line another thing

attach $PWD/nowhere.lua --hook input
attach $PWD/broken.lua --hook input --netns R
attach '$PWD/d nat.lua' --hook ingress --dev later0 --function frame --netns R
attach '$PWD/d nat.lua' --hook input --fnction back
END
restore
check_eq 'restore: what cannot be is told, each with its line' "$status"$'\n'"$said" "2
packetscript: $conf/0.conf:3: $PWD/nowhere.lua: No such file or directory
packetscript: $conf/0.conf:4: $PWD/broken.lua: not loaded: $PWD/broken.lua:3: unexpected symbol near 'end'
packetscript: $conf/0.conf:5: --dev later0: there is no such device in this network namespace
packetscript: $conf/0.conf:6: unrecognized option '--fnction'"
check 'the others are there' pings
restore "$conf/d_nat.conf"
check_eq 'once more: they are' "$status $said $(hooks)" '0  2'
generation() { packetscript list --netns R | sed -n 's/^state 0: .* generation \([0-9]*\),.*/\1/p'; }
before=$(generation)
echo 'function new(ip) return XT_CONTINUE end' >>'d nat.lua'
echo "attach '$PWD/d nat.lua' --hook forward --function new --netns R" >"$conf/a.conf"
restore --reload "$conf/a.conf" "$conf/d_nat.conf"
check_eq 'restore --reload: the script is loaded anew, once, and has a function that is attached then' \
	"$status $said $(hooks) $(($(generation) - before))" '0  3 1'
sed -i '$a broken' 'd nat.lua'
restore --reload "$conf/d_nat.conf"
check_match 'one that cannot be is told, with its line, and what was there goes on' "$status $(hooks) $(($(generation) - before)) $said" \
	"^1 3 1 packetscript: $conf/d_nat.conf:1: .*d nat.lua:[0-9]+: "
sed -i '$d' 'd nat.lua'
restore --detach "$conf/a.conf"
rm "$conf/a.conf"
chmod g+w "$conf/d_nat.conf"
restore --detach "$conf/d_nat.conf"
check_eq 'a file that others can write to is refused' "$status $said $(hooks)" \
	"2 packetscript: $conf/d_nat.conf: others can write to it, so it is not obeyed: chmod go-w 2"
chmod g-w "$conf/d_nat.conf"

# devices that come later
packetscript restore --wait 600 "$conf/0.conf" >later 2>&1 &
has_failed() { grep -q fnction later; }
check 'what does not wait is told at once' wait_for has_failed
ip -n R link add later0 type dummy
status=0
wait $! || status=$?
check_eq 'what waits is attached when its device comes' "$status $(wc -l <later) $(packetscript list --netns R | grep -c 'INGRESS of later0')" '2 3 1'

restore --detach
check_eq 'restore --detach: nothing is attached then' "$status $(hooks)" '2 0'
check 'the module can go' wait_for unload
check_match 'detach --persist: nothing needs to be attached' "$(packetscript detach 'd nat.lua' --netns R --persist --hook ingress 2>&1 >/dev/null | grep '^taken')" \
	"^taken out of $conf/0.conf: attach '$PWD/d nat.lua' --hook ingress --dev later0"
check_eq 'of one hook: the others stay' "$(cat "$conf"/*.conf | grep -c 'd nat.lua. --hook \(pre\|post\)routing\|later0')" 2
packetscript detach 'd nat.lua' --netns R --persist >/dev/null 2>&1
check_eq 'a file without lines goes' "$(ls -A "$conf")" 0.conf
check_fails 'then there is none' packetscript detach 'd nat.lua' --netns R --persist
