//! Vectors of what records say: their spelling, their form, and what they say of each other. All are signed.

use model::RecordType as T;
use model::record::Override;
use model::{Digest, record};
use serde_json::{Value, json};
use verify::Class;

use super::gather::{Vectors, book};
use crate::sealed::{Story, tar};

fn sealed(change: impl FnOnce(&mut Story)) -> Vec<u8> {
    let mut story = Story::usual(2);
    change(&mut story);
    tar(&book(story).exported(2))
}

pub(super) fn add(vectors: &mut Vectors) {
    spellings(vectors);
    forms(vectors);
    collected(vectors);
    judged(vectors);
    recorded(vectors);
    let later = sealed(|story| story.change(T::Run, 0, |run| (run["assessment"], run["more"]) = (json!(2), json!(1))));
    vectors.bad("assessment", "judged by later rules", Class::Unsupported, Some(verify::Level::Position), later);
}

/// What a person's record must keep.
fn recorded(vectors: &mut Vectors) {
    let sealed = |change: &dyn Fn(&mut Story)| {
        let mut story = Story::recorded(2);
        change(&mut story);
        tar(&book(story).exported(2))
    };
    let mut bad = |rule, about, class, change: &dyn Fn(&mut Value)| {
        vectors.bad(rule, about, class, None, sealed(&|story| story.change(T::Recorded, 0, change)));
    };
    let (malformed, contradiction) = (Class::Malformed, Class::Contradiction);
    bad("recorded-about", "a record about one control twice", malformed, &|v| {
        v["about"] = json!([{"control": "AC-ROOM"}, {"control": "AC-ROOM"}]);
    });
    bad("recorded-done", "a task of a requirement", malformed, &|v| {
        v["about"] = json!([{"requirement": "ccss-9.0:1.01.1.1"}]);
    });
    bad("recorded-names", "attachments in another order", malformed, &|v| v["attachments"][0]["name"] = json!("z.pdf"));
    bad("recorded-day", "seen after it was signed", contradiction, &|v| v["on"] = json!("2026-11-24"));
    bad("recorded-files", "a declared file that is no attachment", contradiction, &|v| {
        v["attachments"][1].as_object_mut().unwrap().remove("declaration");
    });
    bad("recorded-same", "an attachment with another digest than its file", contradiction, &|v| {
        v["attachments"][1]["sha256"] = json!(Digest::of(b"another photograph"));
    });
}

