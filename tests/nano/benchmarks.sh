#!/usr/bin/env bash
# Prints what cryptography costs on the interpreter, in units of a plain-loop SHA-256 of 64 KB, and the sizes of its classes.
# With the word managed: HMAC by the managed variant. With the word count, where nanorun can count the host's
# instructions (--count): each figure by instructions, which repeat within 1 %, instead of by time. With the word boot,
# counted in the same way and in the same unit: a whole boot that verifies an image of 64 KB.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
require_toolchain
here=$root/tests/nano/Benchmarks
mkdir -p "$out/benchmarks"
hmac=Nano count= boot=
for word in "$@"; do
    case $word in managed) hmac=Managed ;; count) count=1 ;; boot) boot=1 ;; esac
done
crypto=("$root"/Hal/Crypto/{Sha256,ConstantTime,Crc32,"HmacSha256.$hmac"}.cs "$root/Hal/ResultCode.cs")
signatures=("$root"/Bootloader/Cose/{EcdsaP256,EcdsaP256.Field,EcdsaP256.Point,EcdsaP256.Table,HssLms}.cs)

# What the verifiers take from stage 1 besides is constants; their own sources win over its types. One constant stands in a
# class that is not public.
compile_stage1 || exit 1
printf 'namespace NanoBoot.Bootloader.Cose { internal static class CoseVerifier { %s } }\n' \
    "$(grep -h 'const int Valid = ' "$root/Bootloader/Cose/CoseVerifier.cs")" >"$out/benchmarks/CoseVerifier.cs"
constants=(-r "$out/NanoBoot.Bootloader.dll" -nowarn:0436 "$out/benchmarks/CoseVerifier.cs")

# program NAME SOURCES...: compiles one program.
program() {
    local name=$1
    shift
    # shellcheck disable=SC2046
    "$NANO_TOOLCHAIN/nanope" "$out/benchmarks/$name.pe" --exe -q $(references) "${constants[@]}" "${crypto[@]}" "${signatures[@]}" "$@" || exit 1
}

# size NAME SOURCES...: the .pe of one part alone, less the 128 bytes of an empty one; references count with it.
size() {
    local name=$1
    shift
    # shellcheck disable=SC2046
    "$NANO_TOOLCHAIN/nanope" "$out/benchmarks/$name.pe" --lib -q $(references) "$@" || exit 1
    printf '%-14s %5d bytes of .pe\n' "$name" $(($(stat -c %s "$out/benchmarks/$name.pe") - 128))
}

# count LABEL-OF-THE-FILE: instructions of One.pe, which says whether its result is right.
count() {
    local instructions
    instructions=$("$NANO_TOOLCHAIN/nanorun" --count "$@" 2>&1 | tee "$out/benchmarks/One.log" | sed -n 's/^instructions: //p')
    grep -q right "$out/benchmarks/One.log" || { echo "wrong result: $out/benchmarks/One.log" >&2; exit 1; }
    echo "$instructions"
}

# one STATEMENTS: the entry point of a program that is counted.
one() {
    printf 'namespace NanoBoot.Nano.Benchmarks { public static class One { public static void Main() { %s; System.Console.WriteLine(%s ? "right" : "wrong"); } } }\n' \
        "$1" "$2" >"$out/benchmarks/One.cs"
}

