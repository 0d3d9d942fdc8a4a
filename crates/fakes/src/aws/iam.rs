//! IAM and STS: form in, XML out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testkit::{Reply, Request};

use super::common::{bad_marker, name, page};
use super::error;
use super::world::{AccessKey, Group, Mfa, Policy, Role, User, World};
use super::xml::Xml;

const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub fn answer(world: &World, request: &Request, id: &str) -> Reply {
    if bad_marker(request.parameter("Marker")) {
        return error::error(request, 400, "ValidationError", "Invalid Marker");
    }
    let mut xml = Xml::default();
    let done = match name(request) {
        "GetAccountAuthorizationDetails" => authorization_details(world, request, &mut xml),
        "GenerateCredentialReport" => {
            xml.text("State", "COMPLETE");
            Ok(())
        }
        "GetCredentialReport" => {
            xml.text("Content", &STANDARD.encode(credential_report(world)));
            xml.text("GeneratedTime", &world.report_generated);
            xml.text("ReportFormat", "text/csv");
            Ok(())
        }
        "GetAccountSummary" => {
            summary(world, &mut xml);
            Ok(())
        }
        "GetAccountPasswordPolicy" => password_policy(world, request, &mut xml),
        "ListAccountAliases" => {
            xml.text("IsTruncated", "false");
            xml.texts("AccountAliases", world.alias.as_deref());
            Ok(())
        }
        "ListVirtualMFADevices" => {
            virtual_devices(world, request, &mut xml);
            Ok(())
        }
        "ListMFADevices" => user_named(world, request).map(|user| {
            listed(world, request, &mut xml, "MFADevices", &user.mfa, |xml, device| {
                xml.text("UserName", &user.name);
                xml.text("SerialNumber", &device.serial);
                xml.text("EnableDate", &device.enabled);
            });
        }),
        "GetMFADevice" => device(world, request, &mut xml),
        "ListAccessKeys" => user_named(world, request).map(|user| {
            listed(world, request, &mut xml, "AccessKeyMetadata", &user.keys, |xml, key| {
                xml.text("UserName", &user.name);
                xml.text("AccessKeyId", &key.id);
                xml.text("Status", status(key.active));
                xml.text("CreateDate", &key.created);
            });
        }),
        "GetAccessKeyLastUsed" => last_used(world, request, &mut xml),
        "GetLoginProfile" => login(world, request, &mut xml),
        "ListSAMLProviders" => {
            xml.list("SAMLProviderList", &world.saml, |xml, provider| {
                xml.text("Arn", &provider.arn);
                xml.optional("ValidUntil", provider.valid_until.as_deref());
                xml.text("CreateDate", &provider.created);
            });
            Ok(())
        }
        "GetSAMLProvider" => world
            .saml
            .iter()
            .find(|provider| Some(provider.arn.as_str()) == request.parameter("SAMLProviderArn"))
            .ok_or_else(|| missing(request))
            .map(|provider| {
                xml.text("SAMLMetadataDocument", &provider.metadata);
                xml.text("CreateDate", &provider.created);
                xml.optional("ValidUntil", provider.valid_until.as_deref());
                tags(&mut xml, &[]);
            }),
        "ListOpenIDConnectProviders" => {
            xml.list("OpenIDConnectProviderList", &world.oidc, |xml, provider| {
                xml.text("Arn", &provider.arn);
            });
            Ok(())
        }
        "GetOpenIDConnectProvider" => world
            .oidc
            .iter()
            .find(|provider| Some(provider.arn.as_str()) == request.parameter("OpenIDConnectProviderArn"))
            .ok_or_else(|| missing(request))
            .map(|provider| {
                xml.text("Url", &provider.url);
                xml.texts("ClientIDList", provider.clients.iter().map(String::as_str));
                xml.texts("ThumbprintList", provider.thumbprints.iter().map(String::as_str));
                xml.text("CreateDate", &provider.created);
                xml.list("Tags", &[] as &[(String, String)], |_, _| {});
            }),
        "GetPolicyVersion" => policy_version(world, request, &mut xml),
        "ListUsers" => {
            listed(world, request, &mut xml, "Users", &world.users, |xml, user| user_head(world, xml, user));
            Ok(())
        }
        "ListRoles" => {
            listed(world, request, &mut xml, "Roles", &world.roles, |xml, role| {
                role_head(world, xml, role);
                xml.text("MaxSessionDuration", &role.max_session_seconds.to_string());
            });
            Ok(())
        }
        "ListGroups" => {
            listed(world, request, &mut xml, "Groups", &world.groups, |xml, group| group_head(world, xml, group));
            Ok(())
        }
        "ListPolicies" => {
            listed(world, request, &mut xml, "Policies", &world.policies, |xml, policy| {
                policy_head(world, xml, policy);
            });
            Ok(())
        }
        "ListServiceSpecificCredentials" => user_named(world, request).map(|user| {
            let list = "ServiceSpecificCredentials";
            listed(world, request, &mut xml, list, &user.service_credentials, |xml, one| {
                xml.text("UserName", &user.name);
                xml.text("Status", status(one.active));
                xml.text("ServiceUserName", &format!("{}-at-{}", user.name, world.account));
                xml.text("CreateDate", &one.created);
                xml.text("ServiceSpecificCredentialId", &one.id);
                xml.text("ServiceName", &one.what);
            });
        }),
        "ListSSHPublicKeys" => user_named(world, request).map(|user| {
            listed(world, request, &mut xml, "SSHPublicKeys", &user.ssh_keys, |xml, one| {
                xml.text("UserName", &user.name);
                xml.text("SSHPublicKeyId", &one.id);
                xml.text("Status", status(one.active));
                xml.text("UploadDate", &one.created);
            });
        }),
        "ListSigningCertificates" => user_named(world, request).map(|user| {
            listed(world, request, &mut xml, "Certificates", &user.signing_certificates, |xml, one| {
                xml.text("UserName", &user.name);
                xml.text("CertificateId", &one.id);
                xml.text("CertificateBody", &one.what);
                xml.text("Status", status(one.active));
                xml.text("UploadDate", &one.created);
            });
        }),
        "ListServerCertificates" => {
            let list = "ServerCertificateMetadataList";
            listed(world, request, &mut xml, list, &world.server_certificates, |xml, name| {
                xml.text("Path", "/");
                xml.text("ServerCertificateName", name);
                xml.text("ServerCertificateId", &format!("ASCA0000000000{name:0>7}").to_uppercase());
                xml.text("Arn", &format!("arn:aws:iam::{}:server-certificate/{name}", world.account));
                xml.text("UploadDate", "2026-01-02T03:04:05Z");
                xml.text("Expiration", "2028-01-02T03:04:05Z");
            });
            Ok(())
        }
        "GetUser" => user_named(world, request).map(|user| {
            xml.open("User");
            user_head(world, &mut xml, user);
            xml.close("User");
        }),
        "SimulatePrincipalPolicy" => {
            simulate(request, &mut xml);
            Ok(())
        }
        _ => Err(error::unknown(request)),
    };
    match done {
        Ok(()) => wrap(request, IAM, &xml.into_text(), id),
        Err(reply) => reply,
    }
}

