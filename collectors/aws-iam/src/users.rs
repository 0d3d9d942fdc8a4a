//! What `GetAccountAuthorizationDetails` does not tell of a user: console password, MFA devices, access keys; the others are in
//! `other_credentials`.

use std::sync::{Mutex, PoisonError};

use aws::Refusal;
use aws::policy_document::account::{self, Book, Entry};
use futures_util::future::try_join_all;
use sdk::{GapReason, SinkError, Source};

use crate::descriptor::{ACCESS_KEYS, KEY_LAST_USED, LOGIN_PROFILE, MFA};
use crate::entities::{about_user, attached_policies, inline_policies, is_active, names, permissions_boundary, tags};
use crate::iam::{Iam, List, Page, absence};
use crate::passwords::{Answers, password_use};
use crate::report::CredentialReport;
use crate::resource::{AccessKey, AccessKeyUse, Identity, LoginProfile, MfaDevice, ReportRow, USER, User};
use crate::{mfa, other_credentials};
use aws::fact::{Fact, Parts, malformed};
use aws::xml::{MalformedAnswer, Node};

/// Records one user.
pub async fn record(
    iam: &Iam,
    report: &Result<CredentialReport, Refusal>,
    identity: Identity,
    node: Node<'_>,
    book: &Mutex<Book>,
) -> Result<(), SinkError> {
    let (
        mut login_profile,
        mut mfa_devices,
        (mut access_keys, access_key_use),
        service_credentials,
        ssh_public_keys,
        signing_certificates,
    ) = tokio::try_join!(
        login_profile(iam, &identity),
        mfa_devices(iam, &identity),
        access_keys_with_use(iam, &identity),
        other_credentials::of_services(iam, &identity),
        other_credentials::ssh_public_keys(iam, &identity),
        other_credentials::signing_certificates(iam, &identity),
    )?;
    let groups = names(&node, "GroupList");
    let inline = inline_policies(&node, "UserPolicyList");
    let attached = attached_policies(&node);
    let boundary = permissions_boundary(&node);
    book.lock().unwrap_or_else(PoisonError::into_inner).user(Entry::new(
        identity.who(),
        account::Parts {
            inline: inline.value.as_deref(),
            inline_cut: !inline.gaps.is_empty(),
            attached: attached.value.as_deref(),
            boundary: boundary.value.as_ref(),
            groups: groups.value.as_deref(),
            trust: None,
        },
    ));
    let mut parts = Parts::new(USER, &identity.arn);
    let row = report_row(report, &identity);
    if let (Some(said), Ok(report)) = (&row.value, report) {
        Answers { login_profile: &mut login_profile, mfa_devices: &mut mfa_devices, access_keys: &mut access_keys }
            .hold_against(said, report);
    }
    let password_use = password_use(&login_profile, &row, report);
    let user = User {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        groups: parts.take("groups", groups),
        inline_policies: parts.take("inline_policies", inline),
        attached_policies: parts.take("attached_policies", attached),
        permissions_boundary: parts.take("permissions_boundary", boundary),
        tags: parts.take("tags", tags(&node)),
        login_profile: parts.take("login_profile", login_profile),
        password_use: parts.take("password_use", password_use),
        mfa_devices: parts.take("mfa_devices", mfa_devices),
        access_keys: parts.take("access_keys", access_keys),
        access_key_use: parts.take("access_key_use", access_key_use),
        service_credentials: parts.take("service_credentials", service_credentials),
        ssh_public_keys: parts.take("ssh_public_keys", ssh_public_keys),
        signing_certificates: parts.take("signing_certificates", signing_certificates),
        credential_report: parts.take("credential_report", row),
    };
    parts.record(&iam.recorder, &user)
}

fn report_row(report: &Result<CredentialReport, Refusal>, user: &Identity) -> Fact<ReportRow> {
    match report {
        Ok(report) => report.fact(report.user(&user.name, &user.arn), "this user", user.created.as_ref()),
        Err(refusal) => Fact::refused(refusal, "credential_report"),
    }
}

async fn login_profile(iam: &Iam, user: &Identity) -> Result<Fact<LoginProfile>, SinkError> {
    let info = about_user(LOGIN_PROFILE, user);
    let call = || iam.client.get_login_profile().user_name(&user.name).send();
    Ok(match iam.ask(&info, call).await? {
        Ok(page) => match read_login_profile(&page) {
            Ok((profile, source)) => Fact::read(profile, vec![source]),
            Err(problem) => {
                let place = page.source("/GetLoginProfileResponse");
                Fact::unread(malformed(&info, &place, &problem).gap(None))
            }
        },
        // A user without a password and a user who is gone have the same code: only the words differ.
        Err(refusal) => match absence(&refusal, Some("user with name")) {
            Ok(Some(source)) => {
                let none = LoginProfile { exists: false, created: None, password_reset_required: None };
                Fact::read(none, vec![source])
            }
            Ok(None) => Fact::refused(&refusal, "login_profile"),
            Err(malformed) => Fact::refused(&malformed, "login_profile"),
        },
    })
}

