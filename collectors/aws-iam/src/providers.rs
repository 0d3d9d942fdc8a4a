//! Identity providers outside AWS that the account trusts.

use aws::{Bounded, Call, Refusal};
use sdk::{CoverageNote, Digest, SinkError, Source};

use crate::descriptor::{OIDC, OIDC_LIST, SAML, SAML_LIST};
use crate::iam::{Iam, Page};
use crate::resource::{OIDC_PROVIDER, OidcProvider, OidcSettings, SAML_PROVIDER, SamlMetadata, SamlProvider};
use aws::fact::{Fact, Parts, malformed};
use aws::xml::MalformedAnswer;

/// Reads all identity providers. Neither list has pages.
pub async fn record(iam: &Iam) -> Result<(), SinkError> {
    tokio::try_join!(saml(iam), oidc(iam))?;
    Ok(())
}

/// A provider as its list gives it.
struct Listed {
    arn: String,
    source: Source,
    provider: SamlProvider,
}

async fn saml(iam: &Iam) -> Result<(), SinkError> {
    let info = Call::new(SAML_LIST).population(SAML_PROVIDER);
    let answer = iam.ask(&info, || iam.client.list_saml_providers().send()).await?;
    let result = "/ListSAMLProvidersResponse/ListSAMLProvidersResult";
    let listed = close(iam, &info, SAML_PROVIDER, &answer, |page| listed(page, result, "SAMLProviderList"))?;
    let mut work = Bounded::new(iam.session.concurrency());
    for one in listed {
        work.start(saml_provider(iam, one)).await?;
    }
    work.finish().await
}

async fn oidc(iam: &Iam) -> Result<(), SinkError> {
    let info = Call::new(OIDC_LIST).population(OIDC_PROVIDER);
    let call = || iam.client.list_open_id_connect_providers().send();
    let answer = iam.ask(&info, call).await?;
    let result = "/ListOpenIDConnectProvidersResponse/ListOpenIDConnectProvidersResult";
    let listed = close(iam, &info, OIDC_PROVIDER, &answer, |page| listed(page, result, "OpenIDConnectProviderList"))?;
    let mut work = Bounded::new(iam.session.concurrency());
    for one in listed {
        work.start(oidc_provider(iam, one.arn)).await?;
    }
    work.finish().await
}

fn listed(page: &Page, result: &str, name: &str) -> Result<Vec<Listed>, MalformedAnswer> {
    let document = page.document()?;
    let result = document.at(result)?;
    let list = result.child(name).ok_or_else(|| MalformedAnswer::Missing(format!("{}/{name}", result.path())))?;
    list.each("member")
        .map(|member| {
            let arn = member.required("Arn")?.to_owned();
            Ok(Listed {
                provider: SamlProvider {
                    name: arn.rsplit('/').next().map(str::to_owned),
                    created: member.moment("CreateDate")?,
                    valid_until: member.moment("ValidUntil")?,
                    metadata: None,
                },
                source: member.source(),
                arn,
            })
        })
        .collect()
}

/// Ends a list that is one answer: writes its coverage, and the gap in its stead.
fn close(
    iam: &Iam,
    info: &Call,
    kind: &str,
    answer: &Result<Page, Refusal>,
    read: impl Fn(&Page) -> Result<Vec<Listed>, MalformedAnswer>,
) -> Result<Vec<Listed>, SinkError> {
    let gap = match answer {
        Ok(page) => match read(page) {
            Ok(listed) => {
                cover(iam, kind, listed.len(), true)?;
                return Ok(listed);
            }
            Err(problem) => malformed(info, &page.source(""), &problem).gap(None),
        },
        Err(refusal) => refusal.gap(None),
    };
    iam.recorder.gap(gap)?;
    cover(iam, kind, 0, false)?;
    Ok(Vec::new())
}

fn cover(iam: &Iam, kind: &str, items: usize, complete: bool) -> Result<(), SinkError> {
    iam.recorder.coverage(CoverageNote {
        population: kind.to_owned(),
        calls: 1,
        pages: u64::from(complete),
        items: items as u64,
        complete,
        total: None,
    })
}

async fn saml_provider(iam: &Iam, listed: Listed) -> Result<(), SinkError> {
    let Listed { arn, source, provider } = listed;
    let info = Call::new(SAML).population(SAML_PROVIDER).subject(SAML_PROVIDER, &arn);
    let call = || iam.client.get_saml_provider().saml_provider_arn(&arn).send();
    let metadata = match iam.ask(&info, call).await? {
        Ok(page) => match saml_metadata(&page) {
            Ok((metadata, source)) => Fact::read(metadata, vec![source]),
            Err(problem) => {
                let place = page.source("/GetSAMLProviderResponse");
                Fact::unread(malformed(&info, &place, &problem).gap(None))
            }
        },
        Err(refusal) => Fact::refused(&refusal, "metadata"),
    };
    let from_list = |value| Fact { value, sources: vec![source.clone()], gaps: Vec::new() };
    let mut parts = Parts::new(SAML_PROVIDER, &arn);
    let provider = SamlProvider {
        name: parts.take("name", Fact { value: provider.name, sources: vec![source.clone()], gaps: Vec::new() }),
        created: parts.take("created", from_list(provider.created)),
        valid_until: parts.take("valid_until", from_list(provider.valid_until)),
        metadata: parts.take("metadata", metadata),
    };
    parts.record(&iam.recorder, &provider)
}

fn saml_metadata(page: &Page) -> Result<(SamlMetadata, Source), MalformedAnswer> {
    let document = page.document()?;
    let result = document.at("/GetSAMLProviderResponse/GetSAMLProviderResult")?;
    let text = result.required("SAMLMetadataDocument")?;
    let metadata = SamlMetadata { sha256: Digest::of(text.as_bytes()), size: text.len() as u64 };
    Ok((metadata, result.child_or_self("SAMLMetadataDocument").source()))
}

async fn oidc_provider(iam: &Iam, arn: String) -> Result<(), SinkError> {
    let info = Call::new(OIDC).population(OIDC_PROVIDER).subject(OIDC_PROVIDER, &arn);
    let call = || iam.client.get_open_id_connect_provider().open_id_connect_provider_arn(&arn).send();
    let settings = match iam.ask(&info, call).await? {
        Ok(page) => match oidc_settings(&page) {
            Ok((settings, source)) => Fact::read(settings, vec![source]),
            Err(problem) => {
                let place = page.source("/GetOpenIDConnectProviderResponse");
                Fact::unread(malformed(&info, &place, &problem).gap(None))
            }
        },
        Err(refusal) => Fact::refused(&refusal, "settings"),
    };
    let mut parts = Parts::new(OIDC_PROVIDER, &arn);
    let provider = OidcProvider { settings: parts.take("settings", settings) };
    parts.record(&iam.recorder, &provider)
}

fn oidc_settings(page: &Page) -> Result<(OidcSettings, Source), MalformedAnswer> {
    let document = page.document()?;
    let result = document.at("/GetOpenIDConnectProviderResponse/GetOpenIDConnectProviderResult")?;
    let texts = |name: &str| {
        let mut texts: Vec<String> = result.list(name).iter().map(|m| m.text().to_owned()).collect();
        texts.sort_unstable();
        texts
    };
    let settings = OidcSettings {
        url: result.required("Url")?.to_owned(),
        client_ids: texts("ClientIDList"),
        thumbprints: texts("ThumbprintList"),
        created: result.moment("CreateDate")?,
    };
    Ok((settings, result.source()))
}
