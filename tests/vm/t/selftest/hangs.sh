#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Does not end.
# timeout: 2
. /tests/lib.sh

sleep 1000
