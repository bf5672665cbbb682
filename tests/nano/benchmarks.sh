#!/usr/bin/env bash
# Prints what cryptography costs on the interpreter, in units of a plain-loop SHA-256 of 64 KB, and the sizes of its classes.
# With the word managed: HMAC by the managed variant. With the word count, where nanorun can count the host's
# instructions (--count): each figure by instructions, which repeat within 1 %, instead of by time.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
require_toolchain
here=$root/tests/nano/Benchmarks
mkdir -p "$out/benchmarks"
hmac=Nano count=
for word in "$@"; do
    case $word in managed) hmac=Managed ;; count) count=1 ;; esac
done
crypto=("$root"/Hal/Crypto/{Sha256,ConstantTime,Crc32,"HmacSha256.$hmac"}.cs "$root/Hal/ResultCode.cs")
signatures=("$root"/Bootloader/Cose/{EcdsaP256,EcdsaP256.Field,EcdsaP256.Point,EcdsaP256.Table,HssLms}.cs)

# What the verifiers take from stage 1 besides is constants; their own sources win over its types.
compile_stage1 || exit 1
constants=(-r "$out/NanoBoot.Hal.dll" -r "$out/NanoBoot.Bootloader.dll" -nowarn:0436)

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

if [ -z "$count" ]; then
    program Benchmarks "$here"/*.cs
    "$NANO_TOOLCHAIN/nanorun" "$out/benchmarks/Benchmarks.pe" || exit 1
else
    names=(nothing "SHA-256 of 64 KB, plain loop" "SHA-256 of 64 KB" "HMAC-SHA256 of 64 KB" "ES256, key with a table"
        "ES256, any key" "HSS/LMS H10 W2" "HSS/LMS H10 W4" "CRC-32 of 512 bytes, 64 times")
    nothing=0 unit=0
    for i in "${!names[@]}"; do
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

size Hal "${crypto[@]}"
size Sha256 "$root/Hal/Crypto/Sha256.cs"
size EcdsaP256 "${constants[@]}" "${signatures[@]:0:4}"
size HssLms "${constants[@]}" "${signatures[4]}"
