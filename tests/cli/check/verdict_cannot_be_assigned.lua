-- SPDX-License-Identifier: MIT OR GPL-2.0-only
NF_DROP = 1
