//! Kubeconfigs as kubectl reads them (client-go 0.36, `tools/clientcmd` and `transport`): which files, which context, whom to ask, and as
//! whom. What is read in another way than kubectl does could ask as another person: that is refused in words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use kube::config::{ExecAuthCluster, ExecConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sdk::Secret;
use serde::Deserialize;
use serde_json::Value;

/// Where a cluster is, whom it is trusted by, and as whom it is asked.
pub struct Found {
    /// Address, authorities, and the certificate to show.
    pub config: kube::Config,
    pub credential: Credential,
    /// The only way there, whatever the environment says.
    pub proxy: Option<String>,
}

/// What a request bears beside a certificate.
pub enum Credential {
    /// Nothing, and why.
    None(String),
    /// This token, and where it stands.
    Token(Secret, String),
    /// What the file holds at the time; the token is used where the file has none.
    File(PathBuf, Option<Secret>),
    /// User name and password, and where they stand.
    Password(String, Secret, String),
    Plugin(Box<ExecConfig>),
}

impl Credential {
    /// For a person: what was asked with.
    pub fn said(&self) -> String {
        match self {
            Self::None(why) => why.clone(),
            Self::Token(_, place) => format!("the token of {place}"),
            Self::File(path, _) => format!("the token in the file `{}`", path.display()),
            Self::Password(_, _, place) => format!("the password of {place}"),
            Self::Plugin(plugin) => {
                format!("what the plugin `{}` gives", plugin.command.as_deref().unwrap_or_default())
            }
        }
    }
}

/// A kubeconfig, as far as it is read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Kubeconfig {
    #[serde(rename = "apiVersion")]
    api_version: Option<String>,
    kind: Option<String>,
    current_context: Option<String>,
    clusters: Option<Vec<NamedCluster>>,
    users: Option<Vec<NamedUser>>,
    contexts: Option<Vec<NamedContext>>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    #[serde(default)]
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    #[serde(default)]
    context: Option<Context>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Cluster {
    server: Option<String>,
    insecure_skip_tls_verify: Option<bool>,
    certificate_authority: Option<String>,
    certificate_authority_data: Option<String>,
    proxy_url: Option<String>,
    tls_server_name: Option<String>,
    extensions: Option<Vec<Extension>>,
}

#[derive(Deserialize)]
struct Extension {
    name: String,
    #[serde(default)]
    extension: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct User {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
    client_key: Option<String>,
    client_key_data: Option<String>,
    #[serde(rename = "as")]
    impersonate: Option<String>,
    as_uid: Option<String>,
    as_groups: Option<Vec<String>>,
    as_user_extra: Option<Value>,
    auth_provider: Option<Value>,
    exec: Option<ExecConfig>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context {
    cluster: Option<String>,
    user: Option<String>,
}

/// All files together; of each name the first file's.
#[derive(Default)]
struct Merged {
    current: Option<String>,
    clusters: BTreeMap<String, Cluster>,
    users: BTreeMap<String, User>,
    contexts: BTreeMap<String, Context>,
    /// What was looked for, for a person.
    files: Vec<String>,
}

/// What the settings and the environment lead to; `None`: no file names a context that is in use.
///
/// # Errors
/// For a person: what cannot be read, or is not used as it stands.
pub fn find(kubeconfig: Option<&str>, context: Option<&str>) -> Result<Option<Found>, String> {
    let merged = match kubeconfig {
        Some(path) => merge(&[PathBuf::from(path)], true)?,
        None => match sdk::variable(&["KUBECONFIG"]) {
            // As a list of files, of which some need not be there. Where it is set, there is no other place.
            Some(list) => merge(&std::env::split_paths(&list).collect::<Vec<_>>(), false)?,
            None => {
                let home = sdk::variable(&["HOME"]).map(PathBuf::from);
                merge(&home.iter().map(|home| home.join(".kube/config")).collect::<Vec<_>>(), false)?
            }
        },
    };
    let Some(name) = context.map(str::to_owned).or_else(|| merged.current.clone()) else {
        if kubeconfig.is_some() {
            return Err(format!(
                "{} names no context as the current one: name one under `context`",
                merged.looked_at()
            ));
        }
        return Ok(None);
    };
    merged.found(&name).map(Some)
}

/// A text that is there and not empty: for kubectl an empty one is none.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// `must`: the file was named by itself, and has to be there.
fn merge(paths: &[PathBuf], must: bool) -> Result<Merged, String> {
    let mut merged = Merged::default();
    for path in paths.iter().filter(|path| !path.as_os_str().is_empty()) {
        let shown = format!("`{}`", path.display());
        if merged.files.contains(&shown) {
            continue;
        }
        merged.files.push(shown.clone());
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must => continue,
            Err(error) => return Err(format!("the kubeconfig {shown} cannot be read: {error}")),
        };
        let read = parse(&bytes).map_err(|problem| format!("the kubeconfig {shown} cannot be read: {problem}"))?;
        merged.add(read, path).map_err(|problem| format!("the kubeconfig {shown}: {problem}"))?;
    }
    Ok(merged)
}

fn parse(bytes: &[u8]) -> Result<Kubeconfig, String> {
    let wide = |little: bool| {
        let units = bytes.get(2..).unwrap_or_default().as_chunks::<2>().0.iter();
        let units: Vec<u16> =
            units.map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }).collect();
        String::from_utf16(&units).map_err(|error| error.to_string())
    };
    // As tools of Windows write it.
    let text = match bytes {
        [0xFF, 0xFE, ..] => wide(true)?,
        [0xFE, 0xFF, ..] => wide(false)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => {
            String::from_utf8(rest.to_vec()).map_err(|_| "it is not UTF-8".to_owned())?
        }
    };
    let documents: Vec<Option<Kubeconfig>> = serde_saphyr::from_multiple(&text).map_err(|error| error.to_string())?;
    // kubectl reads the first document of a file and no other.
    Ok(documents.into_iter().next().flatten().unwrap_or_default())
}

