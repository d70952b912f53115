#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# jet-managed.sh LIBESENT SOURCE...: compiles the C# program and runs it with the library that was built.
# Exit status 77, skipped, where Mono is not installed.
set -eu

library=$1
shift

if ! command -v mcs >/dev/null || ! command -v mono >/dev/null; then
    echo "jet-managed: Mono (mono-mcs, mono-runtime) is not installed"
    exit 77
fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT INT TERM
mcs -out:"$directory/JetTest.exe" "$@"
cat >"$directory/JetTest.exe.config" <<CONFIG
<configuration><dllmap dll="esent.dll" target="$library"/></configuration>
CONFIG
# Mono keeps its own files at home, shared ones in /tmp.
HOME=$directory MONO_DISABLE_SHARED_AREA=1 LANG=C.UTF-8 \
    mono "$directory/JetTest.exe" "$directory/тест.edb"
