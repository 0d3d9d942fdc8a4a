//! Has IAM make the credential report and waits for it.

use std::time::Duration;

use aws::{Call, Moment, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sdk::{GapReason, SinkError, Source};

use crate::descriptor::{GENERATE_REPORT, GET_REPORT};
use crate::iam::{Iam, Page};
use crate::report::{CONTENT, CredentialReport, MalformedReport};
use aws::fact::malformed;
use aws::xml::MalformedAnswer;

/// Between two looks. Small accounts have their report within seconds, large ones within minutes.
const WAITS: [u64; 5] = [500, 1_000, 2_000, 3_000, 5_000];
/// About three minutes.
const MOST_LOOKS: usize = 40;

/// Why an answer is no credential report.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Answer(#[from] MalformedAnswer),
    #[error("the credential report is not in base64")]
    Encoding,
    #[error("the credential report does not say when it was generated")]
    Undated,
    #[error(transparent)]
    Report(#[from] MalformedReport),
}

/// Fetches the report. Where IAM may not be asked to make one, none is read: the one that is there could be another's choice.
pub async fn fetch(iam: &Iam) -> Result<Result<CredentialReport, Refusal>, SinkError> {
    let get = Call::new(GET_REPORT);
    if let Err(refusal) = generate(iam).await? {
        return Ok(Err(refusal));
    }
    for look in 0..MOST_LOOKS {
        let refusal = match iam.ask(&get, || iam.client.get_credential_report().send()).await? {
            Ok(page) => {
                return Ok(
                    parse(&page).map_err(|problem| malformed(&get, &Source::xml(page.exchange, CONTENT), &problem))
                );
            }
            Err(refusal) => refusal,
        };
        let gone = refusal.has_code("ReportExpired") || refusal.has_code("ReportNotPresent");
        if !gone && !refusal.has_code("ReportInProgress") {
            return Ok(Err(refusal));
        }
        let wait = Duration::from_millis(WAITS.get(look).copied().unwrap_or(5_000));
        match iam.session.time_left() {
            Some(left) if look + 1 < MOST_LOOKS => tokio::time::sleep(wait.min(left)).await,
            _ => {
                let mut late = get.refused(
                    GapReason::TimedOut,
                    format!("the credential report was not ready in time: {}", refusal.detail),
                );
                late.exchange = refusal.exchange;
                return Ok(Err(late));
            }
        }
        if gone && let Err(refusal) = generate(iam).await? {
            return Ok(Err(refusal));
        }
    }
    Ok(Err(get.refused(GapReason::TimedOut, "the credential report was not ready in time")))
}

async fn generate(iam: &Iam) -> Result<Result<(), Refusal>, SinkError> {
    let info = Call::new(GENERATE_REPORT);
    let answer = iam.ask(&info, || iam.client.generate_credential_report().send()).await?;
    let result = "/GenerateCredentialReportResponse/GenerateCredentialReportResult";
    let page = match answer {
        Ok(page) => page,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // Whatever the state is, asking for the report tells; that there is one shows that this is the documented answer.
    let state = page.document().and_then(|document| document.at(result)?.required("State").map(drop));
    Ok(state.map_err(|problem| malformed(&info, &page.source(result), &problem)))
}

fn parse(page: &Page) -> Result<CredentialReport, Unreadable> {
    let document = page.document()?;
    let result = document.at("/GetCredentialReportResponse/GetCredentialReportResult")?;
    let generated: Moment = result.moment("GeneratedTime")?.ok_or(Unreadable::Undated)?;
    let text = result.required("Content")?;
    let csv = if text.bytes().any(|b| b.is_ascii_whitespace()) {
        let joined: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        STANDARD.decode(joined)
    } else {
        STANDARD.decode(text)
    };
    let csv = csv.map_err(|_| Unreadable::Encoding)?;
    Ok(CredentialReport::parse(csv, generated, page.exchange)?)
}
