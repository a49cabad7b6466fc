#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs exactly the packages of package-lock.json into a folder: install.sh FOLDER. The only step that needs the network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
if [ -d "$1/node_modules" ] && cmp -s "$here/package-lock.json" "$1/package-lock.json"; then exit 0; fi
rm -rf "$1/node_modules" "$1/package-lock.json"
cp "$here/package.json" "$1/"
cp "$here/package-lock.json" "$1/package-lock.json.new"
mv "$1/package-lock.json.new" "$1/package-lock.json"
cd "$1"
npm ci --ignore-scripts --no-audit --no-fund --silent || { rm -f package-lock.json; exit 1; }
