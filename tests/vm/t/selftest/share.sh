#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Sees a folder that selftest.sh has made, and writes to it.
. /tests/lib.sh

check_match "the machine sees the host's folder" "$(cat /root/shared/file)" '^of the host, --'
sed 's/host/machine/' /root/shared/file >/root/shared/written
