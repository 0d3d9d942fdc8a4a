//! May each right be used? Asked by using it on little.

use std::future::Future;

use aws::{Call, GET_CALLER_IDENTITY, Refusal};
use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::{AssignmentStatusType, EntityType};
use sdk::{GapReason, RightState, RightStatus, SinkError};

use crate::authorization::RESULT as DETAILS_RESULT;
use crate::descriptor::{
    ACCESS_KEYS, ALIASES, DETAILS, GENERATE_REPORT, GET_REPORT, KEY_LAST_USED, LOGIN_PROFILE, MFA, OIDC, OIDC_LIST,
    PASSWORD_POLICY, SAML, SAML_LIST, SERVER_CERTIFICATES, SERVICE_CREDENTIALS, SIGNING_CERTIFICATES, SSH_KEYS,
    SUMMARY, VIRTUAL_MFA,
};
use crate::iam::{Iam, Page};

/// A name that no one has. IAM decides on the right before it looks for the entity.
const NOBODY: &str = "witnessmark-preflight-nobody";
/// Users looked at in search of one with an access key.
const LOOKED_AT: i32 = 10;
const KEYS_RESULT: &str = "/ListAccessKeysResponse/ListAccessKeysResult";

pub async fn preflight(iam: &Iam, root: &str) -> Result<Vec<RightStatus>, SinkError> {
    let client = &iam.client;
    let account = root.trim_end_matches("root");
    let mut rights = vec![status(GET_CALLER_IDENTITY, RightState::Granted, "AWS allows it to every caller".to_owned())];
    let details = || client.get_account_authorization_details().filter(EntityType::User).max_items(LOOKED_AT).send();
    let (listed, users) = tried(iam, DETAILS, details).await?;
    rights.push(listed);
    rights.push(tried(iam, SUMMARY, || client.get_account_summary().send()).await?.0);
    rights.push(tried(iam, GENERATE_REPORT, || client.generate_credential_report().send()).await?.0);
    rights.push(tried(iam, GET_REPORT, || client.get_credential_report().send()).await?.0);
    rights.push(tried(iam, PASSWORD_POLICY, || client.get_account_password_policy().send()).await?.0);
    rights.push(tried(iam, ALIASES, || client.list_account_aliases().max_items(1).send()).await?.0);
    let devices =
        || client.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Assigned).max_items(1).send();
    rights.push(tried(iam, VIRTUAL_MFA, devices).await?.0);
    rights.push(tried(iam, MFA, || client.list_mfa_devices().user_name(NOBODY).send()).await?.0);
    rights.push(tried(iam, ACCESS_KEYS, || client.list_access_keys().user_name(NOBODY).send()).await?.0);
    rights.push(tried(iam, LOGIN_PROFILE, || client.get_login_profile().user_name(NOBODY).send()).await?.0);
    let services = || client.list_service_specific_credentials().user_name(NOBODY).send();
    rights.push(tried(iam, SERVICE_CREDENTIALS, services).await?.0);
    rights.push(tried(iam, SSH_KEYS, || client.list_ssh_public_keys().user_name(NOBODY).send()).await?.0);
    let certificates = || client.list_signing_certificates().user_name(NOBODY).send();
    rights.push(tried(iam, SIGNING_CERTIFICATES, certificates).await?.0);
    rights.push(tried(iam, SERVER_CERTIFICATES, || client.list_server_certificates().max_items(1).send()).await?.0);
    rights.push(key_last_used(iam, users.as_ref()).await?);
    rights.push(tried(iam, SAML_LIST, || client.list_saml_providers().send()).await?.0);
    let saml = || client.get_saml_provider().saml_provider_arn(format!("{account}saml-provider/{NOBODY}")).send();
    rights.push(tried(iam, SAML, saml).await?.0);
    rights.push(tried(iam, OIDC_LIST, || client.list_open_id_connect_providers().send()).await?.0);
    let oidc = || {
        client
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(format!("{account}oidc-provider/{NOBODY}.invalid"))
            .send()
    };
    rights.push(tried(iam, OIDC, oidc).await?.0);
    Ok(rights)
}

/// IAM refuses this for a key that does not exist as if it were not allowed: a key of someone is needed.
async fn key_last_used(iam: &Iam, users: Option<&Page>) -> Result<RightStatus, SinkError> {
    let names = users.map(|page| texts(page, DETAILS_RESULT, "UserDetailList", "UserName")).unwrap_or_default();
    for name in names {
        let call = || iam.client.list_access_keys().user_name(&name).send();
        let (_, page) = tried(iam, ACCESS_KEYS, call).await?;
        let keys = page.map(|page| texts(&page, KEYS_RESULT, "AccessKeyMetadata", "AccessKeyId")).unwrap_or_default();
        if let Some(key) = keys.into_iter().next() {
            let call = || iam.client.get_access_key_last_used().access_key_id(&key).send();
            return Ok(tried(iam, KEY_LAST_USED, call).await?.0);
        }
    }
    let detail = format!("no access key to try it on was found among the first {LOOKED_AT} users");
    Ok(status(KEY_LAST_USED, RightState::Undecided, detail))
}

/// One text of each member of a list.
fn texts(page: &Page, result: &str, list: &str, name: &str) -> Vec<String> {
    let read = || {
        let document = page.document().ok()?;
        let members = document.at(result).ok()?.list(list);
        Some(members.iter().filter_map(|member| member.value(name).map(str::to_owned)).collect())
    };
    read().unwrap_or_default()
}

async fn tried<T, E, F>(
    iam: &Iam,
    right: &str,
    call: impl FnMut() -> F + Send,
) -> Result<(RightStatus, Option<Page>), SinkError>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    T: Send,
{
    Ok(match iam.ask(&Call::new(right), call).await? {
        Ok(page) => (status(right, RightState::Granted, "answered".to_owned()), Some(page)),
        Err(refusal) => (status(right, state(&refusal), refusal.detail), None),
    })
}

fn state(refusal: &Refusal) -> RightState {
    match refusal.reason {
        GapReason::Denied | GapReason::ClosedByPolicy => RightState::Denied,
        // There is nothing to show, and one may be told so.
        GapReason::Vanished => RightState::Granted,
        _ if ["ReportInProgress", "ReportNotPresent", "ReportExpired"].iter().any(|code| refusal.has_code(code)) => {
            RightState::Granted
        }
        _ => RightState::Undecided,
    }
}

fn status(right: &str, state: RightState, detail: String) -> RightStatus {
    RightStatus { right: right.to_owned(), state, scope: None, detail }
}