pub fn answer_sts(world: &World, request: &Request, id: &str) -> Reply {
    let mut xml = Xml::default();
    let account = &world.account;
    match name(request) {
        "GetCallerIdentity" => {
            xml.text("Arn", &format!("arn:aws:iam::{account}:user/witnessmark"));
            xml.text("UserId", "AIDA0000000000WITNESS");
            xml.text("Account", account);
        }
        "AssumeRole" => {
            let role = request.parameter("RoleArn").unwrap_or("");
            let session = request.parameter("RoleSessionName").unwrap_or("");
            let assumed =
                format!("{}/{session}", role.replacen(":iam:", ":sts:", 1).replacen(":role/", ":assumed-role/", 1));
            xml.open("AssumedRoleUser");
            xml.text("AssumedRoleId", &format!("AROA0000000000WITNESS:{session}"));
            xml.text("Arn", &assumed);
            xml.close("AssumedRoleUser");
            xml.open("Credentials");
            xml.text("AccessKeyId", "ASIA0000000000WITNES");
            xml.text("SecretAccessKey", SESSION_SECRET);
            xml.text("SessionToken", SESSION_TOKEN);
            xml.text("Expiration", "2036-11-20T07:00:00Z");
            xml.close("Credentials");
        }
        _ => return error::unknown(request),
    }
    wrap(request, STS, &xml.into_text(), id)
}

