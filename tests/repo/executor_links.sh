#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# executor_links.sh PROGRAM: the security boundary loads no gRPC and no protobuf, as ldd(1) tells.
set -eu
loaded=$(ldd "$1")
echo "$loaded" | grep -q libsodium || { echo "ldd does not show libsodium in $1: this is not the executor, or ldd failed"; exit 1; }
if echo "$loaded" | grep -iE 'grpc|protobuf|libgpr|libupb'; then
  echo "$1 loads them. next: take the dependency out of the modules that agent_executor_app lists in CMake"
  exit 1
fi
