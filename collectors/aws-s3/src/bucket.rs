//! One bucket: reads that each may be refused by themselves.

use aws::fact::Parts;
use aws::{Call, Refusal};
use aws_sdk_s3::Client;
use sdk::{GapReason, Recorder, SinkError};

use crate::client::{Clients, home};
use crate::page::Page;
use crate::resource::{BUCKET, Bucket};
use crate::rights::{ACL, BLOCK, ENCRYPTION, LOCATION, LOCK, OWNERSHIP, POLICY, POLICY_STATUS, VERSIONING};
use crate::wire;

type Asked = Result<Page, Refusal>;

/// Reads one bucket.
#[derive(Debug)]
pub struct Reader<'s> {
    clients: &'s Clients<'s>,
    name: &'s str,
    arn: &'s str,
}

impl<'s> Reader<'s> {
    pub fn new(clients: &'s Clients<'s>, name: &'s str, arn: &'s str) -> Self {
        Self { clients, name, arn }
    }

    fn info(&self, right: &str) -> Call {
        Call::new(right).population(BUCKET).subject(BUCKET, self.arn)
    }

    /// Reads the bucket and records it. `account_block`: what was said of the whole account.
    pub async fn read(&self, recorder: &Recorder, account_block: &Asked) -> Result<(), SinkError> {
        let location = self.location().await?;
        if let Err(refusal) = &location
            && refusal.reason == GapReason::Vanished
        {
            // No such bucket: nothing more can be asked of it.
            return recorder.gap(refusal.gap(None));
        }
        let mut parts = Parts::new(BUCKET, self.arn);
        let region = parts.take("region", wire::read(&location, "/LocationConstraint", wire::location));
        let client = self.clients.in_region(region.as_deref().unwrap_or(&self.clients.first_region()));
        let (policy, status, block) =
            tokio::try_join!(self.policy(&client), self.policy_status(&client), self.block(&client))?;
        let (acl, ownership, versioning) =
            tokio::try_join!(self.acl(&client), self.ownership(&client), self.versioning(&client))?;
        let (lock, encryption) = tokio::try_join!(self.lock(&client), self.encryption(&client))?;
        const PUBLIC: &str = "/PublicAccessBlockConfiguration";
        let bucket = Bucket {
            policy: parts.take("policy", wire::policy(&policy)),
            policy_is_public: parts
                .take("policy_is_public", wire::read_optional(&status, "/PolicyStatus", wire::is_public)),
            public_access_block: parts.take("public_access_block", wire::read_optional(&block, PUBLIC, wire::block)),
            account_public_access_block: parts
                .take("account_public_access_block", wire::read_optional(account_block, PUBLIC, wire::block)),
            acl: parts.take("acl", wire::read(&acl, "/AccessControlPolicy", wire::acl)),
            ownership: parts.take("ownership", wire::read_optional(&ownership, "/OwnershipControls", wire::ownership)),
            versioning: parts.take("versioning", wire::read(&versioning, "/VersioningConfiguration", wire::versioning)),
            object_lock: parts
                .take("object_lock", wire::read_optional(&lock, "/ObjectLockConfiguration", wire::object_lock)),
            encryption: parts.take(
                "encryption",
                wire::read_optional(&encryption, "/ServerSideEncryptionConfiguration", wire::encryption),
            ),
            region,
        };
        parts.record(recorder, &bucket)
    }

    /// Makes every call, for what each right is worth.
    pub async fn ask_everything(&self) -> Result<Vec<(&'static str, Asked)>, SinkError> {
        let location = self.location().await?;
        let region = wire::read(&location, "/LocationConstraint", wire::location).value;
        let client = self.clients.in_region(region.as_deref().unwrap_or(&self.clients.first_region()));
        Ok(vec![
            (LOCATION, location),
            (POLICY, self.policy(&client).await?),
            (POLICY_STATUS, self.policy_status(&client).await?),
            (BLOCK, self.block(&client).await?),
            (ACL, self.acl(&client).await?),
            (OWNERSHIP, self.ownership(&client).await?),
            (VERSIONING, self.versioning(&client).await?),
            (LOCK, self.lock(&client).await?),
            (ENCRYPTION, self.encryption(&client).await?),
        ])
    }

    /// Asks the region of the session; where S3 sends that elsewhere, the one region that knows all buckets.
    async fn location(&self) -> Result<Asked, SinkError> {
        let first = self.clients.first_region();
        let asked = self.location_in(&first).await?;
        const ELSEWHERE: [&str; 3] = ["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"];
        let sent_on = asked.as_ref().is_err_and(|refusal| ELSEWHERE.iter().any(|code| refusal.has_code(code)));
        if sent_on && home(&first) != first { self.location_in(home(&first)).await } else { Ok(asked) }
    }

    async fn location_in(&self, region: &str) -> Result<Asked, SinkError> {
        self.get_bucket_location(&self.clients.in_region(region)).await
    }
}

/// One call of S3 about a bucket that must be the account's own.
macro_rules! call {
    ($name:ident, $method:ident, $right:ident) => {
        impl Reader<'_> {
            async fn $name(&self, client: &Client) -> Result<Asked, SinkError> {
                let call = || client.$method().bucket(self.name).expected_bucket_owner(self.clients.account()).send();
                let info = self.info($right);
                let asked = self.clients.session.call(info.clone(), call).await?;
                Ok(asked.map(|answer| Page::new(answer, info)))
            }
        }
    };
}

call!(get_bucket_location, get_bucket_location, LOCATION);
call!(policy, get_bucket_policy, POLICY);
call!(policy_status, get_bucket_policy_status, POLICY_STATUS);
call!(block, get_public_access_block, BLOCK);
call!(acl, get_bucket_acl, ACL);
call!(ownership, get_bucket_ownership_controls, OWNERSHIP);
call!(versioning, get_bucket_versioning, VERSIONING);
call!(lock, get_object_lock_configuration, LOCK);
call!(encryption, get_bucket_encryption, ENCRYPTION);
