#!/usr/bin/env bash
# Prints what stage 2 holds of the heap at most, beside its own code, while it installs an application of 512 KB on the
# interpreter: buffers, manifest, objects and the interpreter's own stack. Fails above what docs/SPEC-update.md says, for
# blocks of 12 bytes (an interpreter of 32 bits, as on a board) or of 24. The network is in memory: what needs System.Net is
# left out.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
require_toolchain
here=$root/tests/nano
mkdir -p "$out/update"
without() { grep -v "/\($1\)\(\.[A-Za-z]*\)*\.cs$"; }

# compile puts its results into $out: here a folder of their own, beside the whole assemblies that others make.
out=$out/update
bootloader=(-r "$out/NanoBoot.Bootloader.dll")

# A session is started here without a boot: for that the constructor of what stage 1 hands over has to be public.
sed 's/internal BootContext(/public BootContext(/' "$root/Bootloader/Boot/BootContext.cs" >"$out/BootContext.cs"
# shellcheck disable=SC2046
compile NanoBoot.Bootloader lib $(sources Bootloader | grep -v '/BootContext\.cs$') $(sources Hal) "$out/BootContext.cs" || exit 1
# shellcheck disable=SC2046
compile NanoBoot.Resident lib "${bootloader[@]}" $(sources Resident | without 'ProbeSocket\|ReleaseProbe') &&
    compile NanoBoot.Stage2Updater lib "${bootloader[@]}" -r "$out/NanoBoot.Resident.dll" $(sources Stage2Updater | without 'SocketChannel\|Program') &&
    dotnet run --project "$here/Vectors" -v q -- update "$out/UpdateVectors.cs" &&
    compile_program "$out/UpdateMemory" exe "${bootloader[@]}" -r "$out/NanoBoot.Resident.dll" \
        -r "$out/NanoBoot.Stage2Updater.dll" "$here"/UpdateMemory/*.cs "$here/Shared/RamFlash.cs" "$out/UpdateVectors.cs" || exit 1
"$NANO_TOOLCHAIN/nanorun" -t 600 "$out"/NanoBoot.{Bootloader,Resident,Stage2Updater}.pe "$out/UpdateMemory.pe" | tee "$out/log"
grep -q '^installed' "$out/log" || exit 1
bytes=$(sed -n 's/^live heap.*: \([0-9]*\) bytes.*/\1/p' "$out/log")
limit=$((32 * 1024))
grep -q 'blocks of 24 bytes' "$out/log" && limit=$((45 * 1024))
[ "${bytes:-99999}" -le $limit ]
