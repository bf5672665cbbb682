#!/usr/bin/env bash
# Prints the size of each device assembly as .pe, and what it consists of, beside the budget. Fails over the budget.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
require_toolchain
compile_stage1 && compile_stage2 || exit 1

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

budget=$((32 * 1024))
hal=$(stat -c %s "$out/NanoBoot.Hal.pe") bootloader=$(stat -c %s "$out/NanoBoot.Bootloader.pe") stage2=$(stat -c %s "$out/NanoBoot.Stage2Updater.pe")
for name in Hal Bootloader Stage2Updater; do report "$out/NanoBoot.$name.pe"; done
echo "stage 1: $((hal + bootloader)) bytes, budget $budget"
echo "stage 2: $stage2 bytes, budget $budget"
[ $((hal + bootloader)) -le $budget ] && [ "$stage2" -le $budget ]