# The image: the application of the whole-boot test, behind assemblies of constants that fill it up to 64 KB.
make_image() {
    local i bytes=14000 folder=$out/benchmarks
    compile NanoBoot.Nano.Application lib -r "$out/NanoBoot.Bootloader.dll" "$root"/tests/nano/Library/*.cs "$root"/tests/nano/Application/*.cs || exit 1
    : >"$folder/image.pe"
    for i in 0 1 2 3; do
        # The last one takes what is left, less what an assembly has around its constants.
        [ "$i" -eq 3 ] && bytes=$((65536 - $(stat -c %s "$folder/image.pe") - $(stat -c %s "$out/NanoBoot.Nano.Application.pe") - $(stat -c %s "$folder/Filler0.pe") + 14000))
        awk -v i="$i" -v n="$bytes" 'BEGIN { printf "namespace Filler%d { public static class Data { public static readonly byte[] Bytes = {", i; for (k = 0; k < n; k++) printf "%d,", (k * 7 + i) % 251; print "}; } }" }' >"$folder/Filler$i.cs"
        # shellcheck disable=SC2046
        "$NANO_TOOLCHAIN/nanope" "$folder/Filler$i.pe" --lib -q $(references) "$folder/Filler$i.cs" || exit 1
        cat "$folder/Filler$i.pe" >>"$folder/image.pe"
    done
    cat "$out/NanoBoot.Nano.Application.pe" >>"$folder/image.pe"
    dotnet run -c Release -v q --project "$root/tests/Benchmarks" -- boot-samples "$folder/image.pe" "$folder" NanoBoot.Nano.Application.Program || exit 1
}

if [ -n "$boot" ]; then
    make_image
    program_parts=() run_parts=()
    for i in 0 1 2 3; do
        # shellcheck disable=SC2046
        "$NANO_TOOLCHAIN/nanope" "$out/benchmarks/BootPart$i.pe" --lib -q $(references) "$out/benchmarks/BootPart$i.cs" || exit 1
        program_parts+=(-r "$out/benchmarks/BootPart$i.dll") run_parts+=("$out/benchmarks/BootPart$i.pe")
    done
    one 'byte[] message = new byte[65536]' true
    program One "$out/benchmarks/One.cs" "$here"/*.cs -main:NanoBoot.Nano.Benchmarks.One
    nothing=$(count "$out/benchmarks/One.pe") || exit 1
    one 'byte[] message = new byte[65536]' 'PlainSha256.Compute(message)[0] != 0'
    program One "$out/benchmarks/One.cs" "$here"/*.cs -main:NanoBoot.Nano.Benchmarks.One
    unit=$(($(count "$out/benchmarks/One.pe") - nothing)) || exit 1
    variants=("ES256, key with a table" "ES256, any key" "HSS/LMS H10 W2")
    # boot_program: One.pe, with all that boots.
    boot_program() {
        compile_program "$out/benchmarks/One" exe -r "$out/NanoBoot.Bootloader.dll" "${program_parts[@]}" \
            "$out"/benchmarks/{One,BootSamples}.cs "$root/Resident/RecordWriter.cs" "$root"/tests/nano/BootBenchmark/*.cs "$root"/tests/nano/Shared/{RamFlash,Bytes}.cs -main:NanoBoot.Nano.Benchmarks.One || exit 1
    }

    # Stage 1 that has the platform load nothing: what is before the loading.
    unloaded=$out/unloaded
    mkdir -p "$unloaded"
    # shellcheck disable=SC2046
    (out=$unloaded && compile NanoBoot.Bootloader lib $(sources Bootloader | grep -v '/Stage1\.Entry\.') "$root"/tests/nano/Unloaded/*.cs $(sources Hal)) || exit 1

    # boot VARIANT RESULT [FOLDER]: instructions of a program that prepares the device, and then does what gives the result;
    # with the stage 1 of a folder.
    boot() {
        one "BootProgram.Prepare($1)" "$2"
        boot_program
        count "${3:-$out}/NanoBoot.Bootloader.pe" "${run_parts[@]}" "$out/benchmarks/One.pe"
    }

    one 'BootProgram.Prepare(0); System.Console.WriteLine("heap of that boot beyond the image, ES256, key with a table: " + BootProgram.MeasureHeap(0).ToString() + " bytes")' true
    boot_program
    "$NANO_TOOLCHAIN/nanorun" "$unloaded/NanoBoot.Bootloader.pe" "${run_parts[@]}" "$out/benchmarks/One.pe" | grep '^heap' || exit 1
    for variant in 0 1 2; do
        prepared=$(boot $variant true) && verified=$(boot $variant "BootProgram.Run($variant)" "$unloaded") &&
            loaded=$(boot $variant "BootProgram.Run($variant)") || exit 1
        awk -v name="${variants[variant]}" -v verified=$((verified - prepared)) -v loaded=$((loaded - prepared)) -v unit="$unit" \
            'BEGIN { printf "boot of 64 KB, %s: %.4f to the loading, %.4f to the entry; %.1f and %.1f million instructions\n", name, verified / unit, loaded / unit, verified / 1e6, loaded / 1e6 }'
    done
    exit 0
fi

if [ -z "$count" ]; then
    program Benchmarks "$here"/*.cs
    "$NANO_TOOLCHAIN/nanorun" "$out/benchmarks/Benchmarks.pe" || exit 1
else
    names=(nothing "SHA-256 of 64 KB, plain loop" "SHA-256 of 64 KB" "HMAC-SHA256 of 64 KB" "ES256, key with a table"
        "ES256, any key" "HSS/LMS H10 W2" "HSS/LMS H10 W4" "CRC-32 of 512 bytes, 64 times")
    nothing=0 unit=0
    # ONLY names the rows that are measured, 0 and 1 among them; all, when it is absent.
    for i in ${ONLY:-${!names[@]}}; do
        printf 'namespace NanoBoot.Nano.Benchmarks { public static class One { public static void Main() { Program.Prepare(); System.Console.WriteLine(Program.Run(%d) ? "right" : "wrong"); } } }\n' \
            $((i - 1)) >"$out/benchmarks/One.cs"
        program One "$out/benchmarks/One.cs" "$here"/*.cs -main:NanoBoot.Nano.Benchmarks.One
        instructions=$("$NANO_TOOLCHAIN/nanorun" --count "$out/benchmarks/One.pe" 2>&1 | tee "$out/benchmarks/One.log" | sed -n 's/^instructions: //p')
        grep -q right "$out/benchmarks/One.log" || { echo "${names[i]}: wrong result"; exit 1; }
        case $i in
            0) nothing=$instructions ;;
            1) unit=$((instructions - nothing)) ;;
        esac
        [ "$i" -gt 0 ] && awk -v name="${names[i]}" -v n=$((instructions - nothing)) -v unit="$unit" \
            'BEGIN { printf "%s: %.4f, %.1f million instructions\n", name, n / unit, n / 1e6 }'
    done
fi

# The compression function of SHA-256 by itself, on words and from bytes, against a class of the same name without it.
{
    sed -e '/private readonly uint\[\] _state/,/Reads big-endian words/d' -e '/private void CompressBytes/,$d' "$root/Hal/Crypto/Sha256.cs"
    echo '}}'
} >"$out/benchmarks/Compression.cs"
echo 'namespace NanoBoot.Hal.Crypto { public sealed class Sha256 { } }' >"$out/benchmarks/Without.cs"
for name in Without Compression; do
    compile "$name" lib "$out/benchmarks/$name.cs" || exit 1
done
printf '%-14s %5d bytes of .pe, as a board has it (without private names)\n' compression \
    $(($(stat -c %s "$out/Compression.pe") - $(stat -c %s "$out/Without.pe")))

size Hal "${crypto[@]}"
size Sha256 "$root/Hal/Crypto/Sha256.cs"
size EcdsaP256 "${constants[@]}" "${signatures[@]:0:4}"
size HssLms "${constants[@]}" "${signatures[4]}"
