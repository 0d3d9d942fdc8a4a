//! A cluster of EKS: an API server and AWS behind one address. Signed requests are for AWS.

use async_trait::async_trait;
use http::request::Parts;
use testkit::{Handler, Reply, Request, Understood, Wording};

use crate::aws::{AwsFake, AwsWording, EksCluster, Size, World};
use crate::kubernetes::{K8sFake, K8sWording};

/// Both that answer for such a cluster.
#[derive(Clone, Debug)]
pub struct EksFake {
    cluster: K8sFake,
    aws: AwsFake,
}

impl EksFake {
    /// A small cluster, called `signing` at AWS.
    #[must_use]
    pub fn small() -> Self {
        Self::new(EksCluster::small("signing"))
    }

    /// A small cluster that is described so at AWS.
    #[must_use]
    pub fn new(described: EksCluster) -> Self {
        let mut world = World::new(Size::SMALL);
        world.eks.push(described);
        Self { cluster: K8sFake::small(), aws: AwsFake::new(world) }
    }
}

#[async_trait]
impl Handler for EksFake {
    async fn answer(&self, request: &Request) -> Reply {
        match request.region {
            Some(_) => self.aws.answer(request).await,
            None => self.cluster.answer(request).await,
        }
    }

    fn wording(&self) -> &dyn Wording {
        &EksWording
    }
}

/// Each request in the words of who it is for.
#[derive(Clone, Copy, Debug, Default)]
struct EksWording;

fn of(request: &Request) -> &'static dyn Wording {
    if request.region.is_some() { &AwsWording } else { &K8sWording }
}

impl Wording for EksWording {
    fn understand(&self, head: &Parts, body: &[u8]) -> Understood {
        let authorization = head.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if authorization.is_some_and(|value| value.starts_with("AWS4")) {
            AwsWording.understand(head, body)
        } else {
            K8sWording.understand(head, body)
        }
    }

    fn secrets(&self) -> &[&str] {
        AwsWording.secrets()
    }

    fn denied(&self, request: &Request) -> Reply {
        of(request).denied(request)
    }

    fn denied_by_organization(&self, request: &Request) -> Option<Reply> {
        of(request).denied_by_organization(request)
    }

    fn expired(&self, request: &Request) -> Reply {
        of(request).expired(request)
    }

    fn throttled(&self, request: &Request) -> Reply {
        of(request).throttled(request)
    }

    fn internal(&self, request: &Request) -> Reply {
        of(request).internal(request)
    }

    fn unknown(&self, request: &Request) -> Reply {
        of(request).unknown(request)
    }

    fn wrong_shape(&self, request: &Request) -> Reply {
        of(request).wrong_shape(request)
    }

    fn is_page(&self, body: &[u8], without_marker: bool) -> bool {
        AwsWording.is_page(body, without_marker) || K8sWording.is_page(body, without_marker)
    }

    fn more(&self, request: &Request, reply: Reply, marker: Option<&str>) -> Reply {
        of(request).more(request, reply, marker)
    }

    fn first_page(&self, request: &mut Request) {
        of(request).first_page(request);
    }

    fn with_member(&self, request: &Request, body: &[u8], text: &str) -> Vec<u8> {
        of(request).with_member(request, body, text)
    }
}
