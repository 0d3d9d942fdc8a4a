//! `witnessmark rights`: the permissions that the declared targets need, and what could be done with them if they were stolen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use agent::collect::Job;
use model::ExitStatus;
use sdk::{AlsoAsks, Descriptor};
use serde_json::json;

use crate::args::{Rights, RightsForm};
use crate::commands::run::runtime;
use crate::failure::{CommandResult, Failure};
use crate::output;
use crate::{context, jobs};

pub fn run(arguments: &Rights) -> CommandResult {
    let context = context::usable(&arguments.declaration.declaration, crate::clock::now())?;
    let plan = context.plan()?;
    let (jobs, _) = runtime()?.block_on(jobs::chosen(&plan, &context.folder, &arguments.targets, None))?;
    let descriptors = descriptors(&jobs);
    match arguments.format {
        RightsForm::AwsPolicy => {
            let of_aws = of_aws(&descriptors);
            if of_aws.is_empty() {
                return Err(Failure::input(anyhow::anyhow!("no target of the declaration is read from AWS")));
            }
            output::json(&aws::iam_policy(&of_aws))?;
        }
        RightsForm::AwsKeyPolicy => output::json(&key_policy_statements(&jobs, &descriptors)?)?,
        RightsForm::GithubPermissions => worded("github-permissions", &jobs)?,
        RightsForm::ClusterRole => worded("cluster-role", &jobs)?,
        RightsForm::Pkcs11User => worded("pkcs11-user", &jobs)?,
        RightsForm::Json => {
            let all: Vec<_> = descriptors
                .iter()
                .map(|d| json!({"collector": d.name, "rights": d.rights, "thief": d.thief}))
                .collect();
            output::json(&all)?;
        }
        RightsForm::Human => output::text(&told(&descriptors))?,
    }
    Ok(ExitStatus::Success)
}

/// Each collector once, with the rights that its targets take.
fn descriptors(jobs: &[Job]) -> Vec<Descriptor> {
    let mut all: BTreeMap<String, Descriptor> = BTreeMap::new();
    for job in jobs {
        let taken = job.kind.descriptor().for_target(&job.target.settings);
        let known = all.entry(taken.name.clone()).or_insert_with(|| taken.clone());
        let more = taken.rights.into_iter().filter(|right| !known.rights.contains(right)).collect::<Vec<_>>();
        known.rights.extend(more);
    }
    all.into_values().collect()
}

/// What is asked of AWS: by its own collectors, and by others whose targets lead there too.
fn of_aws(descriptors: &[Descriptor]) -> Vec<Descriptor> {
    let mut found = descriptors.to_vec();
    for descriptor in found.iter_mut().filter(|descriptor| !descriptor.name.starts_with("aws-")) {
        let beside: Vec<&AlsoAsks> =
            descriptor.also.iter().filter(|also| also.endpoints == aws::own_endpoints()).collect();
        descriptor.rights.retain(|right| beside.iter().any(|also| right.name.starts_with(&also.operations)));
    }
    found.retain(|descriptor| !descriptor.rights.is_empty());
    found
}

/// One statement for each role that reads keys.
fn key_policy_statements(jobs: &[Job], descriptors: &[Descriptor]) -> Result<Vec<serde_json::Value>, Failure> {
    let Some(kms) = descriptors.iter().find(|descriptor| descriptor.name == "aws-kms") else {
        return Err(Failure::input(anyhow::anyhow!("no target of the declaration is read by `aws-kms`")));
    };
    let roles: BTreeSet<String> = jobs
        .iter()
        .filter(|job| job.kind.descriptor().name == kms.name)
        .map(|job| {
            let setting = |name: &str| job.target.settings.get(name).and_then(serde_json::Value::as_str);
            match setting("assume_role") {
                Some(role) => role.to_owned(),
                // Whose credentials the environment holds is not known here.
                None => format!("arn:aws:iam::{}:role/THE-READING-ROLE", setting("account").unwrap_or_default()),
            }
        })
        .collect();
    Ok(roles.iter().map(|role| aws::key_policy_statement(kms, role)).collect())
}

/// Prints the rights as the one source that words them so wants them: a text as it is, anything else as JSON.
fn worded(format: &str, jobs: &[Job]) -> Result<(), Failure> {
    let worded = jobs.iter().find_map(|job| job.kind.rights_in(format)).ok_or_else(|| {
        Failure::input(anyhow::anyhow!("no target of the declaration is read from a source that grants `{format}`"))
    })?;
    match worded {
        serde_json::Value::String(text) => output::text(&text),
        worded => output::json(&worded),
    }
}

fn told(descriptors: &[Descriptor]) -> String {
    let mut text = String::new();
    for descriptor in descriptors {
        writeln!(text, "{}: {}\n", descriptor.name, descriptor.summary).ok();
        for right in &descriptor.rights {
            let feeds: Vec<String> = right
                .feeds
                .iter()
                .map(|feed| match &feed.part {
                    Some(part) => format!("{} /{part}", feed.kind),
                    None => format!("the list of {}", feed.kind),
                })
                .collect();
            writeln!(text, "  {}", right.name).ok();
            writeln!(text, "      {}", right.note).ok();
            if !feeds.is_empty() {
                writeln!(text, "      without it unread: {}", feeds.join(", ")).ok();
            }
        }
        writeln!(text, "\n  If these permissions were stolen: {}\n", descriptor.thief).ok();
    }
    text
}
