//! Every limit of the format, as a number. `docs/spec/bundle.md` §10 repeats them: verifiers must not
//! differ, so a limit is part of the format and the writer keeps it too.

use model::RecordType;

/// Bytes of the DSSE pre-authentication encoding stay below this: AWS KMS signs Ed25519 only over
/// messages of up to 4096 bytes.
pub const PAE_MAX: usize = 4096;

/// Longest name in a statement (entity, system, bundle, version, origin, challenge), in bytes.
pub const NAME_MAX: usize = 256;

/// Longest `statement.sigstore.json` or `redaction.sigstore.json`, in bytes.
pub const STATEMENT_FILE_MAX: u64 = 64 * 1024;

/// Longest DSSE envelope in `ledger/statements/`, in bytes.
pub const ENVELOPE_MAX: u64 = 16 * 1024;

/// Longest file in `ledger/controls/`, in bytes.
pub const CONTROLS_FILE_MAX: u64 = 16 * 1024 * 1024;

/// Longest checkpoint file, in bytes.
pub const CHECKPOINT_MAX: u64 = 16 * 1024;

/// Bytes of `ledger/consistency`: the hashes of one proof, a line each.
pub const CONSISTENCY_MAX: u64 = 64 * 65;

/// Bytes of `ledger/since`: a size, a root, and the hashes of one proof.
pub const SINCE_MAX: u64 = 13 + 1 + 65 + CONSISTENCY_MAX;

/// Bytes of a tile, of hashes or of entries: 256 of the largest entries with their lengths.
pub const TILE_MAX: u64 = (ledger::ENTRY_MAX as u64 + 2) * ledger::TILE_WIDTH;

/// Bytes of `leaves.txt`: one line for each record.
pub const LEAVES_MAX: u64 = RECORDS_MAX * 65;

/// Longest `trust.json`, in bytes.
pub const TRUST_MAX: u64 = 1024 * 1024;

/// Longest record line without its LF, in bytes.
pub const LINE_MAX: usize = 16 * 1024 * 1024;

/// Longest line of an `acceptance` record, in bytes.
pub const ACCEPTANCE_LINE_MAX: usize = 16 * 1024;

/// Most records in a bundle.
pub const RECORDS_MAX: u64 = 100_000_000;

/// Deepest nesting of arrays and objects in a record line or any JSON file; the outermost is 1.
pub const NESTING_MAX: usize = 64;

/// Most members of one JSON object, and most elements of one array in a record line.
pub const MEMBERS_MAX: usize = 1_000_000;

/// Integers in JSON are between minus and plus this: 2^53 - 1.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Largest file, in bytes: what eleven octal digits of a USTAR header can say. So `records.jsonl` and
/// `leaves.txt` are not larger either.
pub const FILE_MAX: u64 = (1 << 33) - 1;

/// Largest raw file, in bytes: 1 GiB.
pub const RAW_MAX: u64 = 1 << 30;

/// Most raw files; also what nine digits can name.
pub const RAW_FILES_MAX: u64 = 1_000_000_000;

/// Most entries of a ledger.
pub const LEDGER_MAX: u64 = 1 << 40;

/// Most entries of an exported tar.
pub const TAR_ENTRIES_MAX: u64 = 2_000_000_000;

/// Longest path inside a bundle or tar, in bytes; ASCII.
pub const PATH_MAX: usize = 100;

/// Most parts of a path inside a bundle or tar.
pub const PATH_PARTS_MAX: usize = 8;

/// Most certificates of a peer.
pub const CHAIN_MAX: usize = 16;

/// Longest certificate, in bytes of DER.
pub const CERTIFICATE_MAX: usize = 65_536;

/// Most parts of a resource.
pub const PARTS_MAX: usize = 1024;

/// Most locators of one part.
pub const LOCATORS_MAX: usize = 65_536;

/// Most records of these types: a verifier keeps something of each in memory.
pub const DECLARATIONS_MAX: u64 = 100_000;
pub const CHECKS_MAX: u64 = 4096;
pub const ACCEPTANCES_MAX: u64 = 4096;
pub const ASSIGNMENTS_MAX: u64 = 100_000;
pub const ROUTES_MAX: u64 = 100_000;
pub const PEERS_MAX: u64 = 4096;
pub const COVERAGE_MAX: u64 = 100_000;
pub const CONTROLS_MAX: u64 = 100_000;

/// Most records of a type in a bundle.
#[must_use]
pub const fn records_max(kind: RecordType) -> u64 {
    match kind {
        RecordType::Declaration => DECLARATIONS_MAX,
        RecordType::Check => CHECKS_MAX,
        RecordType::Acceptance => ACCEPTANCES_MAX,
        RecordType::Assignment => ASSIGNMENTS_MAX,
        RecordType::Route => ROUTES_MAX,
        RecordType::Peer => PEERS_MAX,
        RecordType::Coverage => COVERAGE_MAX,
        RecordType::Control => CONTROLS_MAX,
        _ => RECORDS_MAX,
    }
}

/// Most different pairs of target and collector among exchanges: in a run that failed they need no `route`.
pub const ASKED_MAX: u64 = ROUTES_MAX;

