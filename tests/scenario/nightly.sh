#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nightly.sh RUNNER [HOURS]: as many seeds as the hours allow, from one that no night had before; stops at the first
# that fails, and prints how to replay it.
set -eu
exec "$1" --seed "$(date +%s)000" --hours "${2:-6}"
