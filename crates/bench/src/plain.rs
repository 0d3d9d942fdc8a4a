//! The plain client: the same calls of the same SDK, over the SDK's own HTTPS client, as many at once, and nothing else.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_iam::types::EntityType;
use aws_sdk_kms::types::{KeySpec, OriginType};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

/// As `witnessmark` asks for it.
const ENTITIES: i32 = 300;

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Reads keys, identities, or both, and gives how many calls that took.
pub async fn read(kms: bool, iam: bool, concurrency: usize) -> anyhow::Result<u64> {
    let config = config().await?;
    let (kms, iam) = tokio::join!(async { if kms { read_kms(&config, concurrency).await } else { Ok(()) } }, async {
        if iam { read_iam(&config, concurrency).await } else { Ok(()) }
    },);
    kms.and(iam)?;
    Ok(CALLS.load(Ordering::Relaxed))
}

/// The SDK's configuration from the environment, with the SDK's own HTTPS client.
pub async fn config() -> anyhow::Result<SdkConfig> {
    let mut trust = TrustStore::default();
    if let Some(file) = std::env::var_os("AWS_CA_BUNDLE") {
        trust = trust.with_pem_certificate(std::fs::read(file).context("cannot read AWS_CA_BUNDLE")?);
    }
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(TlsContext::builder().with_trust_store(trust).build()?)
        .build_https();
    Ok(aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(client).load().await)
}

/// Waits for one call and counts it.
async fn made<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    call.await
}

async fn read_kms(config: &SdkConfig, concurrency: usize) -> anyhow::Result<()> {
    made(aws_sdk_sts::Client::new(config).get_caller_identity().send()).await?;
    // Some emulators do not know this one.
    made(aws_sdk_account::Client::new(config).list_regions().send()).await.ok();
    let client = aws_sdk_kms::Client::new(config);
    made(client.describe_custom_key_stores().send()).await.ok();
    let mut marker = None;
    loop {
        let page = made(client.list_aliases().limit(100).set_marker(marker).send()).await?;
        marker = page.next_marker().map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let mut marker = None;
    loop {
        let page = made(client.list_keys().limit(1000).set_marker(marker).send()).await?;
        let ids: Vec<String> = page.keys().iter().filter_map(|key| key.key_arn().map(str::to_owned)).collect();
        stream::iter(ids)
            .map(|id| read_key(&client, id))
            .buffer_unordered(concurrency)
            .try_collect::<Vec<()>>()
            .await?;
        marker = page.next_marker().map(str::to_owned);
        if marker.is_none() {
            return Ok(());
        }
    }
}

async fn read_key(client: &aws_sdk_kms::Client, id: String) -> anyhow::Result<()> {
    let described = made(client.describe_key().key_id(&id).send()).await?;
    made(client.get_key_policy().key_id(&id).policy_name("default").send()).await?;
    made(client.list_grants().key_id(&id).limit(100).send()).await?;
    made(client.list_resource_tags().key_id(&id).limit(50).send()).await?;
    let rotates = described.key_metadata().is_some_and(|key| {
        key.key_spec() == Some(&KeySpec::SymmetricDefault) && key.origin() == Some(&OriginType::AwsKms)
    });
    if rotates {
        made(client.get_key_rotation_status().key_id(&id).send()).await?;
        made(client.list_key_rotations().key_id(&id).limit(1000).send()).await.ok();
    }
    Ok(())
}

async fn read_iam(config: &SdkConfig, concurrency: usize) -> anyhow::Result<()> {
    made(aws_sdk_sts::Client::new(config).get_caller_identity().send()).await?;
    let client = aws_sdk_iam::Client::new(config);
    made(client.generate_credential_report().send()).await?;
    made(client.get_credential_report().send()).await?;
    made(client.get_account_summary().send()).await?;
    // What an account does not have, IAM answers with an error.
    made(client.get_account_password_policy().send()).await.ok();
    made(client.list_account_aliases().send()).await?;
    let saml = made(client.list_saml_providers().send()).await?;
    for arn in saml.saml_provider_list().iter().filter_map(|provider| provider.arn()) {
        made(client.get_saml_provider().saml_provider_arn(arn).send()).await?;
    }
    let oidc = made(client.list_open_id_connect_providers().send()).await?;
    for arn in oidc.open_id_connect_provider_list().iter().filter_map(|provider| provider.arn()) {
        made(client.get_open_id_connect_provider().open_id_connect_provider_arn(arn).send()).await?;
    }
    made(client.list_server_certificates().send()).await?;
    let mut marker = None;
    loop {
        let page = made(client.list_virtual_mfa_devices().set_marker(marker).send()).await?;
        marker = page.marker().map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let mut marker = None;
    loop {
        let call = client
            .get_account_authorization_details()
            .set_filter(Some(vec![
                EntityType::User,
                EntityType::Group,
                EntityType::Role,
                EntityType::LocalManagedPolicy,
                EntityType::AwsManagedPolicy,
            ]))
            .max_items(ENTITIES)
            .set_marker(marker);
        let page = made(call.send()).await?;
        let names: Vec<String> =
            page.user_detail_list().iter().filter_map(|user| user.user_name().map(str::to_owned)).collect();
        // A user's three reads go side by side.
        stream::iter(names)
            .map(|name| read_user(&client, name))
            .buffer_unordered(concurrency.div_ceil(3))
            .try_collect::<Vec<()>>()
            .await?;
        marker = page.marker().map(str::to_owned);
        if marker.is_none() {
            return Ok(());
        }
    }
}

async fn read_user(client: &aws_sdk_iam::Client, name: String) -> anyhow::Result<()> {
    let keys = async {
        let listed = made(client.list_access_keys().user_name(&name).send()).await?;
        for key in listed.access_key_metadata().iter().filter_map(|key| key.access_key_id()) {
            made(client.get_access_key_last_used().access_key_id(key).send()).await?;
        }
        anyhow::Ok(())
    };
    let devices = async { Ok(made(client.list_mfa_devices().user_name(&name).send()).await.map(drop)?) };
    let login = async {
        // No password: NoSuchEntity.
        made(client.get_login_profile().user_name(&name).send()).await.ok();
        Ok(())
    };
    let services = async {
        // moto does not know it.
        made(client.list_service_specific_credentials().user_name(&name).send()).await.ok();
        Ok(())
    };
    let ssh = async { Ok(made(client.list_ssh_public_keys().user_name(&name).send()).await.map(drop)?) };
    let certificates = async { Ok(made(client.list_signing_certificates().user_name(&name).send()).await.map(drop)?) };
    tokio::try_join!(keys, devices, login, services, ssh, certificates)?;
    Ok(())
}
