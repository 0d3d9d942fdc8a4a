//! Makes an account of a given size in an emulator. Never point it at a real account.

use aws_sdk_kms::types::Tag;
use clap::Args;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

const AT_ONCE: usize = 8;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;

/// How much an account holds.
#[derive(Clone, Copy, Debug, Args)]
pub struct Account {
    #[arg(long, default_value_t = 0)]
    pub keys: usize,
    #[arg(long, default_value_t = 0)]
    pub users: usize,
    #[arg(long, default_value_t = 0)]
    pub roles: usize,
}

/// Makes keys with an alias, a tag and rotation, users of whom every second has a password and the others an access key, and roles.
pub async fn seed(account: Account) -> anyhow::Result<()> {
    let config = crate::plain::config().await?;
    let kms = aws_sdk_kms::Client::new(&config);
    let iam = aws_sdk_iam::Client::new(&config);
    all(account.keys, |n| key(&kms, n)).await?;
    all(account.users, |n| user(&iam, n)).await?;
    all(account.roles, |n| role(&iam, n)).await
}

async fn all<F: Future<Output = anyhow::Result<()>>>(count: usize, make: impl Fn(usize) -> F) -> anyhow::Result<()> {
    stream::iter(0..count).map(make).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(drop)
}

async fn key(client: &aws_sdk_kms::Client, n: usize) -> anyhow::Result<()> {
    let tag = Tag::builder().tag_key("system").tag_value("hot-wallet").build()?;
    let made = client.create_key().description(format!("key {n}")).tags(tag).send().await?;
    if let Some(id) = made.key_metadata().map(|key| key.key_id()) {
        client.create_alias().alias_name(format!("alias/key-{n:05}")).target_key_id(id).send().await?;
        client.enable_key_rotation().key_id(id).send().await?;
    }
    Ok(())
}

async fn user(client: &aws_sdk_iam::Client, n: usize) -> anyhow::Result<()> {
    let name = format!("user-{n:05}");
    client.create_user().user_name(&name).send().await?;
    if n.is_multiple_of(2) {
        client.create_login_profile().user_name(&name).password("correct-Horse-7-battery").send().await?;
    } else {
        client.create_access_key().user_name(&name).send().await?;
    }
    Ok(())
}

async fn role(client: &aws_sdk_iam::Client, n: usize) -> anyhow::Result<()> {
    let name = format!("role-{n:05}");
    client.create_role().role_name(&name).assume_role_policy_document(TRUST).send().await?;
    Ok(())
}
