//! Reads the whole: organisation, tree, policies, and last the accounts, of which these say what binds them.

use aws::json;
use sdk::{Recorder, SinkError};
use serde_json::Value;

use crate::collecting::Collecting;
use crate::{accounts, organization, policies, tree};

pub async fn read(collecting: &Collecting, recorder: &Recorder) -> Result<(), SinkError> {
    let (management, tree, policies) = tokio::try_join!(
        organization::read(collecting, recorder),
        tree::read(collecting, recorder),
        policies::read(collecting, recorder),
    )?;
    accounts::read(collecting, recorder, &management, &tree, &policies).await
}

/// The id of the first entry of a list.
pub fn first_id(body: &[u8], list: &str) -> Option<String> {
    let answer: Value = json::whole(body)?;
    Some(answer.get(list)?.get(0)?.get("Id")?.as_str()?.to_owned())
}