impl Merged {
    fn looked_at(&self) -> String {
        match self.files.as_slice() {
            [] => "no kubeconfig".to_owned(),
            [one] => format!("the kubeconfig {one}"),
            several => format!("the kubeconfigs {}", several.join(", ")),
        }
    }

    fn add(&mut self, read: Kubeconfig, path: &Path) -> Result<(), String> {
        let version = filled(read.api_version).unwrap_or_else(|| "v1".to_owned());
        let kind = filled(read.kind).unwrap_or_else(|| "Config".to_owned());
        if (version.as_str(), kind.as_str()) != ("v1", "Config") {
            return Err(format!("it is a `{kind}` of `{version}`, not a `Config` of `v1`"));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let place = |text: &mut Option<String>| {
            *text = filled(text.take()).map(|path| folder.join(path).to_string_lossy().into_owned());
        };
        let mut own = Self::default();
        for NamedCluster { name, cluster } in read.clusters.into_iter().flatten() {
            let mut cluster = cluster.unwrap_or_default();
            place(&mut cluster.certificate_authority);
            twice(own.clusters.insert(name.clone(), cluster).is_some(), "clusters", &name)?;
        }
        for NamedUser { name, user } in read.users.into_iter().flatten() {
            let mut user = user.unwrap_or_default();
            for text in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
                place(text);
            }
            // A name without a `/` is searched for in the search path.
            if let Some(command) = user.exec.as_mut().and_then(|exec| exec.command.as_mut())
                && command.contains('/')
            {
                *command = folder.join(command.as_str()).to_string_lossy().into_owned();
            }
            twice(own.users.insert(name.clone(), user).is_some(), "users", &name)?;
        }
        for NamedContext { name, context } in read.contexts.into_iter().flatten() {
            twice(own.contexts.insert(name.clone(), context.unwrap_or_default()).is_some(), "contexts", &name)?;
        }
        self.current = self.current.take().or_else(|| filled(read.current_context));
        let Self { clusters, users, contexts, .. } = own;
        for (name, one) in clusters {
            self.clusters.entry(name).or_insert(one);
        }
        for (name, one) in users {
            self.users.entry(name).or_insert(one);
        }
        for (name, one) in contexts {
            self.contexts.entry(name).or_insert(one);
        }
        Ok(())
    }

