#!/usr/bin/env bash
# Jobs that are really run, for the evaluation: commits of a project measured in pairs, one after the other, each as often
# as asked; what came of each is a line of a file.
#
#     evaluate-jobs.sh CONFIG BENCHMARK FILE [REVISION[=TIMES]...]
#
# In:  the configuration of a project and one of its benchmarks; LOADMARK, the binary (default target/release/loadmark).
#      CIRCUMSTANCE, a word for the machine's state that goes into the lines (default quiet).
# Out: FILE, CSV with a header; lines that are there count, so that it goes on where it was stopped. All of it as a table of
#      Markdown on stdout; without a revision this alone. The rounds of a job whose
#      commit is the baseline itself are added to the file ROUNDS, where that is set (recorded rounds for `make evaluate`).
#      The reports as JSON beside FILE, in a folder of its name without ending. The column "steal" is the share of the
#      processors' time that the host's other guests took meanwhile, in percent; empty where it was not kept.
# Takes some 5 to 15 minutes a job; a quiet machine is what makes it worth anything.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
config=$1 benchmark=$2 file=$3
shift 3
loadmark=${LOADMARK:-$(dirname "${BASH_SOURCE[0]}")/../target/release/loadmark}
circumstance=${CIRCUMSTANCE:-quiet}
reports=${file%.*}
say() { printf 'evaluate-jobs [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }

mkdir -p "$reports"
[ -s "$file" ] || echo "benchmark,commit,circumstance,verdict,primary,worse,better,undecided,pairs,minutes,steal" >"$file"

# The figures of a report, as the columns from the verdict on. Documents have a field a line.
figures() {
    awk -F '": ' '
        { gsub(/^[ \t"]+|[",]+$/, "", $1); value = $2; gsub(/[",]/, "", value) }
        $1 == "outcome" && outcome == "" { outcome = value }
        $1 == "elapsed_seconds" { minutes = value / 60 }
        $1 == "series" && /\[/ { inside = 1 }
        $1 == "pairs" && /\{/ { inside = 0; in_pairs = 1 }
        in_pairs && $1 == "valid" { pairs = value; in_pairs = 0 }
        inside && $1 == "verdict" { verdict = value }
        inside && $1 == "tier" { tier = value }
        inside && $1 == "primary" && value == "true" {
            primary++
            if (verdict == "regression" && tier != "warn") worse++
            if (verdict == "improvement") better++
            if (verdict == "inconclusive") undecided++
        }
        END { printf "%s,%d,%d,%d,%d,%d,%.1f\n", outcome, primary, worse, better, undecided, pairs, minutes }' "$1"
}

# Ticks of the processors so far: stolen ones, and all. The guests' own (fields 10 and 11) are in user and nice already.
ticks() { awk '$1 == "cpu" { for (i = 2; i <= 9; i++) all += $i; printf "%s %.0f\n", $9, all }' /proc/stat; }

# How many lines there are of this commit.
lines() {
    awk -F , -v benchmark="$benchmark" -v commit="$commit" -v circumstance="$circumstance" \
        '$1 == benchmark && $2 == commit && $3 == circumstance { lines++ } END { print lines + 0 }' "$file"
}

# The file as a table: a row for each commit and circumstance, in the order of their first jobs.
table() {
    echo "| commit | machine | jobs | of them alarmed | verdicts | pairs, median | minutes, median | steal, median |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
    tail -n +2 "$file" | awk -F , '
        function median(list, count, values, i, j, swap) {
            count = split(list, values, " ")
            for (i = 1; i <= count; i++)
                for (j = i + 1; j <= count; j++)
                    if (values[j] + 0 < values[i] + 0) { swap = values[i]; values[i] = values[j]; values[j] = swap }
            return (values[int((count + 1) / 2)] + values[int(count / 2) + 1]) / 2
        }
        {
            key = $1 " " $2 " | " $3
            if (!(key in jobs)) order[++keys] = key
            jobs[key]++
            if ($6 > 0) alarmed[key]++
            if (!((key, $4) in verdicts)) { kinds[key] = kinds[key] "," $4 }
            verdicts[key, $4]++
            pairs[key] = pairs[key] " " $9
            minutes[key] = minutes[key] " " $10
            if ($11 != "") steal[key] = steal[key] " " $11
        }
        END {
            for (i = 1; i <= keys; i++) {
                key = order[i]
                told = ""
                count = split(substr(kinds[key], 2), kind, ",")
                for (j = 1; j <= count; j++) told = told (j > 1 ? ", " : "") verdicts[key, kind[j]] " `" kind[j] "`"
                printf "| %s | %d | %d | %s | %g | %.1f | %s |\n", key, jobs[key], alarmed[key], told,
                    median(pairs[key]), median(minutes[key]), key in steal ? median(steal[key]) " %" : ""
            }
        }'
}

# Whether a report is of a commit with itself.
is_itself() {
    [ "$(sed -n 's/^  "\(base\|revision\)": "\([0-9a-f]*\)".*/\2/p' "$1" | sort -u | wc -l)" -eq 1 ]
}

for asked; do
    commit=${asked%=*} times=1
    [ "$asked" = "$commit" ] || times=${asked#*=}
    while there=$(lines); [ "$there" -lt "$times" ]; do
        report=$reports/$benchmark-$commit-$circumstance-$((there + 1)).json
        say "$commit of $benchmark, $((there + 1)) of $times"
        # 98 is a service that failed: a result as any other. All else has no report, and ends this.
        code=0
        read -r stolen all < <(ticks)
        "$loadmark" test "$commit" --config "$config" --benchmark "$benchmark" --compare paired \
            --format json --fail-on never >"$report.new" || code=$?
        [ "$code" -eq 0 ] || [ "$code" -eq 98 ] || { say "$commit ended with $code"; exit "$code"; }
        mv "$report.new" "$report"
        steal=$(ticks | awk -v stolen="$stolen" -v all="$all" '{ printf "%.1f", 100 * ($1 - stolen) / ($2 - all) }')
        echo "$benchmark,$commit,$circumstance,$(figures "$report"),$steal" >>"$file"
        tail -n 1 "$file" >&2
        if [ -n "${ROUNDS:-}" ] && is_itself "$report"; then
            run=$(sed -n '/"candidate": {/,/}/s/.*"id": "\([0-9a-f-]*\)".*/\1/p' "$report" | head -n 1)
            "$loadmark" evaluate gather --config "$config" --from "$run" --file "$ROUNDS" >&2 ||
                say "its rounds were not added to $ROUNDS"
        fi
    done
done
table
