//! The account itself and its root user.

use std::collections::HashMap;

use aws::{Call, Moment, Refusal};
use aws_sdk_iam::types::AssignmentStatusType;
use sdk::{CoverageNote, GapReason, SinkError, Source, SourceTotal};

use crate::descriptor::{ALIASES, GET_REPORT, PASSWORD_POLICY, SUMMARY, VIRTUAL_MFA};
use crate::iam::{Iam, List, Page, absence};
use crate::mfa;
use crate::report::CredentialReport;
use crate::resource::{ACCOUNT, Account, MfaDevice, PasswordPolicy, ReportRow, Summary};
use aws::fact::{Fact, Parts, malformed};
use aws::xml::MalformedAnswer;

/// IAM's own counts, with the place of each.
#[derive(Debug, Default)]
pub struct Counts(HashMap<String, (i64, Source)>);

impl Counts {
    /// A count under IAM's own name for it.
    fn count(&self, name: &str) -> Option<i64> {
        self.0.get(name).map(|(count, _)| *count)
    }

    /// A count that a list is compared with.
    pub fn total(&self, name: &str) -> Option<SourceTotal> {
        let (count, from) = self.0.get(name)?;
        Some(SourceTotal { count: u64::try_from(*count).ok()?, from: from.clone() })
    }
}

/// What is read of the account, besides the credential report.
#[derive(Debug)]
pub struct AccountFacts {
    pub counts: Counts,
    summary: Fact<Summary>,
    password_policy: Fact<PasswordPolicy>,
    aliases: Fact<Vec<String>>,
    root_virtual_mfa_devices: Fact<Vec<MfaDevice>>,
}

/// Reads the account's facts, `root` being the root user's ARN.
pub async fn read(iam: &Iam, root: &str) -> Result<AccountFacts, SinkError> {
    let (summary, password_policy, aliases, devices) =
        tokio::try_join!(summary(iam, root), password_policy(iam, root), aliases(iam, root), root_devices(iam, root),)?;
    let (counts, summary) = summary;
    Ok(AccountFacts { counts, summary, password_policy, aliases, root_virtual_mfa_devices: devices })
}

impl AccountFacts {
    /// Records the account.
    pub fn record(self, iam: &Iam, root: &str, report: &Result<CredentialReport, Refusal>) -> Result<(), SinkError> {
        let mut parts = Parts::new(ACCOUNT, root);
        let mut facts = self;
        if let Ok(report) = report {
            facts.hold_against(report);
        }
        let account = Account {
            aliases: parts.take("aliases", facts.aliases),
            password_policy: parts.take("password_policy", facts.password_policy),
            summary: parts.take("summary", facts.summary),
            root_credential_report: parts.take("root_credential_report", root_row(report)),
            root_virtual_mfa_devices: parts.take("root_virtual_mfa_devices", facts.root_virtual_mfa_devices),
        };
        parts.record(&iam.recorder, &account)?;
        iam.recorder.coverage(CoverageNote {
            population: ACCOUNT.to_owned(),
            calls: 0,
            pages: 0,
            items: 1,
            complete: true,
            total: None,
        })
    }
}

impl AccountFacts {
    /// What IAM says of the root user in several places. Where they contradict each other, neither is believed.
    fn hold_against(&mut self, report: &CredentialReport) {
        let Some(summary) = &self.summary.value else { return };
        let row = report.root().ok().flatten().map(|(row, _)| row);
        let said = |yes: bool| if yes { "has" } else { "has not" };
        let mut contradictions = Vec::new();
        if let (Some(enabled), Some(active)) = (summary.root_mfa_enabled, row.as_ref().and_then(|row| row.mfa_active))
            && enabled != active
        {
            contradictions.push(format!(
                "`GetAccountSummary` says that the root user {} an MFA device, the credential report of {} that they {} one",
                said(enabled),
                report.generated().at,
                said(active)
            ));
        }
        let devices = self.root_virtual_mfa_devices.value.as_ref().is_some_and(|devices| !devices.is_empty());
        if summary.root_mfa_enabled == Some(false) && devices {
            contradictions.push(
                "`GetAccountSummary` says that the root user has no MFA device, `ListVirtualMFADevices` lists one"
                    .to_owned(),
            );
        }
        let active = row.iter().flat_map(|row| &row.access_keys).any(|key| key.active == Some(true));
        if summary.root_access_keys_present == Some(false) && active {
            contradictions.push(format!(
                "`GetAccountSummary` says that the root user has no access key, the credential report of {} that one is active",
                report.generated().at
            ));
        }
        for detail in contradictions {
            let mut refusal = Call::new(SUMMARY).refused(GapReason::TotalMismatch, detail);
            refusal.exchange = Some(report.exchange());
            self.summary.gaps.push(refusal.gap(None));
        }
    }
}

fn root_row(report: &Result<CredentialReport, Refusal>) -> Fact<ReportRow> {
    match report {
        Ok(report) => report.fact(report.root(), "the root user", None),
        Err(refusal) => Fact::refused(refusal, "root_credential_report"),
    }
}

impl CredentialReport {
    /// A row as a part of a resource. `made`: when whose row it is came to be.
    pub fn fact(
        &self,
        row: Result<Option<(ReportRow, Source)>, crate::report::MalformedReport>,
        whose: &str,
        made: Option<&Moment>,
    ) -> Fact<ReportRow> {
        let info = Call::new(GET_REPORT);
        let place = Source::xml(self.exchange(), crate::report::CONTENT);
        match row {
            Ok(Some((row, source))) => Fact::read(row, vec![source]),
            Ok(None) => {
                let mut detail = format!("the credential report of {} has no row for {whose}", self.generated().at);
                if let Some(made) = made.filter(|made| made.epoch >= self.generated().epoch) {
                    detail.push_str(&format!(
                        ", who was made after it ({}): IAM makes the next report four hours after this one at the earliest",
                        made.at
                    ));
                }
                let mut refusal = info.refused(GapReason::TotalMismatch, detail);
                refusal.exchange = Some(self.exchange());
                Fact::unread(refusal.gap(None))
            }
            Err(problem) => Fact::unread(malformed(&info, &place, &problem).gap(None)),
        }
    }
}