/// What `AssumeRole` hands out: canaries, to be found in no output.
pub const SESSION_SECRET: &str = "canary/session/secret/0000000000000000000";
pub const SESSION_TOKEN: &str = "canary-session-token-000000000000000000000000000000000000";

fn wrap(request: &Request, namespace: &str, inner: &str, id: &str) -> Reply {
    let name = name(request);
    let mut text = String::with_capacity(inner.len() + 400);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<{name}Response xmlns=\"{namespace}\">\n  <{name}Result>{inner}</{name}Result>\n  <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  </ResponseMetadata>\n</{name}Response>\n"
    );
    Reply::new(200, "text/xml", text)
}

fn missing(request: &Request) -> Reply {
    error::not_found(request, "The request was rejected because it referenced a resource entity that does not exist.")
}

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

fn limit(world: &World, request: &Request) -> usize {
    request.number("MaxItems").unwrap_or(100).min(world.iam_page)
}

/// A paged list as most IAM operations answer it.
fn listed<T>(world: &World, request: &Request, xml: &mut Xml, name: &str, items: &[T], each: impl FnMut(&mut Xml, &T)) {
    let (items, next) = page(items, request.parameter("Marker"), limit(world, request));
    xml.text("IsTruncated", if next.is_some() { "true" } else { "false" });
    xml.list(name, items, each);
    xml.optional("Marker", next.as_deref());
}

fn user_named<'a>(world: &'a World, request: &Request) -> Result<&'a User, Reply> {
    let wanted = request.parameter("UserName").unwrap_or("");
    world
        .users
        .iter()
        .find(|user| user.name == wanted)
        .ok_or_else(|| error::not_found(request, &format!("The user with name {wanted} cannot be found.")))
}

fn user_arn(world: &World, user: &User) -> String {
    format!("arn:aws:iam::{}:user{}{}", world.account, user.path, user.name)
}

fn user_head(world: &World, xml: &mut Xml, user: &User) {
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", &user.id);
    xml.text("Arn", &user_arn(world, user));
    xml.text("CreateDate", &user.created);
    if let Some(used) = user.login.as_ref().and_then(|login| login.last_used.as_deref()) {
        xml.text("PasswordLastUsed", used);
    }
}

fn group_head(world: &World, xml: &mut Xml, group: &Group) {
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.name);
    xml.text("GroupId", &group.id);
    xml.text("Arn", &format!("arn:aws:iam::{}:group{}{}", world.account, group.path, group.name));
    xml.text("CreateDate", &group.created);
}

fn role_head(world: &World, xml: &mut Xml, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &format!("arn:aws:iam::{}:role{}{}", world.account, role.path, role.name));
    xml.text("CreateDate", &role.created);
    xml.document("AssumeRolePolicyDocument", &role.trust);
}

fn policy_head(world: &World, xml: &mut Xml, policy: &Policy) {
    xml.text("PolicyName", &policy.name);
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &policy.arn);
    xml.text("Path", &policy.path);
    if let Some(version) = policy.versions.iter().find(|version| version.default) {
        xml.text("DefaultVersionId", &version.id);
    }
    xml.text("AttachmentCount", &world.attachments(&policy.arn).to_string());
    xml.text("PermissionsBoundaryUsageCount", "0");
    xml.text("IsAttachable", "true");
    xml.text("CreateDate", &policy.created);
    xml.text("UpdateDate", &policy.created);
}

fn tags(xml: &mut Xml, tags: &[(String, String)]) {
    xml.list("Tags", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

fn boundary(xml: &mut Xml, boundary: Option<&str>) {
    if let Some(arn) = boundary {
        xml.open("PermissionsBoundary");
        xml.text("PermissionsBoundaryType", "Policy");
        xml.text("PermissionsBoundaryArn", arn);
        xml.close("PermissionsBoundary");
    }
}

fn inline(xml: &mut Xml, name: &str, policies: &[(String, String)]) {
    xml.list(name, policies, |xml, (name, document)| {
        xml.text("PolicyName", name);
        xml.document("PolicyDocument", document);
    });
}

fn attached(xml: &mut Xml, arns: &[String]) {
    xml.list("AttachedManagedPolicies", arns, |xml, arn| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or(arn));
        xml.text("PolicyArn", arn);
    });
}