    fn found(mut self, name: &str) -> Result<Found, String> {
        let files = self.looked_at();
        let context = self.contexts.remove(name).ok_or_else(|| format!("{files} has no context `{name}`"))?;
        let missing = |what: &str| format!("the context `{name}` of {files} names no {what}");
        let cluster_name = filled(context.cluster).ok_or_else(|| missing("cluster"))?;
        let cluster = self.clusters.remove(&cluster_name);
        let cluster = cluster.ok_or_else(|| {
            format!("the context `{name}` of {files} names the cluster `{cluster_name}`, which is not there")
        })?;
        let user_name = filled(context.user);
        let user = match &user_name {
            None => User::default(),
            Some(user) => self
                .users
                .remove(user)
                .ok_or_else(|| format!("the context `{name}` of {files} names the user `{user}`, who is not there"))?,
        };
        let place = format!("the user `{}` of {files}", user_name.as_deref().unwrap_or_default());
        let of_cluster = |problem: String| format!("the cluster `{cluster_name}` of {files}: {problem}");
        let of_user = |problem: String| format!("{place}: {problem}");

        let roots = cluster.authorities().map_err(of_cluster)?;
        let certificate = user.certificate().map_err(of_user)?;
        let server = filled(cluster.server.clone()).ok_or_else(|| of_cluster("it has no `server`".to_owned()))?;
        let bare = !server.contains("://");
        let server = address(&server).map_err(of_cluster)?;
        let proxy = cluster.proxy().map_err(of_cluster)?;
        let mut config = kube::Config::new(server);
        config.accept_invalid_certs = cluster.insecure_skip_tls_verify == Some(true);
        config.tls_server_name = filled(cluster.tls_server_name.clone());
        config.root_cert = roots.as_ref().map(|(_, der)| der.clone());
        user.unsupported().map_err(of_user)?;
        if config.cluster_url.scheme_str() != Some("https") {
            let because = if bare { ", which a `server` without `https://` means" } else { "" };
            let why = format!("no credentials, which kubectl does not send over plain HTTP either{because}");
            return Ok(Found { config, credential: Credential::None(why), proxy });
        }
        let showed = certificate.is_some();
        if let Some((certificate, key)) = certificate {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(STANDARD.encode(key.expose()).into());
        }
        let credential = user.credential(&place, showed, &cluster, roots.map(|(pem, _)| pem)).map_err(of_user)?;
        Ok(Found { config, credential, proxy })
    }
}

fn twice(is: bool, list: &str, name: &str) -> Result<(), String> {
    if is { Err(format!("its `{list}` have `{name}` twice")) } else { Ok(()) }
}

/// The address of a server, its path included. Without a scheme it is plain HTTP, whatever the authority: kubectl decides that before it
/// looks at anything but the address (`ClientConfig` in <https://github.com/kubernetes/client-go/blob/v0.36.0/tools/clientcmd/client_config.go>
/// asks `IsConfigTransportTLS`, and `DefaultServerURL` in `rest/url_utils.go` answers).
fn address(server: &str) -> Result<Uri, String> {
    let wrong = || format!("its `server`, `{server}`, is not a valid address");
    let text = match server.split_once("://") {
        Some(_) => server.to_owned(),
        None if server.trim_end_matches('/').contains('/') => return Err(wrong()),
        None => format!("http://{server}"),
    };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong());
    };
    if authority.as_str().contains('@') {
        return Err("its `server` holds a user name: name the user under `users`".to_owned());
    }
    let path = uri.path();
    Uri::builder().scheme(scheme).authority(authority.clone()).path_and_query(path).build().map_err(|_| wrong())
}

/// Certificates as PEM, and the DER of each.
type Authorities = (Vec<u8>, Vec<Vec<u8>>);

impl Cluster {
    fn authorities(&self) -> Result<Option<Authorities>, String> {
        let Some(pem) = either(
            ("certificate-authority", self.certificate_authority.as_ref()),
            ("certificate-authority-data", self.certificate_authority_data.as_ref()),
        )?
        else {
            return Ok(None);
        };
        let der: Result<Vec<Vec<u8>>, _> =
            CertificateDer::pem_slice_iter(&pem).map(|one| one.map(|der| der.to_vec())).collect();
        let der = der.map_err(|error| format!("its certificate authority cannot be read: {error}"))?;
        if der.is_empty() {
            return Err("its certificate authority holds no certificate".to_owned());
        }
        Ok(Some((pem, der)))
    }

