#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Says nothing, and may: it is for run.sh to lose its patience.
# timeout: 1000
. /tests/lib.sh

sleep 1000