enum Entity<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(&'a Policy),
}

fn authorization_details(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let filter: Vec<&str> = request
        .parameters
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("Filter."))
        .filter_map(|(_, value)| value.as_str())
        .collect();
    let wants = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let mut entities: Vec<Entity<'_>> = Vec::new();
    if wants("User") {
        entities.extend(world.users.iter().map(Entity::User));
    }
    if wants("Group") {
        entities.extend(world.groups.iter().map(Entity::Group));
    }
    if wants("Role") {
        entities.extend(world.roles.iter().map(Entity::Role));
    }
    let local = |policy: &&Policy| !policy.arn.starts_with("arn:aws:iam::aws:");
    if wants("LocalManagedPolicy") {
        entities.extend(world.policies.iter().filter(local).map(Entity::Policy));
    }
    if wants("AWSManagedPolicy") {
        entities.extend(world.policies.iter().filter(|policy| !local(policy)).map(Entity::Policy));
    }
    let (entities, next) = page(&entities, request.parameter("Marker"), limit(world, request));
    xml.text("IsTruncated", if next.is_some() { "true" } else { "false" });
    let users = entities.iter().filter_map(|entity| if let Entity::User(user) = entity { Some(*user) } else { None });
    xml.list("UserDetailList", users, |xml, user| {
        user_head(world, xml, user);
        inline(xml, "UserPolicyList", &user.inline);
        xml.texts("GroupList", user.groups.iter().map(String::as_str));
        attached(xml, &user.attached);
        boundary(xml, user.boundary.as_deref());
        tags(xml, &user.tags);
    });
    let groups =
        entities.iter().filter_map(|entity| if let Entity::Group(group) = entity { Some(*group) } else { None });
    xml.list("GroupDetailList", groups, |xml, group| {
        group_head(world, xml, group);
        inline(xml, "GroupPolicyList", &group.inline);
        attached(xml, &group.attached);
    });
    let roles = entities.iter().filter_map(|entity| if let Entity::Role(role) = entity { Some(*role) } else { None });
    xml.list("RoleDetailList", roles, |xml, role| {
        role_head(world, xml, role);
        xml.texts("InstanceProfileList", None);
        inline(xml, "RolePolicyList", &role.inline);
        attached(xml, &role.attached);
        boundary(xml, role.boundary.as_deref());
        tags(xml, &role.tags);
        xml.open("RoleLastUsed");
        if let Some((date, region)) = &role.last_used {
            xml.text("LastUsedDate", date);
            xml.text("Region", region);
        }
        xml.close("RoleLastUsed");
    });
    let policies =
        entities.iter().filter_map(|entity| if let Entity::Policy(policy) = entity { Some(*policy) } else { None });
    xml.list("Policies", policies, |xml, policy| {
        policy_head(world, xml, policy);
        xml.list("PolicyVersionList", &policy.versions, |xml, version| {
            xml.document("Document", &version.document);
            xml.text("VersionId", &version.id);
            xml.text("IsDefaultVersion", if version.default { "true" } else { "false" });
            xml.text("CreateDate", &version.created);
        });
    });
    xml.optional("Marker", next.as_deref());
    Ok(())
}

