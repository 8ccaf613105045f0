#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Takes the machine down.
. /tests/lib.sh

echo c >/proc/sysrq-trigger
