#!/usr/bin/env bash
# Counts the instructions that the way of an event takes, thing by thing, under callgrind.
#
#   count.sh           prints the table
#   count.sh --check   and fails when something takes over 5 % more than docs/performance/instructions.txt says
#   count.sh --write   renews that file
#
# Each thing is done N times and then 2 N times: the difference is N times the thing alone, without
# what it takes to start and to prepare. It takes about a minute, and a busy machine changes nothing.
set -euo pipefail
export LC_ALL=C

MAY_RISE=5 # percent

cd "$(dirname "$0")/../../../.."
committed=docs/performance/instructions.txt

mode=${1:-}
case $mode in
"" | --check | --write) ;;
*)
    echo "usage: $0 [--check | --write]" >&2
    exit 2
    ;;
esac
if ! command -v valgrind >/dev/null; then
    echo "valgrind is missing. On Debian: apt-get install valgrind" >&2
    exit 1
fi

if [ "$mode" = --check ] && [ ! -f "$committed" ]; then
    echo "There is no $committed to compare with: $0 --write makes it." >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
    cargo bench --locked --no-run -p tidings-api --features bench --bench instructions
}
if ! build 2>"$work/build"; then
    cat "$work/build" >&2
    exit 1
fi
program=$(sed -n 's/^ *Executable .*(\(.*\))$/\1/p' "$work/build")

# Instructions of a run.
run() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$work/run" || {
        cat "$work/run" >&2
        return 1
    }
    awk '/Collected :/ { print $NF }' "$work/run"
}

# What the figures depend on, beside the code.
made_by() {
    rustc -vV | awk '/^release:/ { release = $2 } /^host:/ { host = $2 } END { print "# rustc " release ", " host }'
    echo "# $(getconf GNU_LIBC_VERSION 2>/dev/null || echo "another libc"), $(valgrind --version)"
    # Functions of the C library, and AES, are chosen by what the processor can do.
    echo "# processor: $(grep -m1 '^flags' /proc/cpuinfo 2>/dev/null | tr ' ' '\n' |
        grep -xE 'aes|avx2|avx512f|erms|fsrm' | sort | paste -sd ' ')"
}

count() {
    "$program" | while IFS=$'\t' read -r name rounds items; do
        once=$(run "$name" "$rounds")
        twice=$(run "$name" "$((2 * rounds))")
        awk -v name="$name" -v all="$((twice - once))" -v by="$((rounds * items))" \
            'BEGIN { printf "%-46s %9.0f\n", name, all / by }'
    done | sort
}

{
    echo "# Instructions on the way of an event, by crates/api/benches/instructions/count.sh --write"
    made_by
    count
} >"$work/counted"

case $mode in
"") cat "$work/counted" ;;
--write)
    mkdir -p "$(dirname "$committed")"
    cp "$work/counted" "$committed"
    cat "$committed"
    ;;
--check)
    alike=1
    if ! diff <(grep '^#' "$committed") <(grep '^#' "$work/counted") >"$work/made_by"; then
        alike=0
    fi
    awk -v may_rise="$MAY_RISE" '
        /^#/ { next }
        { name = $0; sub(/ +[0-9]+$/, "", name) }
        NR == FNR { before[name] = $NF; next }
        !(name in before) { printf "%-46s %9d  is new\n", name, $NF; bad = 1; next }
        {
            change = 100 * ($NF - before[name]) / before[name]
            rose = change > may_rise
            bad = bad || rose
            printf "%-46s %9d  was %d, %+.1f %%%s\n", name, $NF, before[name], change, rose ? "  <-- ROSE" : ""
            delete before[name]
        }
        END {
            for (name in before) { printf "%-46s is not counted any more\n", name; bad = 1 }
            exit bad
        }' "$committed" "$work/counted" && exit 0
    if [ "$alike" = 0 ]; then
        echo "A warning and no failure: $committed was made by something else." >&2
        sed -n 's/^[<>] # /  &/p' "$work/made_by" >&2
        exit 0
    fi
    echo "If that has a good reason, say it in the commit, with a new $committed ($0 --write)." >&2
    exit 1
    ;;
esac
