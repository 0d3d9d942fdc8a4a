#!/usr/bin/env bash
# What action.yml runs: one run of Witnessmark, the summary of its own bundle beside the job, page and SARIF for the steps after it, and
# the exit code of the run. It is a file of its own so that a test runs it as it is.
#
# It takes INPUT_* from action.yml. Outputs: `code`; `index`, where a bundle was sealed; `page` and `sarif`, paths of what was made of it.
set -euo pipefail
umask 077
: "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
# A folder of this run's own. A runner may keep its temporary folder: nothing that lies there is taken for today's.
files=$(mktemp -d "$RUNNER_TEMP/witnessmark.XXXXXXXX")

output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }
summary() { printf '%s\n' "$*" >>"$GITHUB_STEP_SUMMARY"; }
yes_or_no() {
	case ${!1} in
	true | false) ;;
	*)
		echo "\`${1#INPUT_}\` is true or false" >&2
		output code 2
		summary "Witnessmark: \`${1#INPUT_}\` is true or false; nothing was run."
		exit 2
		;;
	esac
}
for name in INPUT_ALLOW_REHEARSAL INPUT_PAGE INPUT_SARIF; do yes_or_no "$name"; done

# Where nothing is given, the program's own ways hold; an empty passphrase would be one.
[[ -n ${WITNESSMARK_PASSPHRASE:-} ]] || unset WITNESSMARK_PASSPHRASE
options=(--quiet "--declaration=$INPUT_DECLARATION" "--store=$INPUT_STORE" "--keys=$INPUT_KEYS" "--fail-on=$INPUT_FAIL_ON")
[[ -z $INPUT_PASSPHRASE_FILE ]] || options+=("--passphrase-file=$INPUT_PASSPHRASE_FILE")
[[ -z $INPUT_HEAD ]] || options+=("--head=$INPUT_HEAD")
[[ $INPUT_ALLOW_REHEARSAL == false ]] || options+=(--allow-rehearsal)
[[ -n $INPUT_TRUST ]] || INPUT_TRUST=$INPUT_KEYS/trust.json

# Whatever is printed from here on is text: the runner takes no line of it for a command until the same word comes again, and
# nobody who is read knows that word.
resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$resume"
trap 'printf "\n::%s::\n" "$resume"' EXIT

# A cancelled job sends its signals to this script alone, and kills everything ten seconds later. The program is told once: told
# twice, it would end with nothing sealed.
"$INPUT_PROGRAM" run "${options[@]}" >"$files/overview.txt" &
child=$!
trap 'trap "" INT TERM; kill -TERM "$child" 2>/dev/null || true' INT TERM
code=0
wait "$child" || code=$?
while kill -0 "$child" 2>/dev/null; do
	code=0
	wait "$child" || code=$?
done
cat "$files/overview.txt"
output code "$code"

# Which bundle is this run's: where it sealed none, the newest in the store is an older one.
index=$(sed -n 's/^Sealed as bundle \([0-9][0-9]*\) in .*; exit code [0-9]*\.$/\1/p' "$files/overview.txt")
if [[ ! $index =~ ^[0-9]+$ ]]; then
	summary "Witnessmark: exit code $code, and no bundle of this run. Conclude nothing; the log of the job says why."
	# Nothing to show is never a success.
	exit $((code == 0 ? 1 : code))
fi
output index "$index"

# Writes FILE in a form; says so and is not there, where it cannot be made.
failed=
report() {
	"$INPUT_PROGRAM" report --quiet "--store=$INPUT_STORE" "--bundle=$index" "--trust=$INPUT_TRUST" "--format=$1" "--out=$files/$2" && return
	failed+=" $1"
	rm -f "$files/$2"
	return 1
}
if report markdown summary.md; then cat "$files/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
summary ''
summary "Bundle $index, exit code $code."
if [[ $INPUT_PAGE == true ]] && report html witnessmark.html; then output page "$files/witnessmark.html"; fi
if [[ $INPUT_SARIF == true ]] && report sarif witnessmark.sarif; then output sarif "$files/witnessmark.sarif"; fi
if [[ -n $failed ]]; then
	summary "Not made of bundle $index:$failed. The log of the job says why."
	exit $((code == 0 ? 1 : code))
fi
exit "$code"