/// Most gaps that have a `subject`.
pub const SUBJECT_GAPS_MAX: u64 = 1_000_000;

/// Most masked texts of all bodies together: a verifier keeps where each of them is.
pub const MASKED_MAX: u64 = 1_000_000;

/// Most requirements and controls that a person's record is about, and most attachments of it.
pub const OF_RECORDED_MAX: usize = 256;

/// Most declared files that have the form of an approval.
pub const APPROVALS_MAX: u64 = 4096;

/// Largest file in `anchors/`, in bytes.
pub const ANCHOR_MAX: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Verifiers must not differ: what the specification says is what the code has.
    #[test]
    fn the_specification_has_the_same_numbers() {
        let text = include_str!("../../../docs/spec/bundle.md");
        let (_, table) = text.split_once("\n## 10. Limits\n").unwrap();
        let said = |what: &str| -> Vec<u64> {
            let row = table
                .lines()
                .find_map(|line| line.strip_prefix(&format!("| {what} | ")))
                .unwrap_or_else(|| panic!("no row `{what}`"));
            row.replace("2^53-1", "9007199254740991")
                .replace("2^40", "1099511627776")
                .replace(',', "")
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect()
        };
        let usize = |number: usize| number as u64;
        assert_eq!(said("pre-authentication encoding"), [usize(PAE_MAX)]);
        assert_eq!(said("text in a statement"), [usize(NAME_MAX)]);
        assert_eq!(said("`statement.sigstore.json`, `redaction.sigstore.json`"), [STATEMENT_FILE_MAX]);
        assert_eq!(said("envelope in `ledger/statements/`"), [ENVELOPE_MAX]);
        assert_eq!(said("file in `ledger/controls/`"), [CONTROLS_FILE_MAX]);
        assert_eq!(said("checkpoint")[0], CHECKPOINT_MAX);
        assert_eq!(said("`ledger/consistency`"), [CONSISTENCY_MAX]);
        assert_eq!(said("`ledger/since`"), [SINCE_MAX]);
        assert_eq!(said("file in `ledger/tile/`"), [TILE_MAX]);
        assert_eq!(said("`leaves.txt`"), [LEAVES_MAX]);
        assert_eq!(said("hashes in a proof"), [usize(ledger::max_proof_length())]);
        assert_eq!(said("record line"), [usize(LINE_MAX)]);
        assert_eq!(said("records"), [RECORDS_MAX]);
        assert_eq!(said("open arrays and objects"), [usize(NESTING_MAX)]);
        assert_eq!(said("members of an object, elements of an array"), [usize(MEMBERS_MAX)]);
        assert_eq!(said("our own numbers"), [INTEGER_MAX]);
        assert_eq!(said("any file")[0], FILE_MAX);
        assert_eq!(said("raw file"), [RAW_MAX]);
        assert_eq!(said("raw files"), [RAW_FILES_MAX]);
        assert_eq!(said("ledger"), [LEDGER_MAX, usize(ledger::ENTRY_MAX)]);
        assert_eq!(said("files in a tar"), [TAR_ENTRIES_MAX]);
        assert_eq!(said("path"), [usize(PATH_MAX), usize(PATH_PARTS_MAX)]);
        assert_eq!(said("file in `anchors/`"), [ANCHOR_MAX]);
        assert_eq!(said("line of an `acceptance`"), [usize(ACCEPTANCE_LINE_MAX)]);
        let many = [DECLARATIONS_MAX, ASSIGNMENTS_MAX, ROUTES_MAX, COVERAGE_MAX, CONTROLS_MAX];
        let row = "`declaration`, `assignment`, `route`, `coverage`, `control` records";
        assert_eq!(many.map(|max| vec![max]), [(); 5].map(|()| said(row)));
        let few = [CHECKS_MAX, ACCEPTANCES_MAX, PEERS_MAX];
        assert_eq!(few.map(|max| vec![max]), [(); 3].map(|()| said("`check`, `acceptance`, `peer` records")));
        assert_eq!(said("targets and collectors of exchanges"), [ASKED_MAX]);
        assert_eq!(said("gaps with a `subject`"), [SUBJECT_GAPS_MAX]);
        assert_eq!(said("`status`, `attempt` of an exchange"), [u64::from(u16::BITS), u64::from(u32::BITS)]);
        assert_eq!(said("years"), [1970, 9998]);
        assert_eq!(said("masked texts of all bodies"), [MASKED_MAX]);
        assert_eq!(said("parts of a resource"), [usize(PARTS_MAX), usize(LOCATORS_MAX)]);
        assert_eq!(said("certificates of a peer"), [usize(CHAIN_MAX), usize(CERTIFICATE_MAX)]);
        assert_eq!(said("things a `recorded` is about, its attachments"), [usize(OF_RECORDED_MAX)]);
        assert_eq!(said("approvals among the declared files"), [APPROVALS_MAX, crate::approval::FILE_MAX]);
        assert_eq!(said("`trust.json`"), [TRUST_MAX]);
    }
}
