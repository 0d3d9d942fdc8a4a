//! The transport as the AWS SDK's HTTP client.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use transport::{Failure, Limits, Recording};

/// Gives connectors to the SDK, all over one recording transport.
#[derive(Clone, Debug)]
pub struct RecordingClient(pub Recording);

#[derive(Debug)]
struct Connector {
    recording: Recording,
    limits: Limits,
}

impl HttpClient for RecordingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let defaults = Limits::default();
        SharedHttpConnector::new(Connector {
            recording: self.0.clone(),
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
        let (recording, limits) = (self.recording.clone(), self.limits);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            // No operation we use streams its request.
            let body = body
                .bytes()
                .map(Bytes::copy_from_slice)
                .ok_or_else(|| ConnectorError::user("a request with a streaming body cannot be recorded".into()))?;
            let answer =
                recording.send(http::Request::from_parts(parts, body), limits).await.map_err(into_connector_error)?;
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What the SDK may try again: broken connections and silence. Not what would come out the same.
fn into_connector_error(failure: Failure) -> ConnectorError {
    match failure {
        Failure::Timeout(_) => ConnectorError::timeout(failure.into()),
        Failure::Connect(_) | Failure::Reset(_) | Failure::Cut(_) => ConnectorError::io(failure.into()),
        _ => ConnectorError::other(failure.into(), None),
    }
}
