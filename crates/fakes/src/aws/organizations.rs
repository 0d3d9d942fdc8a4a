//! Organizations: `X-Amz-Target` and JSON in, JSON out. Lists go on by `NextToken`.

use serde_json::{Map, Value, json};
use testkit::{Reply, Request};

use super::common::{bad_marker, name, page};
use super::error;
use super::organization::{Member, Organization, OrganizationPolicy, Unit};
use super::world::World;

impl Organization {
    fn arn(&self, resource: &str) -> String {
        format!("arn:aws:organizations::{}:{resource}", self.management)
    }

    fn account(&self, member: &Member) -> Value {
        json!({
            "Id": member.id, "Arn": self.arn(&format!("account/{}/{}", self.id, member.id)), "Name": member.name,
            "Email": format!("{}@northbank.example", member.name), "Status": member.status,
            "JoinedMethod": "CREATED", "JoinedTimestamp": 1_741_064_767.125})
    }

    fn unit(&self, unit: &Unit) -> Value {
        json!({"Id": unit.id, "Name": unit.name, "Arn": self.arn(&format!("ou/{}/{}", self.id, unit.id))})
    }

    fn policy(&self, policy: &OrganizationPolicy) -> Value {
        let aws = policy.name == "FullAWSAccess";
        let owner = if aws { "aws:policy".to_owned() } else { format!("policy/{}", self.id) };
        let kind = policy.kind.to_lowercase();
        json!({
            "Id": policy.id, "Arn": self.arn(&format!("{owner}/{kind}/{}", policy.id)), "Name": policy.name,
            "Description": "", "Type": policy.kind, "AwsManaged": aws})
    }

    fn target(&self, id: &str) -> Value {
        let kind = match id.split('-').next() {
            Some("r") => "ROOT",
            Some("ou") => "ORGANIZATIONAL_UNIT",
            _ => "ACCOUNT",
        };
        let name = self.units.iter().find(|unit| unit.id == id).map_or("", |unit| &unit.name);
        json!({"TargetId": id, "Arn": self.arn(&format!("target/{id}")), "Name": name, "Type": kind})
    }
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let Some(here) = &world.organization else {
        let message = "Your account is not a member of an organization.";
        return error::error(request, 400, "AWSOrganizationsNotInUseException", message);
    };
    if bad_marker(request.parameter("NextToken")) {
        return error::error(request, 400, "InvalidInputException", "You provided an invalid NextToken.");
    }
    let asked = |name: &str| request.parameter(name).unwrap_or("").to_owned();
    let list = |name: &str, items: Vec<Value>| {
        let limit = request.number("MaxResults").unwrap_or(20).min(world.organizations_page);
        let (items, next) = page(&items, request.parameter("NextToken"), limit);
        let mut answer = Map::from_iter([(name.to_owned(), Value::from(items.to_vec()))]);
        if let Some(next) = next {
            answer.insert("NextToken".to_owned(), next.into());
        }
        Ok(Value::Object(answer))
    };
    let policy = || {
        let id = asked("PolicyId");
        here.policies.iter().find(|policy| policy.id == id).ok_or_else(|| {
            error::error(
                request,
                400,
                "PolicyNotFoundException",
                "We can't find a policy with the PolicyId that you specified.",
            )
        })
    };
    let answer = match name(request) {
        "DescribeOrganization" => Ok(json!({"Organization": {
            "Id": here.id, "Arn": here.arn(&format!("organization/{}", here.id)), "FeatureSet": "ALL",
            "MasterAccountId": here.management, "MasterAccountEmail": "management@northbank.example",
            "MasterAccountArn": here.arn(&format!("account/{}/{}", here.id, here.management)),
            "AvailablePolicyTypes": []}})),
        "ListRoots" => {
            let types: Vec<Value> = here.types.iter().map(|kind| json!({"Type": kind, "Status": "ENABLED"})).collect();
            let root = json!({"Id": here.root, "Name": "Root", "PolicyTypes": types,
                "Arn": here.arn(&format!("root/{}/{}", here.id, here.root))});
            list("Roots", vec![root])
        }
        "ListOrganizationalUnitsForParent" => {
            let parent = asked("ParentId");
            let units = here.units.iter().filter(|unit| unit.parent == parent);
            list("OrganizationalUnits", units.map(|unit| here.unit(unit)).collect())
        }
        "ListAccounts" => list("Accounts", here.accounts.iter().map(|member| here.account(member)).collect()),
        "ListAccountsForParent" => {
            let parent = asked("ParentId");
            let members = here.accounts.iter().filter(|member| member.parent == parent);
            list("Accounts", members.map(|member| here.account(member)).collect())
        }
        "ListPolicies" => {
            let kind = asked("Filter");
            let policies = here.policies.iter().filter(|policy| policy.kind == kind);
            list("Policies", policies.map(|policy| here.policy(policy)).collect())
        }
        "DescribePolicy" => {
            policy().map(|policy| json!({"Policy": {"PolicySummary": here.policy(policy), "Content": policy.content}}))
        }
        "ListTargetsForPolicy" => {
            policy().and_then(|policy| list("Targets", policy.targets.iter().map(|id| here.target(id)).collect()))
        }
        "ListDelegatedAdministrators" => {
            let mut ids: Vec<&String> = here.delegated.iter().map(|(account, _)| account).collect();
            ids.dedup();
            let members = here.accounts.iter().filter(|member| ids.contains(&&member.id));
            let delegated = members.map(|member| {
                let mut value = here.account(member);
                value["DelegationEnabledDate"] = 1_741_064_768.5.into();
                value
            });
            list("DelegatedAdministrators", delegated.collect())
        }
        "ListDelegatedServicesForAccount" => {
            let account = asked("AccountId");
            if !here.delegated.iter().any(|(of, _)| *of == account) {
                let message = "The provided account is not a registered delegated administrator for your organization.";
                return error::error(request, 400, "AccountNotRegisteredException", message);
            }
            let services = here
                .delegated
                .iter()
                .filter(|(of, _)| *of == account)
                .map(|(_, service)| json!({"ServicePrincipal": service, "DelegationEnabledDate": 1_741_064_768.5}));
            list("DelegatedServices", services.collect())
        }
        _ => Err(error::unknown(request)),
    };
    match answer {
        Ok(value) => Reply::new(200, "application/x-amz-json-1.1", value.to_string()),
        Err(reply) => reply,
    }
}
