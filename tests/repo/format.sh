#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every tracked C++ file is formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format --dry-run -Werror; then
  echo "next: clang-format -i the files named above" >&2
  exit 1
fi
