//! The organisation itself, and its management account.

use aws::fact::{Parts, malformed};
use aws::xml::MalformedAnswer;
use aws::{Call, Refusal, json};
use sdk::{CoverageNote, Recorder, SinkError, Source};
use serde_json::Value;

use crate::collecting::Collecting;
use crate::resource::{ORGANIZATION, Organization};
use crate::rights::DESCRIBE;
use crate::wire;

/// The management account, with the place that says so.
pub type Management = Result<(String, Source), Refusal>;

pub async fn read(collecting: &Collecting, recorder: &Recorder) -> Result<Management, SinkError> {
    let account = &collecting.session.settings().account;
    let info = Call::new(DESCRIBE).population(ORGANIZATION).subject(ORGANIZATION, account);
    let call = || collecting.client.describe_organization().send();
    let asked = collecting.session.call(info.clone(), call).await?;
    let mut parts = Parts::new(ORGANIZATION, account);
    let found: Result<(Organization, Option<String>, Source), Refusal> = match asked {
        Ok(answer) => {
            let source = Source::json(answer.exchange, "/Organization");
            match json::whole::<wire::Described>(&answer.body) {
                Some(described) => {
                    let described = described.organization;
                    let facts = Organization {
                        exists: Some(true),
                        id: Some(Some(described.id)),
                        management_account: Some(Some(described.master_account_id.clone())),
                        feature_set: Some(described.feature_set),
                    };
                    Ok((facts, Some(described.master_account_id), source))
                }
                None => Err(malformed(&info, &source, &MalformedAnswer::Missing("/Organization".to_owned()))),
            }
        }
        // The account's way to say that it is in none: a fact, if the answer is whole.
        Err(refusal) if refusal.has_code("AWSOrganizationsNotInUseException") => {
            match (refusal.exchange, json::whole::<Value>(&refusal.body)) {
                (Some(exchange), Some(_)) => {
                    let none = Organization {
                        exists: Some(false),
                        id: Some(None),
                        management_account: Some(None),
                        feature_set: Some(None),
                    };
                    Ok((none, None, Source::json(exchange, "")))
                }
                _ => Err(refusal),
            }
        }
        Err(refusal) => Err(refusal),
    };
    let read = u64::from(found.is_ok());
    let management = match found {
        Ok((facts, management, source)) => {
            for part in ["exists", "id", "management_account", "feature_set"] {
                parts.place(part, vec![source.clone()]);
            }
            parts.record(recorder, &facts)?;
            management
                .map(|account| (account, source))
                .ok_or_else(|| info.refused(sdk::GapReason::Unsupported, "the account is in no organisation"))
        }
        Err(refusal) => {
            recorder.gap(refusal.gap(None))?;
            Err(refusal)
        }
    };
    // There is one, or it is known that there is none: the list is the account itself.
    recorder.coverage(CoverageNote {
        population: ORGANIZATION.to_owned(),
        calls: 0,
        pages: 0,
        items: 1,
        complete: read == 1,
        total: None,
    })?;
    Ok(management)
}
