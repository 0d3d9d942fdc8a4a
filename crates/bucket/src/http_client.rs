//! The transport as the AWS SDK's HTTP client: one TLS backend, proxies and authorities as for everything else.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use transport::{Failure, Limits, Transport};

/// Gives connectors to the SDK.
#[derive(Clone, Debug)]
pub struct PlainClient(pub Transport);

#[derive(Debug)]
struct Connector {
    transport: Transport,
    limits: Limits,
}

impl HttpClient for PlainClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let defaults = Limits::default();
        SharedHttpConnector::new(Connector {
            transport: self.0.clone(),
            limits: Limits {
                connect: settings.connect_timeout().unwrap_or(defaults.connect),
                read: settings.read_timeout().unwrap_or(defaults.read),
                total: defaults.total,
            },
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (transport, limits) = (self.transport.clone(), self.limits);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            // A part of an object at the most, which is in memory anyway.
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let answer =
                transport.send(http::Request::from_parts(parts, body), limits).await.map_err(into_connector_error)?;
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn into_connector_error(failure: Failure) -> ConnectorError {
    match failure {
        Failure::Timeout(_) => ConnectorError::timeout(failure.into()),
        Failure::Connect(_) | Failure::Reset(_) | Failure::Cut(_) => ConnectorError::io(failure.into()),
        _ => ConnectorError::other(failure.into(), None),
    }
}