/// The columns and words of the real report: `N/A`, `no_information`, `not_supported`, times with `+00:00`.
fn credential_report(world: &World) -> String {
    let time = |text: &str| text.replace('Z', "+00:00");
    let mut text = String::from(
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n",
    );
    let key = |key: Option<&AccessKey>| match key {
        None => "false,N/A,N/A,N/A,N/A".to_owned(),
        Some(key) => {
            let used = key.last_used.as_ref().map_or_else(
                || "N/A,N/A,N/A".to_owned(),
                |(date, region, service)| format!("{},{region},{service}", time(date)),
            );
            format!("{},{},{used}", key.active, time(&key.created))
        }
    };
    let root = &world.root;
    let used = root.password_last_used.as_deref().map_or_else(|| "no_information".to_owned(), time);
    let root_key =
        AccessKey { id: String::new(), active: true, created: "2025-03-04T05:06:07Z".to_owned(), last_used: None };
    let nth = |n: usize| (root.access_keys > n).then_some(&root_key);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<root_account>,arn:aws:iam::{}:root,2025-03-01T00:00:00+00:00,not_supported,{used},not_supported,not_supported,{},{},{},false,N/A,false,N/A",
        world.account,
        root.mfa,
        key(nth(0)),
        key(nth(1))
    );
    for user in &world.users {
        let password = match &user.login {
            None => "false,N/A,N/A,N/A".to_owned(),
            Some(login) => format!(
                "true,{},{},N/A",
                login.last_used.as_deref().map_or_else(|| "no_information".to_owned(), time),
                time(&login.last_changed)
            ),
        };
        let _ = writeln!(
            text,
            "{},{},{},{password},{},{},{},{},false,N/A",
            user.name,
            user_arn(world, user),
            time(&user.created),
            !user.mfa.is_empty(),
            key(user.keys.first()),
            key(user.keys.get(1)),
            user.signing_certificates
                .first()
                .map_or_else(|| "false,N/A".to_owned(), |one| format!("{},{}", one.active, time(&one.created)))
        );
    }
    text
}

/// IAM counts entities, not how often a list names them.
fn entities<'w>(ids: impl Iterator<Item = &'w String>) -> usize {
    ids.collect::<BTreeSet<_>>().len()
}

fn summary(world: &World, xml: &mut Xml) {
    let virtual_devices = world.users.iter().flat_map(|user| &user.mfa).count();
    let own = world.policies.iter().filter(|policy| !policy.arn.starts_with("arn:aws:iam::aws:"));
    let entries = [
        ("Users", entities(world.users.iter().map(|user| &user.id))),
        ("UsersQuota", 5000),
        ("Groups", entities(world.groups.iter().map(|group| &group.id))),
        ("GroupsQuota", 300),
        ("Roles", entities(world.roles.iter().map(|role| &role.id))),
        ("RolesQuota", 1000),
        ("Policies", entities(own.map(|policy| &policy.id))),
        ("PoliciesQuota", 1500),
        ("PolicyVersionsInUse", world.policies.iter().map(|policy| policy.versions.len()).sum()),
        ("InstanceProfiles", 0),
        ("ServerCertificates", world.server_certificates.len()),
        ("MFADevices", virtual_devices + usize::from(world.root.mfa)),
        ("MFADevicesInUse", virtual_devices + usize::from(world.root.mfa)),
        ("AccountMFAEnabled", usize::from(world.root.mfa)),
        ("AccountAccessKeysPresent", usize::from(world.root.access_keys > 0)),
        ("AccountSigningCertificatesPresent", 0),
        ("AccountPasswordPresent", 1),
        ("Providers", world.saml.len() + world.oidc.len()),
        ("AccessKeysPerUserQuota", 2),
    ];
    xml.open("SummaryMap");
    for (key, value) in entries {
        xml.open("entry");
        xml.text("key", key);
        xml.text("value", &value.to_string());
        xml.close("entry");
    }
    xml.close("SummaryMap");
}

fn password_policy(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let Some(policy) = &world.password_policy else {
        return Err(error::not_found(
            request,
            &format!("The Password Policy with domain name {} cannot be found.", world.account),
        ));
    };
    let word = |on: bool| if on { "true" } else { "false" };
    xml.open("PasswordPolicy");
    xml.text("MinimumPasswordLength", &policy.minimum_length.to_string());
    xml.text("RequireSymbols", word(policy.symbols));
    xml.text("RequireNumbers", word(policy.numbers));
    xml.text("RequireUppercaseCharacters", word(policy.uppercase));
    xml.text("RequireLowercaseCharacters", word(policy.lowercase));
    xml.text("AllowUsersToChangePassword", word(policy.users_may_change));
    xml.text("ExpirePasswords", word(policy.max_age_days.is_some()));
    if let Some(days) = policy.max_age_days {
        xml.text("MaxPasswordAge", &days.to_string());
    }
    if let Some(last) = policy.reuse_prevention {
        xml.text("PasswordReusePrevention", &last.to_string());
    }
    xml.text("HardExpiry", word(policy.hard_expiry));
    xml.close("PasswordPolicy");
    Ok(())
}

