# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What reports of measurements have in common.

# for awk: of a list of numbers in a text
median='
	function sorted(list, a,    n, i, j, x) {
		n = split(list, a, " ")
		for (i = 2; i <= n; i++) {
			x = a[i] + 0
			for (j = i - 1; j > 0 && a[j] + 0 > x; j--)
				a[j + 1] = a[j]
			a[j + 1] = x
		}
		return n
	}
	function median(list,    a, n) {
		n = sorted(list, a)
		return (a[int((n + 1) / 2)] + a[int((n + 2) / 2)]) / 2
	}
	function spread(list,    a, n) {
		n = sorted(list, a)
		return (a[n] - a[1]) / median(list)
	}'

ratio() { awk "BEGIN { printf \"%.4f\", $1 / $2 }"; }
at_least() { awk "BEGIN { exit !($1 >= $2) }"; }
at_most() { awk "BEGIN { exit !($1 <= $2) }"; }

missed=0 # whether a goal was
goal_rows=''

# goal TEXT RATIO WHERE LIMIT [at_most]
goal() {
	local verdict=PASS
	"${5:-at_least}" "$2" "$4" || { verdict=FAIL missed=1; }
	printf '%s  %s: %s, goal %s (%s)\n' "$verdict" "$1" "$2" "$4" "$3"
	goal_rows+="| $1 | $2 | $3 | $4 | $verdict |"$'\n'
}

# into_page PAGE FIGURES: puts them between the page's markers, if there is such a page
into_page() {
	[ -e "$1" ] || return 0
	awk -v figures="$2" '
		/^<!-- end of figures -->/ { skipping = 0 }
		!skipping { print }
		/^<!-- figures/ { skipping = 1; while ((getline line <figures) > 0) print line }' "$1" >"$1.tmp" && mv "$1.tmp" "$1"
}
