# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Functions of scripts that fetch from the archives which this machine uses; sourced:
#   set -eEuo pipefail; . archive.sh

trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR

die() { echo "${0##*/}: $*" >&2; exit 1; }

# archive_lines deb|deb-src [SUITE]: the machine's archives, as lines of a sources.list; with SUITE, only the main one
# under that name. $archs are the architectures, if not this machine's alone.
archive_lines() {
	local format='$(CREATED_BY) $(ORIGIN) $(SITE) $(RELEASE) $(COMPONENT)' kind=$1 suite=${2:-}
	local created origin site release component key options seen=
	apt-get indextargets --format "$format" | sort -u |
		while read -r created origin site release component; do
			[[ $created == Packages && $origin =~ ^(Debian|Ubuntu)$ ]] || continue
			if [ -n "$suite" ]; then
				[[ $release != *-* && -z $seen ]] || continue
				seen=1 release=$suite
			fi
			key=/usr/share/keyrings/${origin,,}-archive-keyring.gpg
			options=${archs:+arch=$archs }
			[ ! -e "$key" ] || options+="signed-by=$key"
			echo "$kind ${options:+[${options% }] }$site $release $component"
		done
}

# archive_open DIR deb|deb-src [SUITE]: fetches these archives' lists into DIR, which is empty; then "${apt[@]}" are the
# options with which apt-get and apt-cache know them and nothing else. Fails with apt's reasons in DIR/log.
archive_open() {
	local dir=$1 arch
	archive_lines "$2" "${3:-}" >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || { echo 'apt knows no Debian or Ubuntu archive; run apt-get update' >"$dir/log"; return 1; }
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/out"
	[ "$(id -u)" != 0 ] || chown -R _apt "$dir" 2>/dev/null || true # apt downloads as that user
	apt=(-qq -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$dir/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/cache" -o APT::Get::List-Cleanup=0)
	for arch in ${archs:+${archs//,/ }}; do apt+=(-o APT::Architectures::="$arch"); done
	apt-get "${apt[@]}" update >"$dir/log" 2>&1
}
