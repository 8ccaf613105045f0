#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Prints what a broken kernel would; all else is fine.
. /tests/lib.sh

echo 'WARNING: seeded by the self-test' >/dev/kmsg
