#!/bin/sh
# Guess:    `some x in RULE with input as …` changes the input for that expression alone, as OPA's documentation of `with` says.
# Version:  regorus 0.14.1, beside OPA 1.22.0.
# Done:     a rule that reads `input` in the line behind such an expression, in both engines, with no input and with one of its own;
#           and the same with the result taken first (`all := RULE with input as …`, then `some x in all`).
# Seen:     OPA sees its own input, or none. regorus still sees the input of the line before, in the whole rest of the body, where the
#           expression is a `some … in …`; where it is an assignment it does not.
# Means:    a policy, or a test of one, that loops over what a rule says of another input and reads its own afterwards says something else
#           in each engine. Take the result first and loop over it then, or put the loop last.
set -eu
cd "$(mktemp -d)"
trap 'chmod -R u+w "$PWD"; rm -rf "$PWD"' EXIT
GOBIN="$PWD" GOPATH="$PWD/go" GOCACHE="$PWD/cache" go install github.com/open-policy-agent/opa@v1.22.0

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
regorus = { version = "=0.14.1", default-features = false, features = ["std"] }
TOML
cat >policy.rego <<'REGO'
package finding

found contains one if some one in input.list

looped contains input.list if {
	some one in found with input as {"list": [1]}
	one == 1
}

taken contains input.list if {
	all := found with input as {"list": [1]}
	some one in all
	one == 1
}
REGO
cat >src/main.rs <<'RUST'
fn main() {
    for input in ["{}", r#"{"list": ["own"]}"#] {
        for rule in ["looped", "taken"] {
            let mut engine = regorus::Engine::new();
            engine.add_policy_from_file("policy.rego").unwrap();
            engine.set_input(regorus::Value::from_json_str(input).unwrap());
            println!("{rule} of {input}: {}", engine.eval_rule(format!("data.finding.{rule}")).unwrap());
        }
    }
}
RUST
CARGO_TARGET_DIR="$PWD/target" cargo run --quiet | tr -d ' ' >seen.regorus
for input in '{}' '{"list": ["own"]}'; do
	for rule in looped taken; do
		printf '%s of %s: ' "$rule" "$input"
		printf '%s' "$input" | ./opa eval --format raw --stdin-input --data policy.rego "data.finding.$rule"
	done
done | tr -d ' ' >seen.opa
echo 'regorus:' && cat seen.regorus
echo 'OPA:' && cat seen.opa

cat >expected <<'SEEN'
loopedof{}:[[1]]
takenof{}:[]
loopedof{"list":["own"]}:[[1]]
takenof{"list":["own"]}:[["own"]]
SEEN
diff expected seen.regorus
cat >expected <<'SEEN'
loopedof{}:[]
takenof{}:[]
loopedof{"list":["own"]}:[["own"]]
takenof{"list":["own"]}:[["own"]]
SEEN
diff expected seen.opa
