//! Which of the declared files is the signed approval of an acceptance: the one whose words are the acceptance's own.

use bundle::approval::{Approval, FILE_MAX, FILE_START, SignedApproval};
use model::Digest;
use model::record::Acceptance;

/// Fills `payload` of every acceptance that a declared file signs word for word. Whose signature it is, is the verifier's to say.
pub(crate) fn find(acceptances: &mut [Acceptance], declared: &[(&str, &[u8])], entity: &str, system: &str) {
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
        // Two people may sign the same words; should they be spelled in two ways, the choice is the same in every run.
        acceptance.payload = same.map(|(signed, _)| Digest::of(&signed.payload)).min();
    }
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
        let mut acceptances = [acceptance()];
        find(&mut acceptances, &[("declaration.yaml", b"id: AC-7"), ("ac-7.json", file)], "Northbank", "hot");
        acceptances[0].payload
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