fn read_login_profile(page: &Page) -> Result<(LoginProfile, Source), MalformedAnswer> {
    let document = page.document()?;
    let node = document.at("/GetLoginProfileResponse/GetLoginProfileResult/LoginProfile")?;
    let profile = LoginProfile {
        exists: true,
        created: node.moment("CreateDate")?,
        password_reset_required: node.boolean("PasswordResetRequired")?,
    };
    Ok((profile, node.source()))
}

async fn mfa_devices(iam: &Iam, user: &Identity) -> Result<Fact<Vec<MfaDevice>>, SinkError> {
    let list = List { result: "/ListMFADevicesResponse/ListMFADevicesResult", name: "MFADevices" };
    let info = about_user(MFA, user);
    let mut fact = iam
        .list(
            info.clone(),
            list,
            |marker| iam.client.list_mfa_devices().user_name(&user.name).set_marker(marker).send(),
            |member| mfa::device(member).map(Some),
        )
        .await?;
    let unknown = fact.value.iter().flatten().filter(|device| device.kind.is_none());
    for device in unknown {
        // Neither accepted nor not: what the device is was not read.
        let detail = format!("the serial number `{}` does not show what kind of device it is", device.serial);
        fact.gaps.push(info.refused(GapReason::Unsupported, detail).gap(None));
    }
    Ok(fact)
}

type KeysWithUse = (Fact<Vec<AccessKey>>, Fact<Vec<AccessKeyUse>>);

async fn access_keys_with_use(iam: &Iam, user: &Identity) -> Result<KeysWithUse, SinkError> {
    let list = List { result: "/ListAccessKeysResponse/ListAccessKeysResult", name: "AccessKeyMetadata" };
    let keys = iam
        .list(
            about_user(ACCESS_KEYS, user),
            list,
            |marker| iam.client.list_access_keys().user_name(&user.name).set_marker(marker).send(),
            |member| access_key(member).map(Some),
        )
        .await?;
    // Uses are those of the keys listed: what is missing there is missing here, and no key means no use.
    let mut uses =
        Fact { value: keys.value.as_ref().map(|_| Vec::new()), sources: keys.sources.clone(), gaps: keys.gaps.clone() };
    let asked = keys.value.iter().flatten().map(|key| key_use(iam, user, key));
    let mut unread = false;
    for one in try_join_all(asked).await? {
        unread |= one.value.is_none();
        uses.sources.extend(one.sources);
        uses.gaps.extend(one.gaps);
        if let Some(list) = uses.value.as_mut() {
            list.extend(one.value);
        }
    }
    // Keys without any use that was read are no empty list of uses.
    if unread && uses.value.as_ref().is_some_and(Vec::is_empty) {
        uses.value = None;
    }
    Ok((keys, uses))
}

fn access_key(member: &Node<'_>) -> Result<AccessKey, MalformedAnswer> {
    Ok(AccessKey {
        id: member.required("AccessKeyId")?.to_owned(),
        active: is_active(member)?,
        created: member.moment("CreateDate")?,
    })
}

async fn key_use(iam: &Iam, user: &Identity, key: &AccessKey) -> Result<Fact<AccessKeyUse>, SinkError> {
    let info = about_user(KEY_LAST_USED, user);
    let call = || iam.client.get_access_key_last_used().access_key_id(&key.id).send();
    Ok(match iam.ask(&info, call).await? {
        Ok(page) => match read_key_use(&page, key) {
            Ok((used, source)) => Fact::read(used, vec![source]),
            Err(problem) => {
                let place = page.source("/GetAccessKeyLastUsedResponse");
                Fact::unread(malformed(&info, &place, &problem).gap(None))
            }
        },
        Err(refusal) => Fact::refused(&refusal, "access_key_use"),
    })
}

fn read_key_use(page: &Page, key: &AccessKey) -> Result<(AccessKeyUse, Source), MalformedAnswer> {
    let document = page.document()?;
    let node = document.at("/GetAccessKeyLastUsedResponse/GetAccessKeyLastUsedResult/AccessKeyLastUsed")?;
    let last = node.moment("LastUsedDate")?;
    let word = |name| node.value(name).filter(|word| *word != "N/A").map(str::to_owned);
    let used = AccessKeyUse {
        id: key.id.clone(),
        used: last.is_some(),
        last,
        service: word("ServiceName"),
        region: word("Region"),
    };
    Ok((used, node.source()))
}
