#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What scripts require, and their lists, as the command finds it:  tests/cli/modules.sh [PROGRAM]
set -uo pipefail
top=$(realpath "$(dirname "$0")/../..")
program=$(realpath "${1:-$top/build/user/packetscript}")
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir -p beside/folder shared elsewhere
export PACKETSCRIPT_MODULES=$work/shared
bytes "$(pcap 101) $(record "$udp") $(record "$tcp")" >two.pcap

# run SCRIPT [OPTION…]: what the command says of it
run() { "$program" run -q "$@" two.pcap 2>&1; }
# script TEXT…: beside/s.lua, in which the lines are
script() { printf '%s\n' "$@" >beside/s.lua; }
# module NAME TEXT…: beside/NAME.lua
module() { local name=$1; shift; printf '%s\n' "$@" >"beside/$name.lua"; }
# refuses TEXT WANTED LINE…: a script of these lines is refused with this message
refuses() {
	local text=$1 wanted=$2
	shift 2
	script "$@"
	is "$text" "packetscript: beside/s.lua:$wanted" "$(run beside/s.lua)"
}

printf '%s\n' 'print("loads", ...)' 'return { verdict = function(p) return NF_DROP end }' >beside/folder/part.lua
module whole 'local part = require "folder.part"' 'return { part = part, n = 1 }'
module nothing 'n = (n or 0) + 1'
module no 'return false'
printf '%s\n' 'return { n = 2 }' | tee shared/whole.lua >shared/common.lua
script 'local whole, again = require "whole", require("whole")' 'assert(whole == again and whole.n == 1)' \
	'assert(whole.part == require "folder.part")' 'assert(require "common".n == 2)' \
	'assert(require "nothing" == true and require [[nothing]] and n == 1)' 'assert(require "no" == false)' \
	'function process_packet(p) return whole.part.verdict(p) end' 'print(STATE_ID)'
is 'modules are beside the script, or in the folder of modules; each is loaded once' \
	"state 0: beside/folder/part.lua:1: loads	folder.part	beside/folder/part.lua
state 0: beside/s.lua:8: 0" "$(run beside/s.lua)"
contains 'what they give works on packets' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"
ln -s ../beside/s.lua elsewhere/link.lua
contains 'beside the script is where a link to it leads' '2 NF_DROP' "$("$program" run elsewhere/link.lua two.pcap 2>&1)"
contains 'from the folder of the script, too' '2 NF_DROP' "$(cd beside && "$program" run s.lua ../two.pcap 2>&1)"
printf '%s\n' 'local s = script("beside/s.lua")' 'test("modules", function()' \
	'  equal(s:process_packet(packet.udp{}), NF_DROP)' 'end)' >s_test.lua
holds 'tests load them' "$program" test s_test.lua
script 'local h = require "no"' 'function process_packet(p) return pcall(require, "no") and 7 or NF_ACCEPT end'
contains 'no handler can' '2 NF_ACCEPT' "$("$program" run beside/s.lua two.pcap 2>&1)"
script '' 'function process_packet(p)' '  return require("no")' 'end'
contains 'and hears what to do' "beside/s.lua:3: module 'no': require is for when the script is loaded: call it outside" "$("$program" run beside/s.lua two.pcap 2>&1)"
script 'function require(name) return NF_ACCEPT end' 'local v = require "nowhere"' 'function process_packet(p) return v end'
contains 'a script may have a function of that name' '2 NF_ACCEPT' "$("$program" run beside/s.lua two.pcap 2>&1)"

