//! EKS: REST and JSON. Clusters, whom they let in, and with which access policies.

use base64::Engine as _;
use serde_json::{Map, Value, json};
use testkit::{Reply, Request};

use super::cluster::{EksCluster, EksEntry, EksPods};
use super::common::{name, page};
use super::error;
use super::world::World;

const CREATED: f64 = 1_741_064_767.5;

impl EksCluster {
    fn entry(&self, request: &Request) -> Result<&EksEntry, Reply> {
        let principal = request.parameter("principalArn").unwrap_or("");
        self.entries.iter().find(|entry| entry.principal == principal).ok_or_else(|| {
            missing(request, "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.")
        })
    }

    fn described(&self, world: &World, request: &Request) -> Value {
        let scheme = if request.secure { "https" } else { "http" };
        let host = request.header("host").unwrap_or("");
        let region = request.region.as_deref().unwrap_or("");
        json!({"cluster": {
            "name": self.name, "arn": format!("arn:aws:eks:{region}:{}:cluster/{}", world.account, self.name),
            "createdAt": CREATED, "version": "1.36", "status": "ACTIVE", "platformVersion": "eks.4", "tags": {},
            "endpoint": self.endpoint.clone().unwrap_or_else(|| format!("{scheme}://{host}")),
            "roleArn": format!("arn:aws:iam::{}:role/cluster", world.account),
            "certificateAuthority": {"data": base64::engine::general_purpose::STANDARD.encode(&self.authority)},
            "accessConfig": {"bootstrapClusterCreatorAdminPermissions": true, "authenticationMode": self.mode},
            "identity": {"oidc": {"issuer": format!("https://oidc.eks.{region}.amazonaws.com/id/{}", self.name)}},
            "encryptionConfig": []}})
    }
}

impl EksPods {
    fn summary(&self, world: &World, cluster: &EksCluster, request: &Request) -> Value {
        let (region, account, name) = (request.region.as_deref().unwrap_or(""), &world.account, &cluster.name);
        let mut summary = json!({"clusterName": name, "namespace": self.namespace, "serviceAccount": self.service_account,
            "associationArn": format!("arn:aws:eks:{region}:{account}:podidentityassociation/{name}/{}", self.id),
            "associationId": self.id});
        if let Some(owner) = self.more.get("ownerArn") {
            summary["ownerArn"] = owner.clone();
        }
        summary
    }
}

pub fn answer(world: &World, request: &Request) -> Reply {
    read(world, request).unwrap_or_else(|refusal| refusal)
}

fn read(world: &World, request: &Request) -> Result<Reply, Reply> {
    let named = request.parameter("clusterName").unwrap_or("");
    let Some(cluster) = world.eks.iter().find(|cluster| cluster.name == named) else {
        return Err(missing(request, &format!("No cluster found for name: {named}.")));
    };
    let body = match name(request) {
        "DescribeCluster" => cluster.described(world, request),
        "ListPodIdentityAssociations" => {
            let all: Vec<Value> = cluster.pods.iter().map(|pods| pods.summary(world, cluster, request)).collect();
            listed(request, "associations", &all)
        }
        "DescribePodIdentityAssociation" => {
            let id = request.parameter("associationId").unwrap_or("");
            let Some(pods) = cluster.pods.iter().find(|pods| pods.id == id) else {
                return Err(missing(request, "The specified pod identity association could not be found."));
            };
            let mut association = pods.summary(world, cluster, request);
            let members = json!({"roleArn": pods.role, "createdAt": CREATED, "modifiedAt": CREATED, "tags": {}});
            for (member, value) in members.as_object().into_iter().flatten().chain(&pods.more) {
                association[member.as_str()] = value.clone();
            }
            json!({"association": association})
        }
        _ if cluster.mode == "CONFIG_MAP" => {
            let message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
            return Err(error::error(request, 400, "InvalidRequestException", message));
        }
        "ListAccessEntries" => {
            let principals: Vec<Value> = cluster.entries.iter().map(|entry| entry.principal.clone().into()).collect();
            listed(request, "accessEntries", &principals)
        }
        "DescribeAccessEntry" => {
            let entry = cluster.entry(request)?;
            json!({"accessEntry": {"clusterName": cluster.name, "principalArn": entry.principal, "type": entry.kind,
                "kubernetesGroups": entry.groups, "username": entry.username, "createdAt": CREATED, "modifiedAt": CREATED,
                "accessEntryArn": format!("arn:aws:eks:eu-west-1:{}:access-entry/{}/role", world.account, cluster.name),
                "tags": {}}})
        }
        "ListAssociatedAccessPolicies" => {
            let entry = cluster.entry(request)?;
            let policies: Vec<Value> = entry
                .policies
                .iter()
                .map(|(policy, namespaces)| {
                    let scope = match namespaces {
                        None => json!({"type": "cluster", "namespaces": []}),
                        Some(namespaces) => json!({"type": "namespace", "namespaces": namespaces}),
                    };
                    json!({"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": scope,
                        "associatedAt": CREATED, "modifiedAt": CREATED})
                })
                .collect();
            let mut body = listed(request, "associatedAccessPolicies", &policies);
            body["clusterName"] = cluster.name.clone().into();
            body["principalArn"] = entry.principal.clone().into();
            body
        }
        _ => return Err(error::unknown(request)),
    };
    Ok(Reply::new(200, "application/json", body.to_string()))
}

/// Pages of two.
fn listed(request: &Request, member: &str, items: &[Value]) -> Value {
    let limit = request.number("maxResults").unwrap_or(2).min(2);
    let (items, next) = page(items, request.parameter("nextToken"), limit);
    let mut body = Map::from_iter([(member.to_owned(), Value::from(items.to_vec()))]);
    if let Some(next) = next {
        body.insert("nextToken".to_owned(), next.into());
    }
    Value::Object(body)
}

fn missing(request: &Request, message: &str) -> Reply {
    error::error(request, 404, "ResourceNotFoundException", message)
}
