//! Whether an object store knows the conditions on which everything rests. It is tried: one that does not know them takes a
//! conditional write for any other, and says that it is done.

use bytes::Bytes;
use store::StoreError;

use crate::bucket::{Bucket, failed};
use crate::client::{Condition, Objects, Trouble, again, trouble};
use crate::upload::Upload;

/// Tries conditional writes with an object of its own, and removes it.
///
/// # Errors
/// [`StoreError::NoConditions`] with the first one that did not hold.
pub fn conditions(bucket: &Bucket) -> Result<(), StoreError> {
    let mut name = [0_u8; 16];
    getrandom::fill(&mut name).map_err(|error| {
        let said = format!("no random name: {error}");
        StoreError::NoAnswer { action: "try", place: bucket.place(""), said }
    })?;
    let path = format!("pending/tmp/try-{}", hex::encode(name));
    let key = bucket.key(&path)?;
    let found = bucket.runtime.block_on(tried(&bucket.objects, &key));
    // A name that nobody else has, and nobody looks for: removed as far as that is possible.
    let removed = bucket.runtime.block_on(again(|| bucket.objects.delete(&key)));
    match found {
        Ok(None) => removed.map_err(|trouble| failed("remove", bucket.place(&path), trouble)),
        Ok(Some(found)) => Err(StoreError::NoConditions { place: bucket.place(""), found: found.to_owned() }),
        Err(trouble) => Err(failed("try conditional writes of", bucket.place(&path), trouble)),
    }
}

/// What of it did not hold; `None`: everything did.
async fn tried(objects: &Objects, key: &str) -> Result<Option<&'static str>, Trouble> {
    let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
    let create = |bytes: &Bytes| objects.put(key, bytes.clone(), Condition::Nothing, None);
    match create(&one).await {
        // Our own first attempt, whose answer was lost.
        Ok(()) | Err(Trouble::Condition) => {}
        Err(Trouble::Again(_)) => match again(|| create(&one)).await {
            Ok(()) | Err(Trouble::Condition) => {}
            Err(other) => return Err(other),
        },
        Err(other) => return Err(other),
    }
    let first = again(|| objects.get(key, None, None)).await?;
    if first.bytes != one {
        return Ok(Some("it gives other bytes than were written"));
    }
    if !refused(again(|| create(&two)).await)? {
        return Ok(Some("`If-None-Match: *` did not keep an object from being overwritten"));
    }
    if !refused(again(|| parts(objects, key)).await)? {
        return Ok(Some(
            "`If-None-Match: *` did not keep an object from being overwritten by one that was sent in parts",
        ));
    }
    let swap = |bytes: &Bytes, tag: &str| {
        let (bytes, tag) = (bytes.clone(), tag.to_owned());
        async move { objects.put(key, bytes, Condition::Tag(&tag), None).await }
    };
    match again(|| swap(&two, &first.e_tag)).await {
        // The second: our own attempt before.
        Ok(()) | Err(Trouble::Condition) => {}
        Err(other) => return Err(other),
    }
    if again(|| objects.get(key, None, None)).await?.bytes != two {
        return Ok(Some("`If-Match` with the object's own tag did not replace it"));
    }
    if !refused(again(|| swap(&one, &first.e_tag)).await)? {
        return Ok(Some("`If-Match` with an old tag replaced an object"));
    }
    if again(|| objects.get(key, None, None)).await?.bytes != two {
        return Ok(Some("a write that it refused had its effect"));
    }
    Ok(None)
}

/// An object of one part, at a name that is taken.
async fn parts(objects: &Objects, key: &str) -> Result<(), Trouble> {
    let begin = objects.client.create_multipart_upload();
    let begun = begin.bucket(&objects.bucket).key(key).send().await.map_err(trouble)?;
    let id = begun.upload_id().ok_or_else(|| Trouble::Refused("an upload got no id".to_owned()))?;
    let upload = Upload { objects, key, id };
    let part = upload.part(1, Bytes::from_static(b"three")).await?;
    let completed = upload.complete(&[part]).await;
    if completed.is_err() {
        upload.abort().await?;
    }
    completed
}

/// Whether a condition held an object store back.
fn refused(outcome: Result<(), Trouble>) -> Result<bool, Trouble> {
    match outcome {
        Ok(()) => Ok(false),
        Err(Trouble::Condition) => Ok(true),
        // It knows that there is such a header, and does not do it (501 NotImplemented, 400 on some).
        Err(Trouble::Refused(_)) => Ok(false),
        Err(other) => Err(other),
    }
}
