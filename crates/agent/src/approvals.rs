//! Which of the declared files is the signed approval of an acceptance: the one whose words are the acceptance's own.

use std::cmp::Reverse;

use bundle::approval::{Approval, FILE_MAX, FILE_START, SignedApproval};
use model::Digest;
use model::record::{Acceptance, Identity};

/// Fills `payload` of every acceptance that a declared file signs word for word. Whose signature it is, and whether it covers what is behind
/// the ids, is the verifier's to say.
pub(crate) fn find(
    acceptances: &mut [Acceptance],
    declared: &[(&str, &[u8])],
    (entity, system): (&str, &str),
    identities: &[Identity],
) {
    if acceptances.is_empty() {
        return;
    }
    let signed: Vec<(SignedApproval, Approval)> = declared
        .iter()
        .filter(|(_, bytes)| bytes.len() as u64 <= FILE_MAX && bytes.starts_with(FILE_START))
        // What is not an approval approves nothing; `acceptances list` says why.
        .filter_map(|(_, bytes)| SignedApproval::parse(bytes).ok())
        .collect();
    for acceptance in acceptances {
        let same = signed.iter().filter(|(_, approval)| says_the_same(approval, acceptance, entity, system));
        // Where the same was approved for what was behind the ids earlier and for what is now, the words about now count. Else the choice is
        // the same in every run.
        let best = same.min_by_key(|(signed, approval)| {
            let others = identities.iter().filter(|one| is_another(approval, one)).count();
            (Reverse(approval.witnessmark_acceptance), others, Digest::of(&signed.payload))
        });
        acceptance.payload = best.map(|(signed, _)| Digest::of(&signed.payload));
    }
}

/// Whether another identity of its target was approved than the run found.
fn is_another(approval: &Approval, found: &Identity) -> bool {
    approval.target(&found.target).is_ok_and(|approved| !approved.found.contains(&found.found))
}

fn says_the_same(approval: &Approval, acceptance: &Acceptance, entity: &str, system: &str) -> bool {
    approval.id == acceptance.id
        && approval.entity == entity
        && approval.system == system
        && approval.covers == acceptance.covers
        && approval.reason == acceptance.reason
        && approval.approved_by == acceptance.approved_by
        && approval.approved == acceptance.approved.to_string()
        && approval.expires == acceptance.expires.to_string()
}

#[cfg(test)]
mod tests {
    use bundle::approval::ApprovedTarget;
    use model::Covers;

    use super::*;

    fn acceptance() -> Acceptance {
        Acceptance {
            id: "AC-7".to_owned(),
            covers: Covers::Deviation {
                control: "KEY-1".to_owned(),
                check: "aws-kms/key-rotates".to_owned(),
                subject: "arn:key".to_owned(),
                target: None,
            },
            reason: "being replaced".to_owned(),
            approved_by: "CISO".to_owned(),
            approved: "2026-05-01".parse().unwrap(),
            expires: "2026-12-31".parse().unwrap(),
            payload: None,
        }
    }

    fn signed(change: impl FnOnce(&mut Approval)) -> (Vec<u8>, Digest) {
        let of = acceptance();
        let mut approval = Approval {
            witnessmark_acceptance: Approval::version(),
            id: of.id,
            entity: "Northbank".to_owned(),
            system: "hot".to_owned(),
            covers: of.covers,
            targets: vec![ApprovedTarget {
                target: "prod".to_owned(),
                found: vec!["111122223333".to_owned()],
                programs: Vec::new(),
                parameters: Some(Digest::of(b"{}")),
            }],
            check: Some(Digest::of(b"check")),
            reason: of.reason,
            approved_by: of.approved_by,
            approved: of.approved.to_string(),
            expires: of.expires.to_string(),
        };
        change(&mut approval);
        let payload = approval.render().unwrap().into_bytes();
        let digest = Digest::of(&payload);
        (SignedApproval { payload, signature: [7; 64] }.render().into_bytes(), digest)
    }

    fn found(file: &[u8]) -> Option<Digest> {
        found_among(&[("declaration.yaml", b"id: AC-7"), ("ac-7.json", file)])
    }

    fn found_among(files: &[(&str, &[u8])]) -> Option<Digest> {
        let mut acceptances = [acceptance()];
        let here = Identity {
            target: "prod".to_owned(),
            collector: "aws-kms".to_owned(),
            caller: "me".to_owned(),
            found: "111122223333".to_owned(),
        };
        find(&mut acceptances, files, ("Northbank", "hot"), &[here]);
        acceptances[0].payload
    }

    /// Words that were signed before something else stood behind the ids do not take the place of those that were signed since.
    #[test]
    fn of_two_the_one_about_this_run_is_named() {
        let (now, digest) = signed(|_| {});
        for number in 0..4 {
            let (before, _) = signed(|a| a.targets[0].found = vec![format!("44445555666{number}")]);
            let (ids, _) = signed(|a| {
                (a.witnessmark_acceptance, a.check) = (1, None);
                a.targets.clear();
            });
            assert_eq!(found_among(&[("a", &before), ("b", &now), ("c", &ids)]), Some(digest), "{number}");
            assert_eq!(found_among(&[("a", &ids), ("b", &now), ("c", &before)]), Some(digest), "{number}");
        }
    }

    #[test]
    fn only_the_same_words_are_its_approval() {
        let (file, digest) = signed(|_| {});
        assert_eq!(found(&file), Some(digest));
        let others: [fn(&mut Approval); 6] = [
            |a| a.id = "AC-8".to_owned(),
            |a| a.entity = "Other".to_owned(),
            |a| a.system = "cold".to_owned(),
            |a| a.reason.push('!'),
            |a| a.expires = "2027-12-31".to_owned(),
            |a| a.approved_by = "CEO".to_owned(),
        ];
        for other in others {
            assert_eq!(found(&signed(other).0), None);
        }
        assert_eq!(found(b"{\"payload\":\"broken"), None);
    }
}
