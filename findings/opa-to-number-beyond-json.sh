#!/bin/sh
# Guess:    to_number gives undefined for a text that is not a number in JSON, as it does for "0x10", " 1" and "".
# Version:  OPA 1.22.0.
# Done:     to_number of texts that people write into tags and settings: "007", "+1", ".5", "1.", "1_000".
# Seen:     each is taken: is_number holds, comparing works, and to_number("1_000") + 1 is 1001. But the number itself keeps the text it was
#           made of, so that it can be calculated with and not be written: where it is part of a result, `opa eval` writes no result at all,
#           also none of the other rules of the query ("json: invalid number literal", exit code 2).
# Means:    a policy that passes its tests, which only compare, fails for the whole document on the first tag "007" that it reports as it
#           found it. Report `to_number(x) + 0`, or the text.
set -eu
cd "$(mktemp -d)"
trap 'chmod -R u+w "$PWD"; rm -rf "$PWD"' EXIT
GOBIN="$PWD" GOPATH="$PWD/go" GOCACHE="$PWD/cache" go install github.com/open-policy-agent/opa@v1.22.0

cat >policy.rego <<'EOF'
package finding

asked := ["007", "+1", ".5", "1.", "1_000"]

refused := [text | some text in ["0x10", " 1", ""]; to_number(text)]

taken := [text | some text in asked; is_number(to_number(text)); to_number(text) > 0]

sums := [sum | some text in asked; sum := to_number(text) + 1]

found := to_number(input.tag)

bystander := "said"
EOF
seen=$(./opa eval --format raw --data policy.rego '[data.finding.refused, data.finding.taken, data.finding.sums]')
echo "$seen"
[ "$seen" = '[[],["007","+1",".5","1.","1_000"],[8,2,1.5,2,1001]]' ]

for tag in 007 +1 .5 1. 1_000; do
	printf '{"tag": "%s"}' "$tag" >input.json
	code=0
	./opa eval --data policy.rego --input input.json '[data.finding.bystander, data.finding.found]' >out 2>err || code=$?
	echo "$tag: exit code $code, $(wc -c <out) bytes of result, $(cat err)"
	[ "$code" = 2 ] && grep -qF "invalid number literal \"$tag\"" err && ! grep -q said out
	./opa eval --format raw --data policy.rego --input input.json 'data.finding.bystander' | grep -qx said
done
