//! KMS: `X-Amz-Target` and JSON in, JSON out.

use serde_json::{Map, Value, json};
use testkit::{Reply, Request};

use super::common::{bad_marker, name, page};
use super::error;
use super::world::{Key, KmsRegion, World};

pub fn answer(world: &World, request: &Request) -> Reply {
    let Some(region) = request.region.as_deref() else {
        return error::invalid(request, "the request names no region");
    };
    let nothing = KmsRegion::default();
    let enabled = world.regions.iter().any(|known| known.name == region && known.opt_status != "DISABLED");
    if !enabled {
        return error::error(
            request,
            400,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        );
    }
    let at = Place { world, request, region, kms: world.kms.get(region).unwrap_or(&nothing) };
    if bad_marker(request.parameter("Marker")) {
        return error::error(request, 400, "InvalidMarkerException", "the marker is not valid");
    }
    let answer = match name(request) {
        "ListKeys" => Ok(at.listed("Keys", 100, &at.kms.keys, |key| json!({"KeyId": key.id, "KeyArn": at.arn(key)}))),
        "ListAliases" => at.aliases(),
        "DescribeKey" => at.key().map(|key| json!({"KeyMetadata": at.metadata(key)})),
        "GetKeyPolicy" => at.key().map(|key| json!({"Policy": key.policy, "PolicyName": "default"})),
        "ListKeyPolicies" => at.key().map(|_| json!({"PolicyNames": ["default"], "Truncated": false})),
        "ListGrants" => at.key().map(|key| {
            at.listed("Grants", 50, &key.grants, |grant| {
                let mut value = json!({
                    "KeyId": at.arn(key), "GrantId": grant.id, "Name": grant.name, "CreationDate": grant.created,
                    "GranteePrincipal": grant.grantee, "IssuingAccount": format!("arn:aws:iam::{}:root", world.account),
                    "Operations": grant.operations});
                if let Some(retiring) = &grant.retiring {
                    value["RetiringPrincipal"] = retiring.as_str().into();
                }
                value
            })
        }),
        "ListResourceTags" => at
            .key()
            .map(|key| at.listed("Tags", 50, &key.tags, |(name, value)| json!({"TagKey": name, "TagValue": value}))),
        "GetKeyRotationStatus" => at.key().map(|key| at.rotation_status(key)),
        "ListKeyRotations" => at.key().map(|key| {
            at.listed(
                "Rotations",
                100,
                &key.rotations,
                |rotation| json!({"KeyId": key.id, "RotationDate": rotation.date, "RotationType": rotation.kind}),
            )
        }),
        "DescribeCustomKeyStores" => Ok(at.listed("CustomKeyStores", 100, &at.kms.stores, |store| {
            json!({
                "CustomKeyStoreId": store.id, "CustomKeyStoreName": store.name, "CustomKeyStoreType": "AWS_CLOUDHSM",
                "CloudHsmClusterId": CLUSTER, "ConnectionState": store.state, "CreationDate": 1_741_064_767.5})
        })),
        _ => Err(error::unknown(request)),
    };
    match answer {
        Ok(value) => Reply::new(200, "application/x-amz-json-1.1", value.to_string()),
        Err(reply) => reply,
    }
}

const CLUSTER: &str = "cluster-1a23b4cdefg";

struct Place<'a> {
    world: &'a World,
    request: &'a Request,
    region: &'a str,
    kms: &'a KmsRegion,
}

impl<'a> Place<'a> {
    fn arn(&self, key: &Key) -> String {
        self.arn_of(&format!("key/{}", key.id))
    }

    fn arn_of(&self, resource: &str) -> String {
        format!("arn:aws:kms:{}:{}:{resource}", self.region, self.world.account)
    }

