//! One cluster while it is read.

use std::sync::Mutex;

use crate::client::Client;
use crate::eks::NamedCluster;
use crate::settings::ClusterSettings;
use crate::wire;

/// A collector of one cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub client: Client,
    pub settings: ClusterSettings,
    pub eks: Option<NamedCluster>,
    pub identity: Mutex<Option<Identified>>,
}

/// The answers that say where and who we are.
#[derive(Clone, Debug)]
pub(crate) struct Identified {
    pub namespace: sdk::ExchangeId,
    pub caller: wire::UserInfo,
    pub review: sdk::ExchangeId,
}
