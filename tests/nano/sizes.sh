#!/usr/bin/env bash
# Prints the size of each device assembly as .pe, and what it consists of, beside the budget: stage 1 with each choice of
# public-key schemes. Fails over the budget.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
require_toolchain

# table FILE FIRST LAST: bytes between two entries of the header's table of offsets.
word() { od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '; }
report() {
    local file=$1 names=(refs typerefs fieldrefs methodrefs types fields methods attributes typespecs resources data strings signatures code) i text=
    for i in "${!names[@]}"; do
        local bytes=$(($(word "$file" $((40 + 4 * i))) * -1 + $(word "$file" $((44 + 4 * i)))))
        [ "$bytes" -gt 0 ] && text="$text ${names[i]} $bytes"
    done
    printf '%-26s %6d bytes:%s\n' "$(basename "$file")" "$(stat -c %s "$file")" "$text"
}

# stage1 SCHEMES BUDGET: stage 1 with the public-key schemes that a board may choose.
over=0
stage1() {
    NANO_SCHEMES=$1 compile_stage1 || exit 1
    report "$out/NanoBoot.Bootloader.pe"
    local bytes
    bytes=$(stat -c %s "$out/NanoBoot.Bootloader.pe")
    echo "stage 1 with $1: $bytes bytes, budget $2"
    [ "$bytes" -le "$2" ] || over=1
}

stage1 HssLms $((24 * 1024))
stage1 Es256 $((32 * 1024))
stage1 Both $((32 * 1024))
compile_drivers || exit 1
for name in SpiNor Files; do report "$out/NanoBoot.$name.pe"; done
if compile_stage2; then
    for name in Resident Stage2Updater; do report "$out/NanoBoot.$name.pe"; done
    bytes=$(stat -c %s "$out/NanoBoot.Stage2Updater.pe")
    echo "stage 2: $bytes bytes, budget $((32 * 1024))"
    [ "$bytes" -le $((32 * 1024)) ] || over=1
else
    echo "stage 2: not compiled"
    over=1
fi
exit $over
