#!/usr/bin/env bash
# Fuzzes target after target, and ends with a table of what was tried.
#
#   FUZZ_SECONDS=60                    for each target
#   FUZZ_TARGETS="api_sse api_json"    these alone
#
# What is found on the way is kept in target/fuzz/corpus, so that the next run begins where this one ended. An input that
# breaks a promise is kept in target/fuzz/failures, and the run ends non-zero.
set -euo pipefail
export LC_ALL=C

CARGO_FUZZ_VERSION=0.13.2
# An input that takes longer, in seconds, or more memory, in MB, is a failure too.
SLOWEST=5
LARGEST=1024

cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-60}
known=$(basename -s .rs tests/fuzz/targets/*.rs)
targets=${FUZZ_TARGETS:-$known}
for target in $targets; do
    if [ ! -f "tests/fuzz/targets/$target.rs" ]; then
        echo "There is no target $target. There are:" $known >&2
        exit 2
    fi
done

if ! command -v c++ >/dev/null; then
    echo "A C++ compiler is missing. On Debian: apt-get install g++" >&2
    exit 1
fi
export PATH="$PWD/target/tools/bin:$PATH"
if [ "$(cargo-fuzz --version 2>/dev/null)" != "cargo-fuzz $CARGO_FUZZ_VERSION" ]; then
    cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --root target/tools
fi

# The versions that are built are those that are fuzzed. Without a sanitizer, as those need a nightly toolchain: there
# is no unsafe code of ours to watch, and every broken promise is a panic.
cp Cargo.lock tests/fuzz/Cargo.lock
build=(cargo fuzz build --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none)
if [ -z "${FUZZ_TARGETS:-}" ]; then
    "${build[@]}"
else
    for target in $targets; do "${build[@]}" "$target"; done
fi
programs=target/fuzz/$(rustc -vV | sed -n 's/^host: //p')/release

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rows="target inputs coverage kept failures"
failed=
for target in $targets; do
    corpus=target/fuzz/corpus/$target
    failures=target/fuzz/failures/$target
    mkdir -p "$corpus" "$failures"
    echo "$target, for $seconds seconds"
    status=0
    "$programs/$target" "$corpus" "tests/fuzz/corpus/$target" -dict=tests/fuzz/dictionary \
        -max_total_time="$seconds" -max_len=8192 -timeout="$SLOWEST" -rss_limit_mb="$LARGEST" \
        -artifact_prefix="$failures/" -print_final_stats=1 -verbosity=1 >"$work/log" 2>&1 || status=$?
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
    rows+=$'\n'"$target ${inputs:-?} ${coverage:-?} $(find "$corpus" -type f | wc -l) $((status == 0 ? 0 : 1))"
    if [ "$status" != 0 ]; then
        failed=yes
        grep -v '^#' "$work/log" | tail -n 40 >&2
        input=$(sed -n 's/.*Test unit written to //p' "$work/log" | tail -n 1)
        cat >&2 <<HELP
$target failed${input:+ with $input}. To see it again:
    $programs/$target ${input:-$failures/...}
To keep it, before it is mended, so that every \`make test\` tries it:
    cp ${input:-$failures/...} tests/fuzz/corpus/$target/WHAT-IT-SHOWS
HELP
    fi
done

echo
column -t <<<"$rows" 2>/dev/null || echo "$rows" # not every system has it
[ -z "$failed" ]
