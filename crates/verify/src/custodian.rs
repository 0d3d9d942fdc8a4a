//! What stays the custodian's word, whatever is signed.

use bundle::statement::{Kind, Statement};
use model::RecordType;

use crate::continuity::Continuity;
use crate::level::Level;
use crate::report::RecordsReport;

/// What no signature can prove. Said at every level, in words for an auditor. `whole_ledger`: the export holds all of it.
/// `unproven`: the sizes of heads that the ledger key signed, and of which nothing is proven. `records`: what was read.
pub(crate) fn rests_on(
    statement: &Statement,
    level: Level,
    continuity: Option<Continuity>,
    whole_ledger: bool,
    unproven: &[u64],
    records: Option<&RecordsReport>,
) -> Vec<String> {
    let said = &statement.predicate;
    let mut rests = Vec::new();
    if level < Level::Authenticity {
        rests.push("Who made it: no key that you trust has signed it.".to_owned());
    }
    if level < Level::Time {
        rests.push(
            "When it was made: the times are the custodian's own clock; no time stamp of a third party is part of this verification."
                .to_owned(),
        );
    }
    if level < Level::NonEquivocation {
        let since = match continuity {
            Some(Continuity::Same | Continuity::Continues | Continuity::Known) => {
                " Since the head you saw last, entries were only appended."
            }
            _ => "",
        };
        rests.push(format!(
            "That the ledger was not rewritten, and that everyone is shown the same one: no witness outside the custodian has signed its head.{since}"
        ));
    }
    if let Some((size, smaller)) = unproven.split_last() {
        let more = match smaller.len() {
            0 => String::new(),
            count => format!(" (and {count} smaller ones)"),
        };
        rests.push(format!(
            "That the ledger continues the head of {size} entries{more} that its key signed and you were shown: nobody has shown you those entries. `witnessmark export --since {size}` would carry the proof, `--with-ledger` the entries."
        ));
    }
    if !whole_ledger {
        rests.push(
            "That no bundle is missing beside this one: the whole ledger shows that (`witnessmark-verify audit`)."
                .to_owned(),
        );
    }
    if said.kind == Kind::Record {
        rests.push("That it was seen as it says: the signature shows whose key stands for it, and no more.".to_owned());
        return rests;
    }
    withheld(&mut rests, records);
    rests.push(
        "That the program was unaltered and the answers came from the source: the request ids in the records can be found in the source's own log."
            .to_owned(),
    );
    if said.challenge.is_none() {
        rests.push(
            "That the run was made for you, now: no challenge of yours is sealed in it (`run --challenge`).".to_owned(),
        );
    }
    rests.push("That the declared targets are all that matters.".to_owned());
    rests
}

/// What a redacted copy leaves to be believed. It is proven that what is withheld was sealed, and not what it says.
fn withheld(rests: &mut Vec<String>, records: Option<&RecordsReport>) {
    let Some(records) = records.filter(|records| records.withheld > 0) else { return };
    let (findings, hidden) = records.of_type(RecordType::Finding);
    if hidden > 0 {
        rests.push(format!(
            "What {hidden} of {findings} findings conclude: they are withheld, and what is counted of them, here and in the controls, nobody can count again."
        ));
    }
    if records.findings_on_withheld > 0 {
        rests.push(format!(
            "That {} findings follow from what they rest on: some of that is withheld.",
            records.findings_on_withheld
        ));
    }
    rests.push(format!("What {} of {} records say: they are withheld.", records.withheld, records.count));
}
