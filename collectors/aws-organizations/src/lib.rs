//! Reads AWS Organizations: accounts, the units they are in, and the policies that bind them whatever their own administrators do.
//!
//! What is read, by which right, and what cannot be seen: `README.md`.

mod accounts;
mod collecting;
mod organization;
mod policies;
mod read;
pub mod resource;
mod rights;
mod tree;
mod wire;

use async_trait::async_trait;
use aws::{Call, Session, own_endpoints, right_status, settings_schema};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::PolicyType;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, FoundTarget,
    Recorder, ResourceKind, RightState, RightStatus, RightsForm, SinkError, Target,
};
use serde_json::Value;

use crate::collecting::Collecting;
use crate::resource::{ACCOUNT, Account, ORGANIZATION, Organization, POLICY, Policy, UNIT, Unit};
use crate::rights::{ACCOUNTS, CHILDREN, DELEGATED, DESCRIBE, DOCUMENT, POLICIES, ROOTS, SERVICES, TARGETS, UNITS};

/// The collector `aws-organizations`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsOrganizations;

#[async_trait]
impl CollectorKind for AwsOrganizations {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "aws-organizations".to_owned(),
            summary: "The organisation an AWS account is in: its accounts and units, and the policies that bind them \
                      whatever their own administrators do."
                .to_owned(),
            resources: vec![
                ResourceKind::of::<Organization>(ORGANIZATION),
                ResourceKind::of::<Unit>(UNIT),
                ResourceKind::of::<Account>(ACCOUNT),
                ResourceKind::of::<Policy>(POLICY),
            ],
            rights: rights::rights(),
            settings: settings_schema(),
            endpoints: own_endpoints(&["organizations", "account", "sts"]),
            also: Vec::new(),
            thief: "Learn every account of the organisation by number and name, how they are grouped, which of them \
                    administer it, and what its policies leave open. It changes nothing and gives access to no account."
                .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        aws::PINNED_BY
    }

    /// Only of an account that the organisation's policies are shown to.
    async fn discover(&self, environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
        let found = aws::discover(environment, recorder).await?;
        for target in &found {
            let target = Target { id: target.id.clone(), settings: target.settings.clone() };
            let session = Session::connect(&target, environment, recorder).await?;
            let client = client(&session);
            if let Err(refusal) = session.call(Call::new(ROOTS), || client.list_roots().send()).await? {
                return Err(refusal.fatal());
            }
        }
        Ok(found)
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        aws::rights_forms()
    }

    fn rights_in(&self, form: &str, declared: &[DeclaredCollector]) -> Option<Value> {
        aws::rights_in(form, declared)
    }

    fn template(&self) -> Option<&'static str> {
        Some(aws::TEMPLATE)
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        let session = Session::connect(target, environment, recorder).await?;
        Ok(Box::new(Collecting { client: client(&session), session }))
    }
}

fn client(session: &Session) -> Client {
    Client::from_conf(aws_sdk_organizations::config::Builder::from(session.config()).build())
}

#[async_trait]
impl Collector for Collecting {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        self.session.identify().await
    }

    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        Ok(self.try_rights().await?)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        Ok(read::read(self, recorder).await?)
    }
}

impl Collecting {
    /// Each right once, on the first root and policy there is.
    async fn try_rights(&self) -> Result<Vec<RightStatus>, SinkError> {
        let mut statuses = Vec::new();
        macro_rules! try_one {
            ($right:expr, $scope:expr, $call:expr) => {{
                let asked = self.session.call(Call::new($right), || $call.send()).await?;
                statuses.push(right_status($right, $scope, &asked));
                asked.ok().map(|answer| answer.body)
            }};
        }
        let client = &self.client;
        try_one!(DESCRIBE, None, client.describe_organization());
        try_one!(ACCOUNTS, None, client.list_accounts().max_results(1));
        try_one!(DELEGATED, None, client.list_delegated_administrators().max_results(1));
        let own = client.list_delegated_services_for_account().account_id(&self.session.settings().account);
        let asked = self.session.call(Call::new(SERVICES), || own.clone().send()).await?;
        statuses.push(right_status(SERVICES, None, &asked));
        // Only who may ask is told that an account is not a delegated administrator.
        if asked.is_err_and(|refusal| refusal.has_code("AccountNotRegisteredException"))
            && let Some(status) = statuses.last_mut()
        {
            status.state = RightState::Granted;
        }
        let roots = try_one!(ROOTS, None, client.list_roots().max_results(1));
        let root = roots.and_then(|body| read::first_id(&body, "Roots"));
        let policies =
            try_one!(POLICIES, None, client.list_policies().filter(PolicyType::ServiceControlPolicy).max_results(1));
        let policy = policies.and_then(|body| read::first_id(&body, "Policies"));
        let undecided = |right: &str, what: &str| RightStatus {
            right: right.to_owned(),
            state: RightState::Undecided,
            scope: None,
            detail: format!("there is no {what} to try it on"),
        };
        match root {
            Some(root) => {
                let scope = Some(root.as_str());
                try_one!(UNITS, scope, client.list_organizational_units_for_parent().parent_id(&root).max_results(1));
                try_one!(CHILDREN, scope, client.list_accounts_for_parent().parent_id(&root).max_results(1));
            }
            None => statuses.extend([UNITS, CHILDREN].map(|right| undecided(right, "root"))),
        }
        match policy {
            Some(policy) => {
                let scope = Some(policy.as_str());
                try_one!(DOCUMENT, scope, client.describe_policy().policy_id(&policy));
                try_one!(TARGETS, scope, client.list_targets_for_policy().policy_id(&policy).max_results(1));
            }
            None => statuses.extend([DOCUMENT, TARGETS].map(|right| undecided(right, "policy"))),
        }
        Ok(statuses)
    }
}
