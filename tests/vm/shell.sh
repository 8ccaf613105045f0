#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# A shell in the virtual machine, with the network up and the module loaded. Options as for run.sh; Ctrl-A x quits.
set -eEuo pipefail
trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR
exec "$(dirname "$0")/run.sh" --shell "$@"