fn info(operation: &str, root: &str) -> Call {
    Call::new(operation).population(ACCOUNT).subject(ACCOUNT, root)
}

async fn summary(iam: &Iam, root: &str) -> Result<(Counts, Fact<Summary>), SinkError> {
    let info = info(SUMMARY, root);
    let page = match iam.ask(&info, || iam.client.get_account_summary().send()).await? {
        Ok(page) => page,
        Err(refusal) => return Ok((Counts::default(), Fact::refused(&refusal, "summary"))),
    };
    Ok(match read_counts(&page) {
        Ok((counts, source)) => {
            let summary = counts.summary();
            (counts, Fact::read(summary, vec![source]))
        }
        Err(problem) => {
            let place = page.source("/GetAccountSummaryResponse");
            let gap = malformed(&info, &place, &problem).gap(None);
            (Counts::default(), Fact::unread(gap))
        }
    })
}

fn read_counts(page: &Page) -> Result<(Counts, Source), MalformedAnswer> {
    let document = page.document()?;
    let map = document.at("/GetAccountSummaryResponse/GetAccountSummaryResult/SummaryMap")?;
    let mut counts = HashMap::new();
    for entry in map.each("entry") {
        let name = entry.required("key")?.to_owned();
        if let (Some(count), Some(value)) = (entry.integer("value")?, entry.child("value")) {
            counts.insert(name, (count, value.source()));
        }
    }
    Ok((Counts(counts), map.source()))
}

impl Counts {
    fn summary(&self) -> Summary {
        let present = |name: &str| self.count(name).map(|count| count > 0);
        Summary {
            users: self.count("Users"),
            groups: self.count("Groups"),
            roles: self.count("Roles"),
            policies: self.count("Policies"),
            providers: self.count("Providers"),
            server_certificates: self.count("ServerCertificates"),
            mfa_devices: self.count("MFADevices"),
            mfa_devices_in_use: self.count("MFADevicesInUse"),
            root_mfa_enabled: present("AccountMFAEnabled"),
            root_access_keys_present: present("AccountAccessKeysPresent"),
            root_password_present: present("AccountPasswordPresent"),
            root_signing_certificates_present: present("AccountSigningCertificatesPresent"),
        }
    }
}

async fn password_policy(iam: &Iam, root: &str) -> Result<Fact<PasswordPolicy>, SinkError> {
    let info = info(PASSWORD_POLICY, root);
    let call = || iam.client.get_account_password_policy().send();
    Ok(match iam.ask(&info, call).await? {
        Ok(page) => match read_password_policy(&page) {
            Ok((policy, source)) => Fact::read(policy, vec![source]),
            Err(problem) => {
                let place = page.source("/GetAccountPasswordPolicyResponse");
                Fact::unread(malformed(&info, &place, &problem).gap(None))
            }
        },
        // IAM's way to say that there is none.
        Err(refusal) => match absence(&refusal, None) {
            Ok(Some(source)) => Fact::read(PasswordPolicy::default(), vec![source]),
            Ok(None) => Fact::refused(&refusal, "password_policy"),
            Err(malformed) => Fact::refused(&malformed, "password_policy"),
        },
    })
}

fn read_password_policy(page: &Page) -> Result<(PasswordPolicy, Source), MalformedAnswer> {
    let document = page.document()?;
    let node = document.at("/GetAccountPasswordPolicyResponse/GetAccountPasswordPolicyResult/PasswordPolicy")?;
    let policy = PasswordPolicy {
        exists: true,
        minimum_length: node.integer("MinimumPasswordLength")?,
        require_symbols: node.boolean("RequireSymbols")?,
        require_numbers: node.boolean("RequireNumbers")?,
        require_uppercase: node.boolean("RequireUppercaseCharacters")?,
        require_lowercase: node.boolean("RequireLowercaseCharacters")?,
        users_may_change: node.boolean("AllowUsersToChangePassword")?,
        expires: node.boolean("ExpirePasswords")?,
        maximum_age_days: node.integer("MaxPasswordAge")?,
        reuse_prevention: node.integer("PasswordReusePrevention")?,
        hard_expiry: node.boolean("HardExpiry")?,
    };
    Ok((policy, node.source()))
}

async fn aliases(iam: &Iam, root: &str) -> Result<Fact<Vec<String>>, SinkError> {
    let list = List { result: "/ListAccountAliasesResponse/ListAccountAliasesResult", name: "AccountAliases" };
    iam.list(
        info(ALIASES, root),
        list,
        |marker| iam.client.list_account_aliases().set_marker(marker).send(),
        |member| Ok(Some(member.text().to_owned())),
    )
    .await
}

async fn root_devices(iam: &Iam, root: &str) -> Result<Fact<Vec<MfaDevice>>, SinkError> {
    let list = List { result: "/ListVirtualMFADevicesResponse/ListVirtualMFADevicesResult", name: "VirtualMFADevices" };
    iam.list(
        info(VIRTUAL_MFA, root),
        list,
        |marker| {
            iam.client
                .list_virtual_mfa_devices()
                .assignment_status(AssignmentStatusType::Assigned)
                .set_marker(marker)
                .send()
        },
        |member| {
            let of_root = member.child("User").is_some_and(|user| user.value("Arn") == Some(root));
            of_root.then(|| mfa::device(member)).transpose()
        },
    )
    .await
}
