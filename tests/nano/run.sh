#!/usr/bin/env bash
# Runs the tests of this folder on the real interpreter, where its tools are (README.md); else says that it skips.
# The last line reads "nano: N passed, N failed"; the exit code is not zero when a test failed or something broke.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here=$root/tests/nano
require_toolchain
mkdir -p "$out"
log=$out/run.log
: >"$log"
rc=0

# suite NAME SOURCES...: an NFUnitTest assembly in a folder of its own, run by the framework's launcher.
suite() {
    local name=$1
    shift
    mkdir -p "$out/$name"
    compile_program "$out/$name/NFUnitTest" lib -r "$out/NanoBoot.Bootloader.dll" -r "$out/NanoBoot.SpiNor.dll" "$@" || { rc=1; return; }
    echo "== $name"
    "$NANO_TOOLCHAIN/nanorun" "$NANO_TOOLCHAIN/ref/nanoFramework.UnitTestLauncher.pe" \
        "$out/NanoBoot.Bootloader.pe" "$out/NanoBoot.SpiNor.pe" "$out/$name/NFUnitTest.pe" 2>&1 | tee "$out/$name.log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "nano: the interpreter ended with an error in $name"; rc=1; }
    cat "$out/$name.log" >>"$log"
}

compile_stage1 && compile_drivers || exit 1
suite units "$here"/Shared/*.cs

# The whole boot: an application of two assemblies as .pe, signed by the author's tools, verified and run by stage 1. One of
# them is made without NanoBoot.Strip: it finds what an application uses all the same.
# shellcheck disable=SC2046
compile NanoBoot.Nano.Library lib "$here"/Library/*.cs &&
    "$NANO_TOOLCHAIN/nanope" "$out/NanoBoot.Nano.Application.pe" --lib -q $(references) -r "$out/NanoBoot.Bootloader.dll" \
        -r "$out/NanoBoot.Nano.Library.dll" "$here"/Application/*.cs &&
    cat "$out/NanoBoot.Nano.Library.pe" "$out/NanoBoot.Nano.Application.pe" >"$out/Application.bundle" &&
    "$NANO_TOOLCHAIN/nanope" "$out/NanoBoot.Nano.Unfit.pe" --lib -q $(references) -r "$out/NanoBoot.Bootloader.dll" "$here"/Unfit/*.cs &&
    dotnet run --project "$here/Vectors" -v q -- "$out/Application.bundle" "$out/NanoBoot.Nano.Unfit.pe" "$out/BootVectors.cs" &&
    suite boot "$here"/Boot/*.cs "$root/Resident/RecordWriter.cs" "$here/Shared/Bytes.cs" "$here/Shared/RamFlash.cs" "$out/BootVectors.cs" || rc=1

# The supervisor: an image that hangs, in a tight loop or in one that sleeps, is restarted by the thread of stage 1. The
# restart is the platform's, which ends the program with exit code 5.
supervised() {
    local name=$1 code
    mkdir -p "$out/$name"
    printf 'namespace NanoBoot.Nano.Tests { internal static class Hanging { public const long ImageId = BootVectors.%sImageId; public static byte[] Envelope { get { return BootVectors.%sEnvelope; } } } }\n' \
        "$name" "$name" >"$out/$name/Hanging.cs"
    compile_program "$out/$name/Supervised" exe -r "$out/NanoBoot.Bootloader.dll" "$here"/Supervisor/*.cs "$here/Boot/BootBench.cs" "$root/Resident/RecordWriter.cs" "$here/Shared/Bytes.cs" \
        "$here/Shared/RamFlash.cs" "$out/BootVectors.cs" "$out/$name/Hanging.cs" || { rc=1; return; }
    "$NANO_TOOLCHAIN/nanorun" -t 120 "$out/NanoBoot.Bootloader.pe" "$out/$name/Supervised.pe" >"$out/$name.log" 2>&1
    code=$?
    cat "$out/$name.log"

    # Started on trial, then event 10 with TrialTimeout (160), then the restart, and nothing after it but the end.
    if [ $code -eq 5 ] && grep -q '^NB;5;6;0;' "$out/$name.log" && grep -q '^NB;10;6;160;' "$out/$name.log" \
        && grep -q '^restart' "$out/$name.log" && ! grep -q returned "$out/$name.log"; then
        echo "Test passed,Supervisor_$name" | tee -a "$log"
    else
        echo "Test failed,Supervisor_$name, exit code $code" | tee -a "$log"
    fi
}
echo "== supervisor"
supervised Tight
supervised Cooperative

# The unit tests once more, as on a board whose firmware has no cryptography.
compile_stage1 managed && compile_drivers && suite managed "$here"/Shared/*.cs || rc=1

passed=$(grep -c 'Test passed' "$log") failed=$(grep -c 'Test failed' "$log")
[ "$passed" -gt 0 ] || rc=1
echo "nano: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && exit $rc
exit 1