    fn proxy(&self) -> Result<Option<String>, String> {
        let Some(text) = filled(self.proxy_url.clone()) else { return Ok(None) };
        match text.split_once("://").map(|(scheme, _)| scheme) {
            Some("http" | "https") => Ok(Some(text)),
            Some(scheme @ ("socks5" | "socks5h")) => Err(format!(
                "`proxy-url` with `{scheme}://` is not supported: name an HTTP proxy, or the end of a tunnel as `server` with `tls-server-name`"
            )),
            _ => Err("its `proxy-url` is not the address of a proxy: `http://…` or `https://…`".to_owned()),
        }
    }

    /// What a plugin is told of the cluster.
    fn for_plugin(&self, pem: Option<Vec<u8>>) -> ExecAuthCluster {
        const OF_PLUGINS: &str = "client.authentication.k8s.io/exec";
        let extension = self.extensions.iter().flatten().find(|one| one.name == OF_PLUGINS);
        ExecAuthCluster {
            server: self.server.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            certificate_authority_data: pem,
            proxy_url: filled(self.proxy_url.clone()),
            tls_server_name: filled(self.tls_server_name.clone()),
            config: extension.map(|one| one.extension.clone()),
        }
    }
}

/// What a file holds, or what is written in its place in base64; both is an error in kubectl too.
fn either(file: (&str, Option<&String>), data: (&str, Option<&String>)) -> Result<Option<Vec<u8>>, String> {
    let is_there = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    match (is_there(file.1), is_there(data.1)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(format!("`{}` and `{}` are both given: keep one of them", file.0, data.0)),
        (Some(path), None) => std::fs::read(&path)
            .map(Some)
            .map_err(|error| format!("its `{}`, `{path}`, cannot be read: {error}", file.0)),
        (None, Some(text)) => {
            let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            STANDARD.decode(text).map(Some).map_err(|_| format!("its `{}` is not base64", data.0))
        }
    }
}

impl User {
    /// The client certificate and its key as PEM.
    fn certificate(&self) -> Result<Option<(Vec<u8>, Secret)>, String> {
        let certificate = either(
            ("client-certificate", self.client_certificate.as_ref()),
            ("client-certificate-data", self.client_certificate_data.as_ref()),
        )?;
        // A key without a certificate means nothing to kubectl.
        let Some(certificate) = certificate else { return Ok(None) };
        let key = either(("client-key", self.client_key.as_ref()), ("client-key-data", self.client_key_data.as_ref()))?;
        let key = key.ok_or_else(|| "its client certificate has no key".to_owned())?;
        let key = String::from_utf8(key).map_err(|_| "the key of its client certificate is not PEM".to_owned())?;
        Ok(Some((certificate, Secret::new(key))))
    }

    fn unsupported(&self) -> Result<(), String> {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if has(&self.impersonate) || has(&self.as_uid) || self.as_groups.is_some() || self.as_user_extra.is_some() {
            return Err(
                "it impersonates another (`as`): name a user who has the permissions that `witnessmark rights` prints"
                    .to_owned(),
            );
        }
        if self.auth_provider.is_some() {
            return Err(
                "`auth-provider` is not supported: use a plugin for credentials (`exec`), such as kubelogin".to_owned()
            );
        }
        Ok(())
    }

    /// In the order in which kubectl's own win: a token file, its token, a password, a plugin. `showed`: there is a certificate.
    fn credential(
        self,
        place: &str,
        showed: bool,
        cluster: &Cluster,
        pem: Option<Vec<u8>>,
    ) -> Result<Credential, String> {
        let (name, password) = (filled(self.username), filled(self.password));
        let (token, file) = (filled(self.token), filled(self.token_file));
        let with_password = name.is_some() || password.is_some();
        if with_password && (token.is_some() || (file.is_some() && name.is_some())) {
            return Err("it has a password and a token: keep one of them".to_owned());
        }
        if let Some(file) = file {
            return Ok(Credential::File(file.into(), token.map(Secret::new)));
        }
        if let Some(token) = token {
            return Ok(Credential::Token(Secret::new(token), place.to_owned()));
        }
        if let Some(mut plugin) = self.exec {
            if with_password {
                return Err("it has a password and a plugin (`exec`): keep one of them".to_owned());
            }
            usable(&plugin)?;
            if plugin.provide_cluster_info {
                plugin.cluster = Some(cluster.for_plugin(pem));
            }
            return Ok(Credential::Plugin(Box::new(plugin)));
        }
        match (name, password) {
            (Some(name), password) => {
                Ok(Credential::Password(name, Secret::new(password.unwrap_or_default()), place.to_owned()))
            }
            (None, Some(_)) => Err("it has a `password` without a `username`".to_owned()),
            (None, None) if showed => Ok(Credential::None(format!("the client certificate of {place}"))),
            (None, None) => {
                Err("it has no credentials: neither a token, a client certificate, a plugin (`exec`) nor a password"
                    .to_owned())
            }
        }
    }
}

