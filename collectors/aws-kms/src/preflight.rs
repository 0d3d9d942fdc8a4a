//! May each right be used? One cheap call for each; what no call can show stays undecided.

use aws::{Answer, Call, Session, right_status as status};
use aws_sdk_kms::Client;
use sdk::{RightState, RightStatus, SinkError};

use crate::resource::KEY;
use crate::wire;

/// Keys looked at in search of one that can be asked everything.
const LOOKED_AT: usize = 20;

/// The rights of one region.
pub async fn region(session: &Session, region: &str) -> Result<Vec<RightStatus>, SinkError> {
    let client = crate::client::in_region(session, region);
    let mut statuses = Vec::new();

    let aliases = || client.list_aliases().limit(1).send();
    let asked = session.call(Call::new("kms:ListAliases"), aliases).await?;
    statuses.push(status("kms:ListAliases", Some(region), &asked));
    let stores = || client.describe_custom_key_stores().limit(1).send();
    let asked = session.call(Call::new("kms:DescribeCustomKeyStores"), stores).await?;
    statuses.push(status("kms:DescribeCustomKeyStores", Some(region), &asked));

    let keys = || client.list_keys().limit(100).send();
    let asked = session.call(Call::new("kms:ListKeys"), keys).await?;
    statuses.push(status("kms:ListKeys", Some(region), &asked));
    let arns: Vec<String> = match &asked {
        Ok(answer) => {
            wire::entries::<wire::Keys, _>(answer).into_iter().filter_map(|key| key.key_arn).take(LOOKED_AT).collect()
        }
        Err(_) => Vec::new(),
    };
    of_keys(session, &client, region, &arns, &mut statuses).await?;
    Ok(statuses)
}

/// Rights that are asked key by key. A key policy may refuse on one key what it grants on the next: only one is tried.
async fn of_keys(
    session: &Session,
    client: &Client,
    region: &str,
    arns: &[String],
    statuses: &mut Vec<RightStatus>,
) -> Result<(), SinkError> {
    let mut described = None;
    let mut chosen = None;
    for arn in arns {
        let asked = session
            .call(Call::new("kms:DescribeKey").subject(KEY, arn), || client.describe_key().key_id(arn).send())
            .await?;
        let suitable = asked.as_ref().is_ok_and(can_be_asked_everything);
        let refused = asked.is_err();
        described = Some(status("kms:DescribeKey", Some(arn), &asked));
        if suitable || refused {
            chosen = Some(arn);
            break;
        }
    }
    statuses.push(described.unwrap_or_else(|| undecided("kms:DescribeKey", region)));
    let Some(arn) = chosen else {
        for right in [
            "kms:GetKeyPolicy",
            "kms:ListGrants",
            "kms:ListResourceTags",
            "kms:GetKeyRotationStatus",
            "kms:ListKeyRotations",
        ] {
            statuses.push(undecided(right, region));
        }
        return Ok(());
    };
    let info = |right: &str| Call::new(right).subject(KEY, arn);
    macro_rules! try_one {
        ($right:literal, $call:expr) => {
            let asked = session.call(info($right), || $call.send()).await?;
            statuses.push(status($right, Some(arn), &asked));
        };
    }
    try_one!("kms:GetKeyPolicy", client.get_key_policy().key_id(arn).policy_name("default"));
    try_one!("kms:ListGrants", client.list_grants().key_id(arn).limit(1));
    try_one!("kms:ListResourceTags", client.list_resource_tags().key_id(arn).limit(1));
    try_one!("kms:GetKeyRotationStatus", client.get_key_rotation_status().key_id(arn));
    try_one!("kms:ListKeyRotations", client.list_key_rotations().key_id(arn).limit(1));
    Ok(())
}

/// A customer's symmetric key with material of KMS: the only one that every call is for.
fn can_be_asked_everything<T>(answer: &Answer<T>) -> bool {
    let data =
        serde_json::from_slice::<wire::Described>(&answer.body).ok().and_then(|described| described.key_metadata);
    data.is_some_and(|data| {
        data.key_manager.as_deref() == Some("CUSTOMER")
            && data.key_spec.as_deref() == Some("SYMMETRIC_DEFAULT")
            && data.origin.as_deref() == Some("AWS_KMS")
    })
}

fn undecided(right: &str, region: &str) -> RightStatus {
    RightStatus {
        right: right.to_owned(),
        state: RightState::Undecided,
        scope: Some(region.to_owned()),
        detail: "no key of the region can be read".to_owned(),
    }
}
