//! A large object, sent in parts. It is there when the last request is done, and nothing of it before.

use std::io::{self, Read};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use store::{Content, Store as _, StoreError, same_bytes};

use crate::bucket::{Bucket, failed};
use crate::client::{Objects, Trouble, again, may_try_after, trouble};

/// Bytes of a part; two of them are in memory. Ten thousand of them are the most that S3 takes.
pub const PART: usize = 16 * 1024 * 1024;
const MOST_PARTS: i32 = 10_000;

/// Sends what is longer than one part. `first`: the beginning of `rest`, one byte longer than a part.
pub fn in_parts(
    bucket: &Bucket,
    path: &str,
    first: Vec<u8>,
    rest: Box<dyn Read + '_>,
    content: &dyn Content,
) -> Result<(), StoreError> {
    if let Some(found) = compared(bucket, path, content)? {
        return found;
    }
    let (key, retention) = (bucket.key(path)?, bucket.retention(path));
    let mut begin = bucket.objects.client.create_multipart_upload().bucket(&bucket.objects.bucket).key(&key);
    if let Some(retention) = &retention {
        begin = begin.object_lock_mode(retention.mode.clone()).object_lock_retain_until_date(retention.until);
    }
    let of_upload = |trouble| failed("create", bucket.place(path), trouble);
    let begun =
        bucket.runtime.block_on(again(|| async { begin.clone().send().await.map_err(trouble) })).map_err(of_upload)?;
    let upload = Upload {
        objects: &bucket.objects,
        key: &key,
        id: begun.upload_id().ok_or_else(|| of_upload(Trouble::Refused("an upload got no id".to_owned())))?,
    };
    let sent = send(bucket, path, &upload, io::Cursor::new(first).chain(rest), content);
    if sent.is_err() {
        // Parts that belong to nothing cost money. Where this fails the bucket's own rules remove them, or its owner.
        let _left_behind = bucket.runtime.block_on(upload.abort());
    }
    sent?;
    match retention {
        Some(wanted) => bucket.runtime.block_on(bucket.check_retention(&key, path, &wanted)),
        None => Ok(()),
    }
}

fn send(
    bucket: &Bucket,
    path: &str,
    upload: &Upload<'_>,
    mut source: impl Read,
    content: &dyn Content,
) -> Result<(), StoreError> {
    let of_upload = |trouble| failed("create", bucket.place(path), trouble);
    let unreadable = |error: io::Error| StoreError::Io { action: "prepare", place: bucket.place(path), source: error };
    let mut parts = Vec::new();
    for number in 1..=MOST_PARTS {
        let mut part = Vec::with_capacity(PART);
        (&mut source).take(PART as u64).read_to_end(&mut part).map_err(unreadable)?;
        if part.is_empty() {
            break;
        }
        let bytes = Bytes::from(part);
        let sent = bucket.runtime.block_on(again(|| upload.part(number, bytes.clone())));
        parts.push(sent.map_err(of_upload)?);
    }
    if source.read(&mut [0]).map_err(unreadable)? != 0 {
        return Err(of_upload(Trouble::Refused("it has more than 10,000 parts".to_owned())));
    }
    let mut attempt = 1;
    loop {
        let trouble = match bucket.runtime.block_on(upload.complete(&parts)) {
            Ok(()) => return Ok(()),
            Err(Trouble::Refused(said)) => return Err(of_upload(Trouble::Refused(said))),
            Err(trouble) => trouble,
        };
        // Where the answer was lost the upload is gone, and the object is there.
        match compared(bucket, path, content)? {
            Some(found) => return found,
            None if trouble == Trouble::Absent => {
                return Err(of_upload(Trouble::Refused("its upload was given up by someone else".to_owned())));
            }
            None => {}
        }
        if !bucket.runtime.block_on(may_try_after(attempt)) {
            return Err(of_upload(trouble));
        }
        attempt += 1;
    }
}

/// Whether what is there already is this content; `None`: nothing is there.
fn compared(bucket: &Bucket, path: &str, content: &dyn Content) -> Result<Option<Result<(), StoreError>>, StoreError> {
    let Some(found) = bucket.open(path)? else { return Ok(None) };
    let failed = |source| StoreError::Io { action: "compare", place: bucket.place(path), source };
    let equal = content.open().and_then(|own| same_bytes(found, own)).map_err(failed)?;
    let differs = || StoreError::Differs { place: bucket.place(path) };
    Ok(Some(if equal { Ok(()) } else { Err(differs()) }))
}

/// An object that is being sent.
pub struct Upload<'u> {
    pub objects: &'u Objects,
    pub key: &'u str,
    pub id: &'u str,
}

impl Upload<'_> {
    /// Sends a part; again, it takes the place of what came before.
    pub async fn part(&self, number: i32, bytes: Bytes) -> Result<CompletedPart, Trouble> {
        let answer = self
            .objects
            .client
            .upload_part()
            .bucket(&self.objects.bucket)
            .key(self.key)
            .upload_id(self.id)
            .part_number(number)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(trouble)?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag().map(str::to_owned))
            .set_checksum_crc32(answer.checksum_crc32().map(str::to_owned))
            .build())
    }

    /// Makes one object of the parts, if nothing has its name.
    pub async fn complete(&self, parts: &[CompletedPart]) -> Result<(), Trouble> {
        self.objects
            .client
            .complete_multipart_upload()
            .bucket(&self.objects.bucket)
            .key(self.key)
            .upload_id(self.id)
            .if_none_match("*")
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build())
            .send()
            .await
            .map_err(trouble)
            .map(drop)
    }

    pub async fn abort(&self) -> Result<(), Trouble> {
        let abort = self.objects.client.abort_multipart_upload();
        abort.bucket(&self.objects.bucket).key(self.key).upload_id(self.id).send().await.map_err(trouble).map(drop)
    }
}