# what is wrong
refuses 'a module that is not there' "2: module 'x.y': not found: there is no beside/x/y.lua and no $work/shared/x/y.lua" '' 'require "x.y"'
for name in ../s /etc/passwd .x x. x..y '' 'a b' '~' ./no 'no\0' 'c:no' 'no/../no' "$(printf 'a%.0s' {1..64})"; do
	refuses "'$name' is no name" "1: module '$(printf '%.63s' "${name//\\0/?}")': a module's name has letters, digits, _ and -, with a dot between folders, and at most 63 bytes" \
		"require \"$name\""
done
refuses 'a name that is computed' "2: module 'no' was not read along with the script: write its name where it is asked for, as in require \"name\"" \
	'local n = "n" .. (STATE_ID == 0 and "o" or "")' 'require(n)'
module wrong '' 'x = = 1'
refuses 'a syntax error' "1: module 'wrong': beside/wrong.lua:2: unexpected symbol near '='" 'require "wrong"'
module outer 'require "wrong"'
refuses 'with the way to it' "2: module 'outer': beside/outer.lua:1: module 'wrong': beside/wrong.lua:2: unexpected symbol near '='" '' 'require "outer"'
module raises 'local t = nil' 't.x = 1'
module outer '' '' 'require "raises"'
refuses 'an error while it runs, too' \
	"1: module 'outer': beside/outer.lua:3: module 'raises': beside/raises.lua:2: attempt to index a nil value (local 't')" 'require "outer"'
module raises 'error(setmetatable({}, { __tostring = function() return "told" end }))'
refuses 'one that is no text' "1: module 'raises': beside/raises.lua:1: told" 'require "raises"'
module raises 'error({})'
refuses 'or cannot be told' "1: module 'raises': beside/raises.lua:1: the error is not a string but a table" 'require "raises"'
module raises '' 'while true do end'
refuses 'an endless loop' "1: module 'raises': beside/raises.lua:2: time limit exceeded" 'require "raises"'
module raises 'packet_udq = packet_uddp'
refuses 'a protocol that is none' "1: module 'raises': beside/raises.lua:1: there is no protocol 'packet_uddp'; did you mean 'packet_udp'?" 'require "raises"'
module raises 'local t = {} for i = 1, 1 << 30 do t[i] = i end'
script 'require "raises"'
contains 'more than the state may hold' "s.lua:1: module 'raises': beside/raises.lua:1: not enough memory: " "$(run beside/s.lua)"
module a 'require "b"'
module b '' 'require "c"'
module c 'require "a"'
refuses 'a circle' "1: module 'a': beside/a.lua:1: module 'b': beside/b.lua:2: module 'c': beside/c.lua:1: module 'a': requires itself in the end: move what both need into a third one" 'require "a"'
printf '\x1bLua' >beside/code.lua
refuses 'compiled code' "1: module 'code': beside/code.lua:1: attempt to load a binary chunk (mode is 't')" 'require "code"'
mkdir beside/is_folder.lua
mkfifo beside/is_pipe.lua
refuses 'a folder' "1: module 'is_folder': beside/is_folder.lua: is not a regular file" 'require "is_folder"'
refuses 'a pipe, without waiting for it' "1: module 'is_pipe': beside/is_pipe.lua: is not a regular file" 'require "is_pipe"'
: >beside/empty.lua
refuses 'an empty one' "1: module 'empty': beside/empty.lua: is empty" 'require "empty"'
head -c 262145 /dev/zero | tr '\0' ' ' >beside/big.lua
refuses 'one that is too big' "1: module 'big': beside/big.lua: File too large" 'require "big"'
script 'require "large1" require "large2" require "large3" require "large4" require "large5"'
for i in 1 2 3 4 5; do head -c 250000 /dev/zero | tr '\0' ' ' >beside/large$i.lua; done
contains 'several that are, together' "module 'large5': with it the script's modules are larger than 1048576 bytes" "$(run beside/s.lua)"
for i in {1..33}; do module many$i 'return 1'; done
script "$(printf 'require "many%d" ' {1..33})"
contains 'more than 32' "module 'many33': is one more than the 32 modules and lists that a script may have" "$(run beside/s.lua)"
for i in {1..5}; do module deep$i "require 'deep$((i + 1))'"; done
module deep4 'deep = ("deep"):rep(2)'
module deep2 'require "deep3"' 'deep = deep:gsub(".", string.upper)'
script 'require "deep1"' 'function process_packet(p) return deep == "DEEPDEEP" and NF_DROP end'
contains 'four in a row' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"
module deep4 'require "deep5"'
contains 'and not five' "more than 4 modules require each other in a row" "$(run beside/s.lua)"

# where a module is found does not depend on where one is that requires it
printf '%s\n' 'return require "whose"' >shared/asks.lua
echo 'return "shared"' >shared/whose.lua
module whose 'return "beside"'
script 'print(require "asks")' 'function process_packet(p) return 1 end'
contains 'beside the script first, also for modules' ': beside' "$(run beside/s.lua)"

# check
module uses 'local M = {}' 'function M.f(p) return math.sqrt(4) end' 'given = 1' 'return M'
script 'local uses = require "uses"' 'local ours = given' 'function process_packet(p) return uses.f(p) end'
is 'check looks at modules, and knows their globals' "beside/uses.lua:2: warning: 'math' has no 'sqrt': there are no floats; compare with the square [unknown-member]" \
	"$("$program" check -q beside/s.lua 2>&1)"
is 'at each once' 1 "$("$program" check -q beside/s.lua beside/s.lua | wc -l)"
is 'as an object of JSON' "beside/s.lua beside/uses.lua" \
	"$("$program" check -q --json beside/s.lua | sed 's/{"script":"\([^"]*\)".*/\1/' | paste -sd ' ')"
script '' 'local uses = require "uses_"'
is 'and tells what is wrong with them' "beside/s.lua:2: error: module 'uses_': not found: there is no beside/uses_.lua and no $work/shared/uses_.lua [require]" \
	"$("$program" check -q beside/s.lua 2>&1 | grep require)"
module has_handler 'function process_packet(p) return NF_DROP end'
script 'require "has_handler"'
is 'a handler may be in a module' '' "$("$program" check -q beside/s.lua 2>&1)"

# lists of sets
mkdir -p beside/lists
list() { local name=$1; shift; printf '%s\n' "$@" >"beside/$name"; }
list lists/a.txt '# of addresses' '' '192.0.2.0/24	# all' $'  2001:db8::/32 \r' '#' '198.51.100.7 - 198.51.100.9'
printf 'Example.com.\n\nexample.org' >shared/names
echo 'return set.file("lists/a.txt")' >beside/lists/has.lua
script 'local a = set.file("lists/a.txt")' 'local n, m = set.names_file [[names]], require "lists.has"' \
	'for x, is in pairs{ ["192.0.2.9"] = true, ["192.0.3.0"] = false, ["2001:db8::1"] = true, ["198.51.100.8"] = true, ["198.51.100.10"] = false } do' \
	'  assert(a:has(x) == is and m:has(x) == is)' 'end' \
	'assert(n:has("www.example.com") and n:has("EXAMPLE.org") and not n:has("example.net"))' \
	'function process_packet(p) return a:has("198.51.100.7") and NF_DROP end'
contains 'a list is beside the script, or in the folder of modules, also for modules' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"
holds 'tests load lists' "$program" test s_test.lua
holds 'check has nothing to say' "$program" check -W beside/s.lua
list lists/a.txt '# nothing'
contains 'one without entries makes an empty set' 's.lua:4: assertion failed!' "$(run beside/s.lua)"
list lists/wrong.txt '192.0.2.0/24' '# 1' '1.2.3.4/33'
refuses 'a line that is no entry' "2: list 'lists/wrong.txt': beside/lists/wrong.txt:3: '1.2.3.4/33' is no address, prefix or range (such as 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, 192.0.2.1-192.0.2.9)" \
	'' 'set.file("lists/wrong.txt")'
is 'check says so, too' "beside/s.lua:2: error: list 'lists/wrong.txt': beside/lists/wrong.txt:3: '1.2.3.4/33' is no address, prefix or range (such as 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, 192.0.2.1-192.0.2.9) [require]" \
	"$("$program" check -q beside/s.lua 2>&1 | grep require)"
list n 'a.b' $'c..\x1bd'"$(printf 'e%.0s' {1..40})"
contains 'of a set of names' "1: list 'n': beside/n:2: 'c..?d$(printf 'e%.0s' {1..35})' is no domain name" "$(echo 'set.names_file("n")' >beside/s.lua; run beside/s.lua)"
printf '1.2.3.4\n\0\n' >beside/n
refuses 'with a byte of 0' "1: list 'n': beside/n:2: '?' is no address, prefix or range (such as 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, 192.0.2.1-192.0.2.9)" 'set.file("n")'
refuses 'a list that is not there' "1: list 'x/y.z': not found: there is no beside/x/y.z and no $work/shared/x/y.z" 'if nil then set.file("x/y.z") end'
for name in ../s /etc/passwd .x a/.x a/../n a//n n/ '' 'a b' '~' ./n; do
	refuses "'$name' is no name of a list" "1: list '$name': a list's name has letters, digits, _, - and ., with a / between folders, none of which begins with a dot, and at most 63 bytes" \
		"set.file(\"$name\")"
done
: >beside/n
refuses 'an empty list' "1: list 'n': beside/n: is empty" 'set.file("n")'
refuses 'a name of a list that is computed' "1: list 'n' was not read along with the script: write its name where it is asked for, as in set.names_file(\"name\")" \
	'local s = set s.names_file("n")'
list n '::1'
script 'local s = set.file "n"' 'function process_packet(p)' '  return set.file("n"):has(1) and NF_DROP or NF_ACCEPT' 'end'
contains 'no handler can ask for a list' "s.lua:3: list 'n': set.file is for when the script is loaded: call it outside of functions" "$("$program" run beside/s.lua two.pcap 2>&1)"
is 'which check knows' "beside/s.lua:3: warning: set.file() raises when a packet comes: call it outside of functions, and keep what it gives in a local variable [require]" \
	"$("$program" check -q beside/s.lua 2>&1)"
script 'set = { file = function(name) return NF_DROP end }' 'local v = set.file("nowhere")' 'function process_packet(p) return v end'
contains 'a script may have a library of that name' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"
script "local t = {$(printf ' "c%d",' {1..300})}" 'local s, m = set.file("n"), require "nothing"' 'function process_packet(p) return s:has("::1") and NF_DROP end'
contains 'behind more constants than an instruction can name' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"
yes 2001:db8:: | head -n 1525201 >beside/large1
head -n 1 beside/large1 >beside/large2
refuses 'lists that are too large together' "1: list 'large2': with it the script's lists are larger than 16777216 bytes" 'set.file("large1") set.file("large2")'
head -n 1 beside/large1 >>beside/large1
refuses 'and one that is' "1: list 'large1': beside/large1: File too large" 'set.file("large1")'
for ((i = 0; i < 100000; i++)); do echo "$((i / 4096 % 64)).$((i / 64 % 64 * 4)).$((i % 64 * 4)).0/23"; done >beside/large1
script 'local s = set.file("large1")' 'function process_packet(p) return s:has("1.4.9.9") and not s:has("1.4.10.0") and NF_DROP end'
contains '100,000 prefixes fit into a state of 1 MiB' '2 NF_DROP' "$("$program" run beside/s.lua two.pcap 2>&1)"

tally