    /// The key that `KeyId` names by id or ARN.
    fn key(&self) -> Result<&'a Key, Reply> {
        let wanted = self.request.parameter("KeyId").unwrap_or("");
        let id = wanted.rsplit("key/").next().unwrap_or(wanted);
        self.kms.keys.iter().find(|key| key.id == id).ok_or_else(|| {
            error::not_found(self.request, &format!("Key '{}' does not exist", self.arn_of(&format!("key/{id}"))))
        })
    }

    /// A paged list as KMS answers it.
    fn listed<T>(&self, name: &str, default: usize, items: &[T], each: impl Fn(&T) -> Value) -> Value {
        let limit = self.request.number("Limit").unwrap_or(default).min(self.world.kms_page);
        let (items, next) = page(items, self.request.parameter("Marker"), limit);
        let mut answer = Map::new();
        answer.insert(name.to_owned(), items.iter().map(each).collect());
        answer.insert("Truncated".to_owned(), next.is_some().into());
        if let Some(next) = next {
            answer.insert("NextMarker".to_owned(), next.into());
        }
        Value::Object(answer)
    }

    fn aliases(&self) -> Result<Value, Reply> {
        let of_key = match self.request.parameter("KeyId") {
            Some(_) => Some(self.key()?.id.as_str()),
            None => None,
        };
        let aliases: Vec<_> =
            self.kms.aliases.iter().filter(|alias| of_key.is_none() || alias.target.as_deref() == of_key).collect();
        Ok(self.listed("Aliases", 50, &aliases, |alias| {
            let mut value = json!({"AliasName": alias.name, "AliasArn": self.arn_of(&alias.name)});
            if let Some(target) = &alias.target {
                value["TargetKeyId"] = target.as_str().into();
                value["CreationDate"] = 1_741_064_767.25.into();
                value["LastUpdatedDate"] = 1_741_064_767.25.into();
            }
            value
        }))
    }

    /// Keys that cannot rotate (asymmetric, imported, in a custom store) always have the status false.
    fn rotation_status(&self, key: &Key) -> Value {
        let mut answer = json!({"KeyId": self.arn(key), "KeyRotationEnabled": key.rotation.is_some()});
        if let Some(days) = key.rotation {
            answer["RotationPeriodInDays"] = days.into();
            answer["NextRotationDate"] = (key.created + f64::from(days) * 2.0 * 86_400.0).into();
        }
        answer
    }

    fn metadata(&self, key: &Key) -> Value {
        let mut value = json!({
            "AWSAccountId": self.world.account, "Arn": self.arn(key), "KeyId": key.id,
            "CreationDate": key.created, "Description": key.description, "Enabled": key.state == "Enabled",
            "KeyManager": key.manager, "KeySpec": key.spec, "CustomerMasterKeySpec": key.spec,
            "KeyState": key.state, "KeyUsage": key.usage, "MultiRegion": key.multi_region, "Origin": key.origin});
        let members = [
            ("DeletionDate", key.deletion.map(Value::from)),
            ("ValidTo", key.valid_to.map(Value::from)),
            (
                "ExpirationModel",
                (key.origin == "EXTERNAL").then(|| {
                    let model = if key.valid_to.is_some() { "KEY_MATERIAL_EXPIRES" } else { "KEY_MATERIAL_DOES_NOT_EXPIRE" };
                    model.into()
                }),
            ),
            ("CloudHsmClusterId", key.custom_store.as_ref().map(|_| CLUSTER.into())),
            ("CustomKeyStoreId", key.custom_store.as_deref().map(Value::from)),
            (
                "MultiRegionConfiguration",
                key.multi_region.then(|| {
                    json!({"MultiRegionKeyType": "PRIMARY", "PrimaryKey": {"Arn": self.arn(key), "Region": self.region}, "ReplicaKeys": []})
                }),
            ),
            (
                match key.usage.as_str() {
                    "SIGN_VERIFY" => "SigningAlgorithms",
                    _ => "EncryptionAlgorithms",
                },
                Some(match key.usage.as_str() {
                    "SIGN_VERIFY" => json!(["ECDSA_SHA_256"]),
                    _ => json!(["SYMMETRIC_DEFAULT"]),
                }),
            ),
        ];
        for (name, member) in members {
            if let Some(member) = member {
                value[name] = member;
            }
        }
        value
    }
}