/// What plugins are asked in; `v1alpha1` went with kubectl 1.24.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// What kubectl asks of a plugin's entry.
fn usable(plugin: &ExecConfig) -> Result<(), String> {
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if !has(&plugin.command) {
        return Err("its `exec` names no `command`".to_owned());
    }
    let Some(version) = plugin.api_version.as_deref().filter(|version| !version.is_empty()) else {
        return Err("its `exec` names no `apiVersion`".to_owned());
    };
    if !VERSIONS.contains(&version) {
        return Err(format!(
            "its `exec` is of `{version}`, which kubectl does not know either: {}",
            VERSIONS.join(" or ")
        ));
    }
    if plugin.interactive_mode.is_none() && !version.ends_with("beta1") {
        return Err(format!("its `exec` of `{version}` has no `interactiveMode`, which this version asks for"));
    }
    Ok(())
}

/// The account of the pod that this program runs in
/// (<https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/>).
///
/// # Errors
/// For a person: what of it is not there.
pub fn of_the_pod() -> Result<Found, String> {
    const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let variable = |name: &str| sdk::variable(&[name]).ok_or_else(|| format!("`{name}` is not set"));
    let (host, port) = (variable("KUBERNETES_SERVICE_HOST")?, variable("KUBERNETES_SERVICE_PORT")?);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let token = Path::new(FOLDER).join("token");
    std::fs::metadata(&token).map_err(|error| format!("`{}` cannot be read: {error}", token.display()))?;
    let account = Cluster { certificate_authority: Some(format!("{FOLDER}/ca.crt")), ..Cluster::default() };
    let (_, roots) = account.authorities()?.ok_or_else(|| "it has no certificate authority".to_owned())?;
    let mut config = kube::Config::new(address(&format!("https://{host}:{port}"))?);
    config.root_cert = Some(roots);
    Ok(Found { config, credential: Credential::File(token, None), proxy: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, and what the first of them leads to: the server, and what is asked with, or why not.
    fn read(files: &[(&str, &str)], context: Option<&str>) -> Result<(String, String), String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            sdk_write(&path, text);
        }
        let here = folder.path().to_string_lossy().into_owned();
        let paths: Vec<PathBuf> = files
            .iter()
            .map(|(name, _)| name)
            .filter(|name| name.ends_with(".kubeconfig"))
            .map(|name| folder.path().join(name))
            .collect();
        let merged = merge(&paths, false)?;
        let name = context.map(str::to_owned).or_else(|| merged.current.clone()).ok_or("no context")?;
        let found = merged.found(&name).map_err(|problem| problem.replace(&here, ""))?;
        Ok((found.config.cluster_url.to_string(), found.credential.said().replace(&here, "")))
    }

    #[expect(clippy::disallowed_methods, reason = "files of one test alone")]
    fn sdk_write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    fn one(cluster: &str, user: &str) -> String {
        format!(
            "current-context: c\nclusters: [{{name: k, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n\
             contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n"
        )
    }

    const SERVER: &str = "{server: \"https://k.example:6443\"}";

    #[test]
    fn what_is_asked_with_is_what_kubectl_asks_with() {
        for (user, with) in [
            ("{token: t}", Ok("the token of the user `u`")),
            ("{tokenFile: tok}", Ok("the token in the file `/tok`")),
            ("{token: t, tokenFile: tok}", Ok("the token in the file `/tok`")),
            ("{token: t, tokenFile: \"\"}", Ok("the token of the user `u`")),
            ("{username: a, password: b}", Ok("the password of the user `u`")),
            ("{username: a, password: b, token: t}", Err("a password and a token")),
            ("{username: a, password: b, tokenFile: tok}", Err("a password and a token")),
            ("{password: b}", Err("a `password` without a `username`")),
            ("{client-certificate: crt, client-key: key}", Ok("the client certificate of the user `u`")),
            ("{client-certificate: crt, client-key: key, token: t}", Ok("the token of the user `u`")),
            ("{client-certificate: crt}", Err("its client certificate has no key")),
            ("{client-certificate: crt, client-certificate-data: YQ==, client-key: key}", Err("are both given")),
            ("{client-certificate: crt, client-key: key, client-key-data: YQ==}", Err("are both given")),
            ("{client-certificate: nowhere, client-key: key}", Err("cannot be read")),
            ("{client-certificate-data: \"%\", client-key: key}", Err("`client-certificate-data` is not base64")),
            ("{client-key: nowhere, token: t}", Ok("the token of the user `u`")),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}}",
                Ok("what the plugin `aws` gives"),
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./own, interactiveMode: Never}}",
                Ok("what the plugin `/./own` gives"),
            ),
            (
                "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}}",
                Ok("the token of the user `u`"),
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}",
                Ok("what the plugin `aws` gives"),
            ),
            ("{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}", Err("no `interactiveMode`")),
            ("{exec: {command: aws}}", Err("names no `apiVersion`")),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}}",
                Err("`client.authentication.k8s.io/v1alpha1`, which kubectl does not know either"),
            ),
            (
                "{exec: {apiVersion: v1, command: aws, interactiveMode: Never}}",
                Err("which kubectl does not know either"),
            ),
            ("{exec: {apiVersion: client.authentication.k8s.io/v1beta1}}", Err("names no `command`")),
            ("{auth-provider: {name: oidc}}", Err("`auth-provider` is not supported")),
            ("{token: t, as: other}", Err("impersonates another")),
            ("{token: t, as-groups: [g]}", Err("impersonates another")),
            ("{}", Err("it has no credentials")),
            ("null", Err("it has no credentials")),
        ] {
            let files = [("a.kubeconfig", &*one(SERVER, user)), ("crt", CERTIFICATE), ("key", "key"), ("tok", "t\n")];
            match (read(&files, None), with) {
                (Ok((_, said)), Ok(expected)) => assert!(said.starts_with(expected), "{user}: {said}"),
                (Err(said), Err(expected)) => assert!(said.contains(expected), "{user}: {said}"),
                (found, expected) => panic!("{user}: {found:?}, and not {expected:?}"),
            }
        }
    }

    #[test]
    fn addresses_are_taken_as_kubectl_takes_them() {
        for (cluster, address) in [
            (SERVER, Ok("https://k.example:6443/")),
            ("{server: \"https://rancher.example/k8s/clusters/c-1\"}", Ok("https://rancher.example/k8s/clusters/c-1")),
            (
                "{server: \"https://rancher.example/k8s/clusters/c-1?a=b#c\"}",
                Ok("https://rancher.example/k8s/clusters/c-1"),
            ),
            ("{server: \"k.example:6443\", certificate-authority: crt}", Ok("http://k.example:6443/")),
            ("{server: \"k.example:6443\", insecure-skip-tls-verify: true}", Ok("http://k.example:6443/")),
            ("{server: \"k.example:8080\"}", Ok("http://k.example:8080/")),
            ("{server: \"k.example:8080/\"}", Ok("http://k.example:8080/")),
            ("{server: \"k.example\"}", Ok("http://k.example/")),
            ("{server: \"k.example:8080/k8s/clusters/c-1\"}", Err("is not a valid address")),
            ("{server: \"https://u:p@k.example\"}", Err("holds a user name")),
            ("{server: \"ftp://k.example\"}", Err("is not a valid address")),
            ("{server: \"\"}", Err("it has no `server`")),
            ("{}", Err("it has no `server`")),
            (
                "{server: \"https://k\", certificate-authority: crt, certificate-authority-data: YQ==}",
                Err("are both given"),
            ),
            (
                "{server: \"https://k\", certificate-authority: \"\", certificate-authority-data: \"\"}",
                Ok("https://k/"),
            ),
            ("{server: \"https://k\", certificate-authority: nowhere}", Err("cannot be read")),
            ("{server: \"https://k\", certificate-authority-data: YQ==}", Err("holds no certificate")),
            (
                "{server: \"https://k\", proxy-url: \"socks5://127.0.0.1:1080\"}",
                Err("`proxy-url` with `socks5://` is not supported"),
            ),
            ("{server: \"https://k\", proxy-url: \"proxy:3128\"}", Err("`proxy-url` is not the address of a proxy")),
            ("{server: \"https://k\", proxy-url: \"http://proxy:3128\"}", Ok("https://k/")),
        ] {
            let files = [("a.kubeconfig", &*one(cluster, "{token: t}")), ("crt", CERTIFICATE)];
            match (read(&files, None), address) {
                (Ok((found, said)), Ok(expected)) => {
                    assert_eq!(found, expected, "{cluster}");
                    // Whoever listens on the way would have it.
                    assert_eq!(said.contains("plain HTTP"), expected.starts_with("http:"), "{cluster}: {said}");
                }
                (Err(said), Err(expected)) => assert!(said.contains(expected), "{cluster}: {said}"),
                (found, expected) => panic!("{cluster}: {found:?}, and not {expected:?}"),
            }
        }
    }

    #[test]
    fn of_several_files_the_first_word_counts() {
        let first = "current-context: \"\"\nusers: [{name: u, user: {token: first}}]\n";
        let second = one(SERVER, "{username: a, password: b}");
        let files = [("a.kubeconfig", first), ("b.kubeconfig", &*second)];
        assert_eq!(read(&files, None).unwrap().1.split(" of ").next(), Some("the token"), "C6");
        // What one file says of a user is all that is said: nothing is added from the next.
        let files = [("a.kubeconfig", "users: [{name: u, user: {}}]\n"), ("b.kubeconfig", &*second)];
        assert!(read(&files, None).unwrap_err().contains("no credentials"));
        // Paths lead from the file that they stand in.
        let apart = [("x/a.kubeconfig", &*one(SERVER, "{tokenFile: tok}")), ("x/tok", "t")];
        assert_eq!(read(&apart, None).unwrap().1, "the token in the file `/x/tok`");

        let all = one(SERVER, "{token: t}");
        for (text, words) in [
            ("clusters: {", "cannot be read"),
            ("kind: Secret\n", "not a `Config`"),
            ("users: [{name: u}, {name: u}]\n", "its `users` have `u` twice"),
            ("current-context: gone\n", "has no context `gone`"),
            ("current-context: gone\ncontexts: []\n", "has no context `gone`"),
            ("current-context: gone\ncontexts: null\nclusters: null\nusers: null\n", "has no context `gone`"),
            ("current-context: c\ncontexts: [{name: c}]\n", "names no cluster"),
            ("current-context: c\ncontexts: [{name: c, context: null}]\n", "names no cluster"),
            ("current-context: c\ncontexts: [{name: c, context: {cluster: k, user: \"\"}}]\n", "names the cluster `k`"),
        ] {
            let said = read(&[("a.kubeconfig", text)], None).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
        assert!(read(&[("a.kubeconfig", &*all)], Some("other")).unwrap_err().contains("has no context `other`"));
        let without_user = all.replace("users: [{name: u", "users: [{name: v");
        assert!(
            read(&[("a.kubeconfig", &*without_user)], None)
                .unwrap_err()
                .contains("names the user `u`, who is not there")
        );
        let without_cluster = all.replace("clusters: [{name: k", "clusters: [{name: l");
        assert!(
            read(&[("a.kubeconfig", &*without_cluster)], None)
                .unwrap_err()
                .contains("the cluster `k`, which is not there")
        );
        // With a mark of byte order before it, as JSON, and with a second document that is not looked at.
        let strange = "preferences: {colors: true}\nextensions: [{name: x, extension: {}}]\nunheard-of: 1\n";
        for text in [
            format!("\u{feff}{all}"),
            format!("{all}---\ncurrent-context: other\n"),
            all.replace('\n', "\r\n"),
            format!("\u{feff}# made by hand\r\n\r\n{}", all.replace('\n', "  # so\r\n")),
            format!("apiVersion: v1\nkind: Config\n{strange}{all}"),
        ] {
            assert!(read(&[("a.kubeconfig", &*text)], None).is_ok(), "{text}");
        }
        let json = r#"{"current-context": "c", "clusters": [{"name": "k", "cluster": {"server": "https://k"}}],
            "users": [{"name": "u", "user": {"token": "t"}}], "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}"#;
        assert!(read(&[("a.kubeconfig", json)], None).is_ok());
    }
}
