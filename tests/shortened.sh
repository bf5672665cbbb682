#!/usr/bin/env bash
# Runs the tests of stage 1 on its code as a board gets it: compiled as for a release, and shortened (tools/NanoBoot.Strip).
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/tests/Bootloader/bin/Release/net10.0

# The next build puts the compiler's own in their place again.
rm -f "$folder"/NanoBoot.{Hal,Bootloader}.dll
dotnet build "$root/tests/Bootloader" -c Release -v q --nologo
dotnet run --project "$root/tools/NanoBoot.Strip" -c Release -v q -- --beside "$folder" NanoBoot.Hal NanoBoot.Bootloader
trap 'rm -f "$folder"/NanoBoot.{Hal,Bootloader}.dll' EXIT
dotnet test "$root/tests/Bootloader" -c Release --no-build
