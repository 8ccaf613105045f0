#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Takes away what setup.sh has made.
[ ! -r /run/dnsdoctor.pid ] || kill "$(cat /run/dnsdoctor.pid)"
rm -f /run/dnsdoctor.pid
ip netns delete dnsdoctor
ip link delete dnsdoctor0 2>/dev/null || true
