#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Has nothing to do here.
. /tests/lib.sh

skip 'as it should'
