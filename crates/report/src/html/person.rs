//! A person's record as a page of its own: what one person saw, whose key signed it, and which files lie beside it.

use links::PersonRecord;
use model::record::{ActsFor, RecordMethod, Recorded, Says};

use super::gather::{Gathered, anchor};
use super::template::{AttachmentView, Mark, PersonView, Reference};
use super::text::{clean, clean_block};
use crate::recorded::{about, person_record};

/// The record of a bundle of kind `record`; or why it is not in this copy.
pub fn view(report: &verify::Report, gathered: &Gathered) -> Result<PersonView, &'static str> {
    let Some(shown) = gathered.overview.recorded.first() else {
        return Err("What the person recorded is withheld in this copy.");
    };
    let Some(of) = &report.bundle else { return Err("Nothing is known of the bundle that this record lies in.") };
    let recorded = &shown.value;
    let person = person_record(recorded.clone(), of.index, of.signer, of.holder.as_ref());
    Ok(PersonView {
        id: clean(&recorded.id),
        record: shown.record.clone(),
        says: says(recorded.says),
        method: format!("{}: {}", recorded.method.as_str(), method(recorded.method)),
        about: clean(&about(&person)),
        by: clean(&recorded.by),
        role: role(recorded.role).to_owned(),
        key: of.signer.to_string(),
        holder: match &person.holder {
            Some(holder) => format!("{}, {} (the trust file says so)", clean(&holder.name), role(holder.acts_for)),
            None => "the trust file names nobody: whose key it is has to be known from elsewhere".to_owned(),
        },
        counts: counts(&person),
        on: recorded.on.to_string(),
        done_on: recorded.done_on.map(|day| day.to_string()),
        expires: recorded.expires.to_string(),
        text: clean_block(&recorded.text),
        attachments: attachments(recorded, gathered),
    })
}

const fn says(says: Says) -> Mark {
    match says {
        Says::Supports => Mark { class: "covered", sign: "●", words: "supports" },
        Says::Contradicts => Mark { class: "deviates", sign: "✗", words: "contradicts" },
    }
}

const fn method(method: RecordMethod) -> &'static str {
    match method {
        RecordMethod::Review => "they read documents and records",
        RecordMethod::Inspect => "they looked at how things are configured",
        RecordMethod::Observe => "they watched people do it",
        RecordMethod::Interview => "they asked people",
    }
}

const fn role(role: ActsFor) -> &'static str {
    match role {
        ActsFor::Entity => "acts for the entity",
        ActsFor::Implementer => "acts for whoever builds the system",
        ActsFor::Auditor => "acts as an auditor",
    }
}

/// What it counts for in `gaps`, for as long as it does.
fn counts(person: &PersonRecord) -> String {
    let method = person.method.as_str();
    if person.is_auditors() {
        return format!("an auditor's: it covers the method `{method}`");
    }
    let why = match (person.role, &person.holder) {
        (ActsFor::Auditor, None) => {
            "they say that they are an auditor, and the trust file does not say so of their key"
        }
        (ActsFor::Auditor, Some(_)) => {
            "they say that they are an auditor, and the trust file says otherwise of their key"
        }
        _ => "it is no auditor's",
    };
    format!("material for the method `{method}`, which it does not cover: {why}")
}

fn attachments(recorded: &Recorded, gathered: &Gathered) -> Vec<AttachmentView> {
    let view = |one: &model::record::Attachment| AttachmentView {
        name: clean(&one.name),
        size: one.size,
        sha256: one.sha256.to_string(),
        file: one.declaration.map(|at| {
            let shown = gathered.declarations.iter().any(|(of, ..)| *of == at);
            Reference {
                text: at.to_string(),
                href: anchor(at).filter(|_| shown),
                withheld: gathered.withheld.contains(&at),
            }
        }),
    };
    recorded.attachments.iter().map(view).collect()
}
