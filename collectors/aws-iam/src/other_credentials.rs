//! Credentials beside passwords and access keys: passwords for single services, SSH keys, certificates of users and of servers.

use std::collections::BTreeSet;

use aws::fact::{Fact, Parts, malformed};
use aws::xml::{MalformedAnswer, Node};
use aws::{Call, Pager};
use sdk::{Digest, GapReason, SinkError, SourceTotal};

use crate::account::Counts;
use crate::descriptor::{SERVER_CERTIFICATES, SERVICE_CREDENTIALS, SIGNING_CERTIFICATES, SSH_KEYS};
use crate::entities::{about_user, is_active};
use crate::iam::{Iam, List, Page, turn_of};
use crate::resource::{
    Identity, SERVER_CERTIFICATE, ServerCertificate, ServiceCredential, SigningCertificate, SshPublicKey,
};

pub async fn of_services(iam: &Iam, user: &Identity) -> Result<Fact<Vec<ServiceCredential>>, SinkError> {
    let list = List {
        result: "/ListServiceSpecificCredentialsResponse/ListServiceSpecificCredentialsResult",
        name: "ServiceSpecificCredentials",
    };
    iam.list(
        about_user(SERVICE_CREDENTIALS, user),
        list,
        |marker| iam.client.list_service_specific_credentials().user_name(&user.name).set_marker(marker).send(),
        |member| {
            Ok(Some(ServiceCredential {
                id: member.required("ServiceSpecificCredentialId")?.to_owned(),
                service: member.required("ServiceName")?.to_owned(),
                active: is_active(member)?,
                created: member.moment("CreateDate")?,
                expires: member.moment("ExpirationDate")?,
            }))
        },
    )
    .await
}

pub async fn ssh_public_keys(iam: &Iam, user: &Identity) -> Result<Fact<Vec<SshPublicKey>>, SinkError> {
    let list = List { result: "/ListSSHPublicKeysResponse/ListSSHPublicKeysResult", name: "SSHPublicKeys" };
    iam.list(
        about_user(SSH_KEYS, user),
        list,
        |marker| iam.client.list_ssh_public_keys().user_name(&user.name).set_marker(marker).send(),
        |member| {
            Ok(Some(SshPublicKey {
                id: member.required("SSHPublicKeyId")?.to_owned(),
                active: is_active(member)?,
                uploaded: member.moment("UploadDate")?,
            }))
        },
    )
    .await
}

pub async fn signing_certificates(iam: &Iam, user: &Identity) -> Result<Fact<Vec<SigningCertificate>>, SinkError> {
    let list = List { result: "/ListSigningCertificatesResponse/ListSigningCertificatesResult", name: "Certificates" };
    iam.list(
        about_user(SIGNING_CERTIFICATES, user),
        list,
        |marker| iam.client.list_signing_certificates().user_name(&user.name).set_marker(marker).send(),
        |member| {
            Ok(Some(SigningCertificate {
                id: member.required("CertificateId")?.to_owned(),
                active: is_active(member)?,
                uploaded: member.moment("UploadDate")?,
                sha256: Digest::of(member.required("CertificateBody")?.as_bytes()),
            }))
        },
    )
    .await
}

/// Records the certificates that IAM keeps for servers, and holds their number against IAM's own count.
pub async fn server_certificates(iam: &Iam, counts: &Counts) -> Result<(), SinkError> {
    const LIST: List = List {
        result: "/ListServerCertificatesResponse/ListServerCertificatesResult",
        name: "ServerCertificateMetadataList",
    };
    let info = Call::new(SERVER_CERTIFICATES).population(SERVER_CERTIFICATE);
    let mut pager = Pager::new(&iam.session, info.clone());
    let (mut items, mut listed) = (0u64, BTreeSet::new());
    let send = |marker| iam.client.list_server_certificates().set_marker(marker).send();
    while let Some(page) = iam.turn(&mut pager, send, |answer| turn_of(&answer.body, LIST.result)).await? {
        match read_certificates(&page, LIST) {
            Ok(certificates) => {
                items += certificates.len() as u64;
                for (parts, certificate) in certificates {
                    listed.insert(parts.id().to_owned());
                    parts.record(&iam.recorder, &certificate)?;
                }
            }
            Err(problem) => pager.stop(malformed(&info, &page.source(LIST.result), &problem)),
        }
    }
    let total = counts.total("ServerCertificates");
    // IAM counts certificates, and the list may name one again.
    let own = listed.len() as u64;
    if let Some(SourceTotal { count, from }) = total.as_ref().filter(|total| total.count != own)
        && pager.is_complete()
    {
        let detail = format!("{own} listed, but IAM counts {count}");
        let mut refusal = info.refused(GapReason::TotalMismatch, detail);
        refusal.exchange = Some(from.exchange);
        pager.stop(refusal);
    }
    pager.close(&iam.recorder, SERVER_CERTIFICATE, items, total)?;
    Ok(())
}

/// A whole page or none of it: what cannot be read of one certificate leaves the others' number unknown.
fn read_certificates(page: &Page, list: List) -> Result<Vec<(Parts, ServerCertificate)>, MalformedAnswer> {
    let document = page.document()?;
    let result = document.at(list.result)?;
    let container =
        result.child(list.name).ok_or_else(|| MalformedAnswer::Missing(format!("{}/{}", list.result, list.name)))?;
    container.each("member").map(|member| read_certificate(&member)).collect()
}

fn read_certificate(member: &Node<'_>) -> Result<(Parts, ServerCertificate), MalformedAnswer> {
    let mut parts = Parts::new(SERVER_CERTIFICATE, member.required("Arn")?);
    let certificate = ServerCertificate {
        name: parts
            .take("name", Fact::read(member.required("ServerCertificateName")?.to_owned(), vec![member.source()])),
        path: parts.take("path", Fact::read(member.required("Path")?.to_owned(), vec![member.source()])),
        uploaded: parts.take("uploaded", stated(member, member.moment("UploadDate")?)),
        expires: parts.take("expires", stated(member, member.moment("Expiration")?)),
    };
    Ok((parts, certificate))
}

/// What the list says of it where it says anything.
fn stated<T>(member: &Node<'_>, value: Option<T>) -> Fact<T> {
    Fact { value, sources: vec![member.source()], gaps: Vec::new() }
}