fn spellings(vectors: &mut Vectors) {
    let mut bad = |rule, about, kind, from: &str, to: &str| {
        vectors.bad(rule, about, Class::Malformed, None, sealed(|story| story.respell(kind, 0, from, to)));
    };
    bad("line-salt", "a salt of 23 characters", T::Gap, "\",\"t\":\"gap\"", "B\",\"t\":\"gap\"");
    bad("line-type", "a type that there is not", T::Gap, "\"t\":\"gap\"", "\"t\":\"gaps\"");
    bad("json-space", "white space between tokens", T::Gap, ",\"detail\"", ", \"detail\"");
    bad("json-escape", "an escape that is not needed", T::Gap, "\"detail\":\"A", "\"detail\":\"\\u0041");
    bad(
        "json-twice",
        "a duplicate name in facts",
        T::Resource,
        "\"enabled\":true",
        "\"enabled\":true,\"\\u0065nabled\":true",
    );
    bad(
        "json-surrogate",
        "half a surrogate pair in parameters",
        T::Params,
        "\"parameters\":{}",
        "\"parameters\":{\"a\":\"\\ud800\"}",
    );
    let deep = format!("\"parameters\":{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
    bad("json-depth", "65 open arrays and objects", T::Params, "\"parameters\":{}", &deep);
    bad(
        "member-order",
        "members in another order",
        T::Gap,
        "\"target\":\"aws-prod\",\"collector\":\"aws-kms\"",
        "\"collector\":\"aws-kms\",\"target\":\"aws-prod\"",
    );
    bad("member-known", "a member that there is not", T::Gap, "\"reason\":", "\"more\":1,\"reason\":");
    bad(
        "member-null",
        "a member without a value",
        T::Coverage,
        "\"complete\":true,\"total\"",
        "\"complete\":true,\"repeated\":null,\"total\"",
    );
    bad("member-type", "a number in place of a text", T::Gap, "\"detail\":\"AccessDeniedException\"", "\"detail\":1");
    bad("number-whole", "a number with a fraction", T::Coverage, "\"items\":2", "\"items\":2.0");
    bad(
        "time-form",
        "a time without milliseconds",
        T::Exchange,
        "\"started\":\"2026-11-23T10:06:51.120Z\"",
        "\"started\":\"2026-11-23T10:06:51Z\"",
    );
    bad("digest-form", "a digest in upper case", T::Check, "\"sha256\":\"", "\"sha256\":\"A");
    bad("reference-form", "an ordinal with a leading zero", T::Body, "exchange:0", "exchange:00");
    bad("closed-list", "a reason that there is not", T::Gap, "\"denied\"", "\"unwilling\"");
    bad("status-bits", "a status of 17 bits", T::Exchange, "\"status\":200", "\"status\":65536");
    let slow = "\"status\":200,\"failure\":\"slow\"";
    bad("failure-list", "a failure that there is not", T::Exchange, "\"status\":200", slow);
    let both = "\"path\":\"/Keys/0\",\"line\":1}";
    bad("locator-form", "a locator of both forms", T::Resource, "\"path\":\"/Keys/0\"}", both);
    let february = "\"approved\":\"2026-02-30\"";
    bad("date-form", "the 30th of February", T::Acceptance, "\"approved\":\"2020-01-01\"", february);
    bad(
        "acceptance-line",
        "an acceptance of more than 16,384 bytes",
        T::Acceptance,
        "\"reason\":\"",
        &format!("\"reason\":\"{}", "x".repeat(16_384)),
    );
}

fn forms(vectors: &mut Vectors) {
    let mut bad = |rule, about, kind, ordinal, change: &dyn Fn(&mut Value)| {
        vectors.bad(rule, about, Class::Malformed, None, sealed(|story| story.change(kind, ordinal, change)));
    };
    bad("number-limit", "a number of 2^53", T::Coverage, 0, &|v| v["items"] = json!(1_u64 << 53));
    bad("attempt-from-1", "attempt 0", T::Exchange, 0, &|v| v["attempt"] = json!(0));
    bad("endpoint-form", "an endpoint in upper case", T::Exchange, 0, &|v| {
        v["endpoint"] = json!("HTTPS://kms.eu-west-1.amazonaws.com");
    });
    bad("endpoint-port", "an endpoint with the scheme's own port", T::Exchange, 0, &|v| {
        v["endpoint"] = json!("https://kms.eu-west-1.amazonaws.com:443");
    });
    bad("peer-tls", "a peer without TLS", T::Exchange, 3, &|v| v["endpoint"] = json!("http://169.254.169.254"));
    bad("parameters-object", "parameters that are a list", T::Params, 0, &|v| v["parameters"] = json!([]));
    bad("body-either", "a body that is kept and withheld", T::Body, 0, &|v| v["withheld"] = json!("suspected-secret"));
    bad("masked-kept", "masked texts of a body that is not kept", T::Body, 3, &|v| {
        v["masked"] = json!([{"at": 0, "length": 1}]);
    });
    bad("masked-order", "masked texts that touch", T::Body, 0, &|v| {
        v["masked"] = json!([{"at": 0, "length": 2}, {"at": 2, "length": 1}]);
    });
    bad("masked-length", "a masked text of no byte", T::Body, 0, &|v| v["masked"] = json!([{"at": 1, "length": 0}]));
    bad("masked-inside", "a masked text that ends after its body", T::Body, 0, &|v| {
        v["masked"] = json!([{"at": 1, "length": v["size"]}]);
    });
    bad("coverage-repeated", "more repetitions than items", T::Coverage, 0, &|v| v["repeated"] = json!(3));
    bad("facts-object", "facts that are a list", T::Derived, 0, &|v| v["facts"] = json!([]));
    bad("facts-parts", "a fact without a locator", T::Resource, 1, &|v| v["facts"]["name"] = json!("x"));
    bad("part-located", "a part with no locator in its list", T::Resource, 1, &|v| v["parts"]["id"] = json!([]));
    bad("parts-limit", "1,025 parts", T::Resource, 1, &|v| {
        for n in 0..1024 {
            v["parts"][format!("p{n}")] = v["parts"]["id"].clone();
            v["facts"][format!("p{n}")] = json!(n);
        }
    });
    bad("locator-json", "a pointer that is none", T::Resource, 1, &|v| v["parts"]["id"][0]["path"] = json!("Keys/0"));
    bad("locator-xml", "element number 0", T::Resource, 1, &|v| {
        (v["parts"]["id"][0]["syntax"], v["parts"]["id"][0]["path"]) = (json!("xml"), json!("/R/member[0]"));
    });
    bad("locator-csv", "a column of a row", T::Resource, 1, &|v| {
        (v["parts"]["id"][0]["syntax"], v["parts"]["id"][0]["path"]) = (json!("csv"), json!("/6/user"));
    });
    bad("locator-inner", "an inner place without decoding", T::Resource, 1, &|v| {
        v["parts"]["id"][0]["inner"] = json!(["json", "/a"]);
    });
    bad("locator-line", "line 0 of a declared file", T::Resource, 1, &|v| {
        v["parts"]["id"][0] = json!({"declaration": "declaration:0", "line": 0, "column": 1});
    });
    bad("inputs-order", "inputs in another order", T::Derived, 0, &|v| {
        v["inputs"] = json!(["resource:1", "resource:0"]);
    });
    bad("evidence-path", "evidence whose path is no pointer", T::Finding, 0, &|v| {
        v["evidence"][0]["path"] = json!("/a~2");
    });
    bad("every-seconds", "observed every 2^53 seconds", T::Control, 0, &|v| {
        v["observe"]["every_seconds"] = json!(1_u64 << 53);
    });
    bad("chain-length", "a peer without certificates", T::Peer, 0, &|v| v["certificates"] = json!([]));
    bad("certificate-size", "a certificate of 65,537 bytes", T::Peer, 0, &|v| {
        v["certificates"] = json!([record::Certificate(vec![7; 65_537])]);
    });
    bad("route-endpoints", "endpoints in another order", T::Route, 0, &|v| {
        v["endpoints"] = json!(["https://b", "https://a"]);
    });
    bad("route-authorities", "an authority twice", T::Route, 0, &|v| {
        v["authorities"] = json!([Digest::of(b"a"), Digest::of(b"a")]);
    });
    bad("route-pinned", "a pinned authority twice", T::Route, 0, &|v| {
        v["pinned"] = json!([Digest::of(b"a"), Digest::of(b"a")]);
    });
    bad("route-rehearsal", "endpoints of a rehearsal in another order", T::Route, 0, &|v| {
        v["rehearsal"] = json!([
            {"endpoint": "http://b", "because": "plain-http"}, {"endpoint": "http://a", "because": "plain-http"},
        ]);
    });
    bad("route-proxies", "a proxy with credentials", T::Route, 0, &|v| {
        v["proxies"] = json!(["http://user@proxy.example:3128"]);
    });
}

fn collected(vectors: &mut Vectors) {
    let mut bad = |rule, about, change: &dyn Fn(&mut Story)| {
        vectors.bad(rule, about, Class::Contradiction, None, sealed(change));
    };
    bad("segment-type", "a record among those of another type", &|s| {
        let at = s.records.iter().position(|(kind, _)| *kind == T::Gap).unwrap();
        let gap = s.records[at].1.to_string();
        let written = serde_json::to_string(&serde_json::from_str::<record::Gap>(&gap).unwrap()).unwrap();
        let gap = written.trim_start_matches('{');
        let coverage = "\"t\":\"coverage\",\"target\":\"aws-prod\",\"collector\":\"aws-kms\",\"population\":\"z\",\"calls\":0,\"pages\":0,\"items\":0,\"complete\":false}";
        s.respell(T::Gap, 0, &format!("\"t\":\"gap\",{gap}"), coverage);
    });
    bad("run-same", "the run has another id than the statement", &|s| {
        s.change(T::Run, 0, |v| v["id"] = json!("other"));
    });
    bad("run-clock", "a set clock without the override", &|s| s.change(T::Run, 0, |v| v["clock"] = json!("set")));
    bad("run-failure", "a failure of a run that did not fail", &|s| {
        s.change(T::Run, 0, |v| v["failure"] = json!("why"));
    });
    bad("run-complete", "a complete run with a gap", &|s| {
        s.metadata.status = record::RunStatus::Complete;
        s.change(T::Run, 0, |v| v["status"] = json!("complete"));
    });
    bad("raw-numbers", "raw files that do not count up", &|s| s.change(T::Declaration, 0, |v| v["raw"] = json!(5)));
    bad("check-digest", "another text than its digest", &|s| {
        s.change(T::Check, 0, |v| v["text"] = json!("package other"));
    });
    bad("check-order", "a check that is there twice", &|s| {
        let check = s.records.iter().find(|(kind, _)| *kind == T::Check).unwrap().1.clone();
        s.insert(T::Check, 0, check);
    });
    bad("route-order", "a route that is there twice", &|s| {
        s.insert(T::Route, 0, json!({"target": "aws-prod", "collector": "aws-kms"}));
    });
    bad("route-there", "an exchange without a route", &|s| {
        s.change(T::Route, 0, |v| v["collector"] = json!("aws-iam"));
    });
    bad("peer-digest", "certificates with another digest", &|s| {
        s.change(T::Peer, 0, |v| v["sha256"] = json!(Digest::of(b"other")));
    });
    bad("peer-order", "a peer that is there twice", &|s| {
        let peer = s.records.iter().find(|(kind, _)| *kind == T::Peer).unwrap().1.clone();
        s.insert(T::Peer, 0, peer);
    });
    bad("reference", "a peer that there is not", &|s| s.change(T::Exchange, 0, |v| v["peer"] = json!("peer:1")));
    bad("exchange-time", "an exchange before the run", &|s| {
        s.change(T::Exchange, 0, |v| v["started"] = json!("2026-11-20T00:00:00.000Z"));
    });
    bad("exchange-order", "an exchange of an earlier population", &|s| {
        s.change(T::Exchange, 3, |v| v["population"] = json!("aws-kms/alias"));
    });
    bad("params-order", "two params of an exchange", &|s| {
        s.change(T::Params, 1, |v| v["exchange"] = json!("exchange:0"));
    });
    bad("body-order", "bodies in another order", &|s| s.change(T::Body, 1, |v| v["exchange"] = json!("exchange:0")));
    bad("plain-http", "an answer over plain HTTP", &|s| {
        s.change(T::Exchange, 0, |v| {
            v["endpoint"] = json!("http://kms.eu-west-1.amazonaws.com");
            v.as_object_mut().unwrap().remove("peer");
        });
    });
    bad("no-certificates", "an answer of a server whose certificates are not there", &|s| {
        s.change(T::Exchange, 0, |v| {
            v.as_object_mut().unwrap().remove("peer");
        });
    });
    bad("this-machine", "an answer from this machine, of which no authority is pinned", &|s| {
        s.change(T::Exchange, 0, |v| v["endpoint"] = json!("https://[::ffff:127.0.0.1]:6443"));
    });
    bad("rehearsal-said", "a route that is a rehearsal in what calls itself evidence", &|s| {
        s.change(T::Route, 0, |v| v["rehearsal"] = json!([{"endpoint": "http://a", "because": "plain-http"}]));
    });
    bad("rehearsal-part", "a rehearsal in part, and no route says which", &|s| {
        *s = s.clone().rehearsed(&[Override::Target]);
    });
    bad("coverage-order", "a population that is there twice", &|s| {
        s.change(T::Coverage, 1, |v| v["population"] = json!("aws-kms/key@eu-west-1"));
    });
    bad("coverage-count", "more items than resources", &|s| s.change(T::Coverage, 0, |v| v["items"] = json!(3)));
    bad("coverage-whole", "a complete list beside its truncation", &|s| {
        s.change(T::Gap, 0, |v| {
            v["reason"] = json!("truncated");
            v.as_object_mut().unwrap().retain(|name, _| name != "subject" && name != "part");
        });
    });
    bad("coverage-there", "a resource of a population that nobody listed", &|s| {
        s.change(T::Derived, 0, |v| v["population"] = json!("aws-kms/other"));
    });
    bad("gap-order", "gaps in another order", &|s| {
        let mut gap = s.records.iter().find(|(kind, _)| *kind == T::Gap).unwrap().1.clone();
        gap["part"] = json!("zone");
        s.insert(T::Gap, 0, gap);
        s.metadata.summary.gaps += 1;
    });
    bad("resource-order", "resources in another order", &|s| s.swap(T::Resource, 0, 1));
    bad("derived-order", "a derived object that is there twice", &|s| {
        let derived = s.records.iter().find(|(kind, _)| *kind == T::Derived).unwrap().1.clone();
        s.insert(T::Derived, 0, derived);
        s.change(T::Coverage, 1, |v| v["items"] = json!(2));
    });
    bad("part-unread", "a part that a gap calls unread", &|s| {
        s.change(T::Resource, 1, |v| {
            v["parts"]["rotation"] = v["parts"]["id"].clone();
            v["facts"]["rotation"] = json!(true);
        });
    });
    // The last exchange is another collector's.
    let other = |s: &mut Story| {
        s.change(T::Exchange, 3, |v| v["collector"] = json!("aws-s3"));
        s.insert(T::Route, 1, json!({"target": "aws-prod", "collector": "aws-s3"}));
    };
    bad("locator-own", "a fact out of another collector's answer", &|s| {
        other(s);
        s.change(T::Resource, 1, |v| v["parts"]["id"][0]["exchange"] = json!("exchange:3"));
    });
    bad("gap-exchange", "a gap of another collector's exchange", &|s| {
        other(s);
        s.change(T::Gap, 0, |v| v["exchange"] = json!("exchange:3"));
    });
    bad("locator-failed", "a fact of an exchange that failed", &|s| {
        s.change(T::Exchange, 0, |v| v["failure"] = json!("cut"));
    });
    bad("masked-gap", "a masked text that no gap names", &|s| {
        masked(s);
        s.change(T::Gap, 0, |v| v["reason"] = json!("denied"));
    });
    bad("masked-filler", "a masked text that is shown", &|s| {
        masked(s);
        s.change(T::Body, 0, |v| v["masked"][0]["length"] = json!(6));
    });
    bad("derived-inputs", "a derived object made of itself", &|s| {
        s.change(T::Derived, 0, |v| v["inputs"] = json!(["derived:0"]));
    });
}

/// Masks a text of the first answer, and names it by a gap.
pub(super) fn masked(story: &mut Story) {
    let answer = br#"{"Keys":[{"KeyId":"k-1"},{"KeyId":"k-2"}],"Note":"*****"}"#;
    let at = answer.len() - 7;
    story.raw.insert(1, answer.to_vec());
    story.change(T::Body, 0, |v| {
        (v["size"], v["sha256"]) = (json!(answer.len()), json!(Digest::of(answer)));
        v["masked"] = json!([{"at": at, "length": 5}]);
    });
    let mut gap = story.records.iter().find(|(kind, _)| *kind == T::Gap).unwrap().1.clone();
    (gap["reason"], gap["part"], gap["exchange"]) = (json!("withheld-secret"), json!("/Note"), json!("exchange:0"));
    gap.as_object_mut().unwrap().remove("acceptance");
    gap["detail"] = json!("a text at `/Note` of the answer is masked: it seems to hold a secret");
    story.insert(T::Gap, 0, gap);
    story.metadata.summary.gaps += 1;
}

fn judged(vectors: &mut Vectors) {
    let approver = sign::Ed25519Signer::from_seed(&[71; 32]);
    let mut bad = |rule, about, change: &dyn Fn(&mut Story)| {
        vectors.bad(rule, about, Class::Contradiction, None, sealed(change));
    };
    bad("acceptance-order", "an acceptance that is there twice", &|s| {
        let one = s.records.iter().find(|(kind, _)| *kind == T::Acceptance).unwrap().1.clone();
        s.insert(T::Acceptance, 0, one);
    });
    bad("acceptance-day", "an acceptance that has expired", &|s| {
        s.change(T::Acceptance, 0, |v| v["expires"] = json!("2026-11-22"));
    });
    bad("acceptance-covers", "an acceptance of another subject", &|s| {
        s.change(T::Acceptance, 0, |v| v["covers"]["deviation"]["subject"] = json!("k-2"));
    });
    bad("assignment-now", "checks that saw another time", &|s| {
        s.change(T::Assignment, 0, |v| v["now"] = json!("2024-01-01T00:00:00.000Z"));
    });
    bad("finding-evidence", "an outcome without evidence", &|s| s.change(T::Finding, 0, |v| v["evidence"] = json!([])));
    bad("finding-reason", "not determined, and nobody says why", &|s| {
        s.change(T::Finding, 1, |v| drop(v.as_object_mut().unwrap().remove("reason")));
    });
    bad("finding-order", "findings in another order", &|s| s.swap(T::Finding, 0, 1));
    bad("finding-rests", "a finding that rests on a control", &|s| {
        s.change(T::Finding, 0, |v| v["rests_on"] = json!(["control:0"]));
    });
    bad("finding-control", "a finding of a control that nobody assigned", &|s| {
        s.change(T::Finding, 1, |v| v["control"] = json!("AC-ROU"));
    });
    bad("control-once", "a control that is there twice", &|s| s.change(T::Control, 2, |v| v["id"] = json!("AC-ROT")));
    bad("control-counts", "a control that counts otherwise", &|s| {
        s.change(T::Control, 0, |v| v["counts"]["conforms"] = json!(2));
    });
    bad("control-outcome", "a control with another outcome", &|s| {
        s.change(T::Control, 0, |v| v["outcome"] = json!("conforms"));
    });
    bad("control-assigned", "an assigned control without an outcome", &|s| {
        s.records.retain(|(kind, body)| *kind != T::Finding || body["control"] != "AC-USE");
        s.change(T::Control, 1, |v| {
            v["counts"] = json!({"conforms": 0, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0});
            v.as_object_mut().unwrap().remove("outcome");
        });
        (s.metadata.summary.deviates, s.metadata.summary.accepted) = (0, 0);
    });
    bad("control-there", "an assigned control without a record", &|s| {
        s.records.retain(|(kind, body)| *kind != T::Control || body["id"] != "AC-USE");
        s.records.retain(|(kind, body)| *kind != T::Finding || body["control"] != "AC-USE");
        (s.metadata.summary.deviates, s.metadata.summary.accepted) = (0, 0);
    });
    bad("summary", "a summary that is not the sum over the controls", &|s| {
        (s.metadata.summary.conforms, s.metadata.summary.undetermined) = (2, 0);
    });
    let position = Some(verify::Level::Position);
    let otherwise = sealed(|s| *s = s.clone().approved(&approver, |a| a.reason = "other words".into()));
    let about = "an approval that says something else";
    vectors.bad("approval-same", about, Class::Contradiction, position, otherwise);
    let gone = sealed(|s| s.change(T::Acceptance, 0, |v| v["payload"] = json!(Digest::of(b"nothing"))));
    vectors.bad("approval-there", "an approval that is not there", Class::Contradiction, position, gone);
}