fn virtual_devices(world: &World, request: &Request, xml: &mut Xml) {
    let mut devices: Vec<(Option<&User>, &Mfa)> = Vec::new();
    let root = Mfa {
        serial: format!("arn:aws:iam::{}:mfa/root-account-mfa-device", world.account),
        enabled: "2025-03-01T00:00:00Z".to_owned(),
    };
    if world.root.mfa && !world.root.hardware {
        devices.push((None, &root));
    }
    for user in &world.users {
        for device in user.mfa.iter().filter(|device| device.serial.contains(":mfa/")) {
            devices.push((Some(user), device));
        }
    }
    if request.parameter("AssignmentStatus") == Some("Unassigned") {
        devices.clear();
    }
    listed(world, request, xml, "VirtualMFADevices", &devices, |xml, (user, device)| {
        xml.text("SerialNumber", &device.serial);
        xml.text("EnableDate", &device.enabled);
        xml.open("User");
        match user {
            Some(user) => user_head(world, xml, user),
            None => {
                xml.text("UserId", &world.account);
                xml.text("Arn", &format!("arn:aws:iam::{}:root", world.account));
                xml.text("CreateDate", "2025-03-01T00:00:00Z");
            }
        }
        xml.close("User");
    });
}

fn device(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let wanted = request.parameter("SerialNumber").unwrap_or("");
    let found = world
        .users
        .iter()
        .find_map(|user| user.mfa.iter().find(|device| device.serial == wanted).map(|device| (user, device)));
    let (user, device) = found.ok_or_else(|| missing(request))?;
    xml.text("UserName", &user.name);
    xml.text("SerialNumber", &device.serial);
    xml.text("EnableDate", &device.enabled);
    Ok(())
}

fn last_used(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let wanted = request.parameter("AccessKeyId").unwrap_or("");
    let found =
        world.users.iter().find_map(|user| user.keys.iter().find(|key| key.id == wanted).map(|key| (user, key)));
    let (user, key) = found.ok_or_else(|| missing(request))?;
    xml.text("UserName", &user.name);
    xml.open("AccessKeyLastUsed");
    match &key.last_used {
        Some((date, region, service)) => {
            xml.text("LastUsedDate", date);
            xml.text("Region", region);
            xml.text("ServiceName", service);
        }
        None => {
            xml.text("Region", "N/A");
            xml.text("ServiceName", "N/A");
        }
    }
    xml.close("AccessKeyLastUsed");
    Ok(())
}

fn login(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let user = user_named(world, request)?;
    let Some(login) = &user.login else {
        return Err(error::not_found(request, &format!("Login Profile for User {} cannot be found.", user.name)));
    };
    xml.open("LoginProfile");
    xml.text("UserName", &user.name);
    xml.text("CreateDate", &login.created);
    xml.text("PasswordResetRequired", if login.reset_required { "true" } else { "false" });
    xml.close("LoginProfile");
    Ok(())
}

fn policy_version(world: &World, request: &Request, xml: &mut Xml) -> Result<(), Reply> {
    let arn = request.parameter("PolicyArn").unwrap_or("");
    let wanted = request.parameter("VersionId").unwrap_or("");
    let version = world
        .policies
        .iter()
        .find(|policy| policy.arn == arn)
        .and_then(|policy| policy.versions.iter().find(|version| version.id == wanted))
        .ok_or_else(|| missing(request))?;
    xml.open("PolicyVersion");
    xml.document("Document", &version.document);
    xml.text("VersionId", &version.id);
    xml.text("IsDefaultVersion", if version.default { "true" } else { "false" });
    xml.text("CreateDate", &version.created);
    xml.close("PolicyVersion");
    Ok(())
}

/// Everything is allowed: what is refused is a fault's business.
fn simulate(request: &Request, xml: &mut Xml) {
    let actions = request
        .parameters
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("ActionNames."))
        .filter_map(|(_, value)| value.as_str());
    xml.text("IsTruncated", "false");
    xml.list("EvaluationResults", actions, |xml, action| {
        xml.text("EvalActionName", action);
        xml.text("EvalResourceName", "*");
        xml.text("EvalDecision", "allowed");
        xml.texts("MatchedStatements", None);
        xml.texts("MissingContextValues", None);
    });
}
