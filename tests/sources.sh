# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . tests/sources.sh: for tests that look at the project's files, in its folder

# sources [FOLDER…]: prints the names of the files below it, without what was fetched or built. git may be missing, or not know
# this tree: it may come from a tarball, or belong to another user.
sources() {
	find . '(' -path ./.git -o -path ./build -o -path ./lua/src -o -path ./lua/released -o -path './lua/*.tmp.*' ')' -prune -o \
		-type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' ! -name '.*.cmd' \
		! -name Module.symvers ! -name modules.order -print | sed 's|^\./||' | sort |
		grep -E "^($(IFS='|' && echo "${*/%//}"))"
}
