# Shared by the scripts of this folder: finds the nanoFramework tools and compiles the device libraries to .pe files.
# NANO_TOOLCHAIN names a folder with two programs and the platform's assemblies (see README.md):
#   nanope OUT.pe [-r FILE.dll]... [--lib|--exe] SOURCE.cs...    C# 9 to .dll and .pe
#   nanomdp IN.dll OUT.pe [-r FILE.dll]...                           the metadata processor alone
#   nanorun FILE.pe...                                               runs them on the interpreter
#   ref/NAME.dll, ref/NAME.pe                                        mscorlib and what else is referenced

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${NANO_OUT:-$root/artifacts/nano}

# Says why nothing is done and ends, where the tools are not there.
require_toolchain() {
    if [ -z "${NANO_TOOLCHAIN:-}" ]; then
        echo "SKIPPED: NANO_TOOLCHAIN is not set; tests/nano/README.md says what it is."
        exit 0
    fi
    if [ ! -x "$NANO_TOOLCHAIN/nanope" ] || [ ! -x "$NANO_TOOLCHAIN/nanomdp" ] || [ ! -x "$NANO_TOOLCHAIN/nanorun" ]; then
        echo "SKIPPED: $NANO_TOOLCHAIN has no nanope, nanomdp and nanorun; tests/nano/README.md says what they are."
        exit 0
    fi
}

# absent: the files that Bootloader/Schemes.props leaves out for the schemes of $NANO_SCHEMES (Both, HssLms, Es256).
absent() {
    sed -n "s/.*== '${NANO_SCHEMES:-Both}'\">\(.*\)<.*/\1/p" "$root/Bootloader/Schemes.props" | tr ';' '\n' | sed 's/.*[\\]//'
}

# sources FOLDER [managed]: the files that the folder's nanoFramework project compiles, in the order in which it takes them:
# the metadata processor makes a few bytes more or less of another one.
sources() {
    local unwanted=.Managed.cs wanted=.Nano.cs file left_out name
    [ "${2:-}" = managed ] && unwanted=.Nano.cs wanted=.Managed.cs
    left_out=$(absent)
    # The patterns are compared with names here, and are no file names themselves.
    set -f
    find "$root/$1" -name '*.cs' -not -name '*.Desktop.cs' -not -path '*/bin/*' -not -path '*/obj/*' | LC_ALL=C sort -f |
        while read -r file; do
            for name in $left_out; do
                # shellcheck disable=SC2254
                case $(basename "$file") in $name) continue 2 ;; esac
            done
            case $file in
                *"$unwanted") [ -f "${file%"$unwanted"}$wanted" ] || echo "$file" ;;
                *) echo "$file" ;;
            esac
        done
    set +f
}

# references: every assembly of the platform, as $platform has them, or as the tools do.
references() {
    local file
    for file in "${platform:-$NANO_TOOLCHAIN/ref}"/*.dll; do
        case $(basename "$file") in
            mscorlib.dll | nanoFramework.UnitTestLauncher.dll) ;;
            *) printf -- '-r %s ' "$file" ;;
        esac
    done
}

# compile NAME KIND [-r FILE]... SOURCES...: $out/NAME.dll, as the compiler sees it, and $out/NAME.pe, as NanoStrip.targets
# makes it for a board.
compile() {
    local file=$out/$1
    shift
    make_pe "" "$file" "$@"
}

# compile_program FILE KIND [-r FILE]... SOURCES...: FILE.dll and FILE.pe of what runs beside such assemblies, its code as it is.
compile_program() { make_pe --keep-code "$@"; }

# make_pe OPTION FILE KIND [-r FILE]... SOURCES...: an assembly refers to others by the names that they have for a board, which
# their compiled form in $out/stripped has.
make_pe() {
    local option=$1 file=$2 kind=$3 tool=$root/tools/NanoBoot.Strip needs=() word=
    shift 3
    # shellcheck disable=SC2046
    "$NANO_TOOLCHAIN/nanope" "$file.pe" "--$kind" -q -v 0.1.0.0 $(references) "$@" || return 1
    [ -n "${stripper:-}" ] || { dotnet build "$tool" -c Release -v q --nologo >&2 || return 1; }
    stripper=$(echo "$tool"/bin/Release/net*/NanoBoot.Strip.dll)
    while [ $# -gt 0 ]; do
        if [ "$1" = -r ]; then
            word=$out/stripped/$(basename "$2")
            [ -f "$word" ] || word=$2
            needs+=(-r "$word")
            shift
        fi
        shift
    done
    # shellcheck disable=SC2207
    [ -z "${platform:-}" ] || needs+=($(references))
    mkdir -p "$out/stripped"
    # shellcheck disable=SC2086
    dotnet "$stripper" $option --names "$root/Bootloader/SharedNames.txt" "$file.dll" "$out/stripped/$(basename "$file").dll" &&
        "$NANO_TOOLCHAIN/nanomdp" "$out/stripped/$(basename "$file").dll" "$file.pe" "${needs[@]}"
}

# Stage 1: one assembly, as on a board, of Hal and Bootloader.
compile_stage1() {
    mkdir -p "$out"
    # shellcheck disable=SC2046
    compile NanoBoot.Bootloader lib $(sources Bootloader) $(sources Hal "${1:-}")
}

# The drivers of flash: a board has one of them, beside stage 1.
compile_drivers() {
    local folder
    for folder in SpiNor Files; do
        # shellcheck disable=SC2046
        compile "NanoBoot.$folder" lib -r "$out/NanoBoot.Bootloader.dll" $(sources "boards/$folder") || return 1
    done
}

# Stage 2, and what it needs that is resident. The tools need no reference assembly of System.Net for it: tests/NanoProfile
# makes one, and those that it refers to, of the lists of the platform's API. Enough to compile and convert against, not to run.
compile_stage2() {
    local platform=$root/artifacts/nano-references
    [ -d "$platform" ] ||
        dotnet test "$root/tests/NanoProfile" -v q --nologo --filter FullyQualifiedName~ReferenceAssemblyTests >&2 || return 1
    # shellcheck disable=SC2046
    compile NanoBoot.Resident lib -r "$out/NanoBoot.Bootloader.dll" $(sources Resident) &&
        compile NanoBoot.Stage2Updater lib -r "$out/NanoBoot.Bootloader.dll" -r "$out/NanoBoot.Resident.dll" $(sources Stage2Updater)
}
