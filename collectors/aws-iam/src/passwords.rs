//! What the credential report adds to IAM's own answers about one user, and where it contradicts them.

use aws::{Call, Moment, Refusal};
use sdk::{ExchangeId, GapReason};

use crate::descriptor::{ACCESS_KEYS, LOGIN_PROFILE, MFA};
use crate::report::CredentialReport;
use crate::resource::{AccessKey, LoginProfile, MfaDevice, PasswordUse, ReportRow};
use aws::fact::Fact;

/// What IAM was asked about a user, and the report says too.
pub struct Answers<'a> {
    pub login_profile: &'a mut Fact<LoginProfile>,
    pub mfa_devices: &'a mut Fact<Vec<MfaDevice>>,
    pub access_keys: &'a mut Fact<Vec<AccessKey>>,
}

/// Seconds after a report in which something may have been made before this run: IAM makes a report four hours after the last one at the
/// earliest, and clocks may be six hours apart.
const YOUNGER: i64 = 10 * 3600;

/// Whether something was there when the report was made; what has no date may have been, and so may what has a date that has not come yet.
fn was_there(made: Option<&Moment>, report: &Moment) -> bool {
    made.is_none_or(|made| made.epoch < report.epoch || made.epoch > report.epoch.saturating_add(YOUNGER))
}

impl Answers<'_> {
    /// Names what the report says otherwise. What was made after the report is no contradiction; what was removed after it cannot be
    /// told from one, and passes with the next report.
    pub fn hold_against(&mut self, row: &ReportRow, report: &CredentialReport) {
        let at = report.generated();
        let exchange = report.exchange();
        if let (Some(profile), Some(enabled)) = (&self.login_profile.value, row.password_enabled)
            && profile.exists != enabled
            && (enabled || was_there(profile.created.as_ref(), at))
        {
            let (here, there) = if enabled { ("no password", "one") } else { ("a password", "none") };
            let detail = contradiction(LOGIN_PROFILE, here, at, there);
            self.login_profile.gaps.push(gap(LOGIN_PROFILE, detail, exchange));
        }
        if let (Some(devices), Some(active), true) =
            (&self.mfa_devices.value, row.mfa_active, self.mfa_devices.gaps.is_empty())
        {
            let then = devices.iter().filter(|device| was_there(device.enabled.as_ref(), at)).count();
            if active == devices.is_empty() && (active || then > 0) {
                let (here, there) = if active { ("no MFA device", "one") } else { ("an MFA device", "none") };
                let detail = contradiction(MFA, here, at, there);
                self.mfa_devices.gaps.push(gap(MFA, detail, exchange));
            }
        }
        if let (Some(keys), true) = (&self.access_keys.value, self.access_keys.gaps.is_empty()) {
            let here = keys.iter().filter(|key| key.active && was_there(key.created.as_ref(), at)).count();
            let there = row.access_keys.iter().filter(|key| key.active == Some(true)).count();
            if here != there {
                let detail = contradiction(ACCESS_KEYS, &format!("{here} active keys"), at, &there.to_string());
                self.access_keys.gaps.push(gap(ACCESS_KEYS, detail, exchange));
            }
        }
    }
}

fn contradiction(right: &str, here: &str, at: &Moment, there: &str) -> String {
    let operation = right.trim_start_matches("iam:");
    format!(
        "`{operation}` gives {here} of that time, the credential report of {} {there}: one contradicts the other, unless it was \
         changed since; the next report, four hours later at the latest, tells",
        at.at
    )
}

fn gap(right: &str, detail: String, report: ExchangeId) -> sdk::GapNote {
    let mut refusal = Call::new(right).refused(GapReason::TotalMismatch, detail);
    refusal.exchange = Some(report);
    refusal.gap(None)
}

/// How the password was used. Who has none needs no report; nor does a password that is younger than the report.
pub fn password_use(
    login: &Fact<LoginProfile>,
    row: &Fact<ReportRow>,
    report: &Result<CredentialReport, Refusal>,
) -> Fact<PasswordUse> {
    let Some(profile) = &login.value else {
        return Fact { value: None, sources: Vec::new(), gaps: login.gaps.clone() };
    };
    let mut found = PasswordUse { exists: profile.exists, created: profile.created.clone(), ..PasswordUse::default() };
    let mut sources = login.sources.clone();
    match (&row.value, report) {
        _ if !profile.exists => {}
        (Some(said), _) => {
            sources.extend(row.sources.iter().cloned());
            found.enabled = said.password_enabled;
            found.last_used = said.password_last_used.clone();
            found.changed = said.password_last_changed.clone();
            found.as_of = said.generated.clone();
        }
        (None, Ok(report)) if profile.created.is_some() && !was_there(profile.created.as_ref(), report.generated()) => {
        }
        (None, _) => return Fact { value: None, sources: Vec::new(), gaps: row.gaps.clone() },
    }
    Fact { value: Some(found), sources, gaps: login.gaps.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_has_not_come_yet_excuses_nothing() {
        let at = |epoch: i64| Moment { at: String::new(), epoch };
        let report = at(1_000_000);
        for (made, there) in
            [(999_999, true), (1_000_000, false), (1_036_000, false), (1_036_001, true), (i64::MAX, true)]
        {
            assert_eq!(was_there(Some(&at(made)), &report), there, "{made}");
        }
        assert!(was_there(None, &report));
    }
}
