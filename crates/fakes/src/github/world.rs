//! What is the case in the organisation that the fake tells of.

/// An organisation and who may ask about it.
#[derive(Clone, Debug)]
pub struct World {
    pub login: String,
    pub id: u64,
    /// As the organisation's settings have it.
    pub two_factor_required: bool,
    pub people: Vec<Person>,
    pub collaborators: Vec<Person>,
    pub repositories: Vec<Repository>,
    pub apps: Vec<Installed>,
    /// Who is told what: tokens and what they may.
    pub access: Vec<Access>,
    pub app: Option<App>,
    /// Entries of a page at most; GitHub has 100.
    pub page: usize,
    /// GitHub's documentation says that only owners see who has no second factor, and does not say whether an App
    /// counts as one.
    pub apps_see_two_factor: bool,
    /// GitHub shows who may bypass a ruleset to those who may change it.
    pub readers_see_bypass: bool,
    /// The plan has an audit log that can be read.
    pub audit_log: bool,
    /// Members are provisioned by SAML and SCIM.
    pub saml: bool,
    pub limits: Limits,
}

/// One person.
#[derive(Clone, Debug)]
pub struct Person {
    pub login: String,
    pub id: u64,
    pub admin: bool,
    pub two_factor: TwoFactor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoFactor {
    Disabled,
    Insecure,
    Secure,
}

/// One repository.
#[derive(Clone, Debug)]
pub struct Repository {
    pub name: String,
    pub id: u64,
    /// `None`: the branch has no classic protection.
    pub protection: Option<Protection>,
    pub ruleset: Option<Ruleset>,
    pub keys: Vec<(String, bool)>,
    pub allowed_actions: String,
    /// Which Actions may run where they are chosen.
    pub patterns: Vec<String>,
    pub workflow_permissions: String,
    pub team: Option<String>,
}

/// Classic protection of the default branch.
#[derive(Clone, Debug)]
pub struct Protection {
    pub enforce_admins: bool,
    pub reviews: u64,
    pub bypass: Vec<String>,
}

/// A ruleset that applies to the default branch.
#[derive(Clone, Debug)]
pub struct Ruleset {
    pub id: u64,
    pub reviews: u64,
    /// Teams that may bypass it.
    pub bypass: Vec<u64>,
}

/// An App that is installed.
#[derive(Clone, Debug)]
pub struct Installed {
    pub slug: String,
    pub id: u64,
    pub permissions: Vec<(String, String)>,
}

/// A token, and what it may.
#[derive(Clone, Debug)]
pub struct Access {
    pub token: String,
    pub kind: Kind,
    /// Its user owns the organisation.
    pub owner: bool,
    /// Scopes of a classic token, permissions (to read) of the others.
    pub permissions: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Classic,
    FineGrained,
    Installation,
}

/// An App that may ask for tokens of its installation.
#[derive(Clone, Debug)]
pub struct App {
    pub id: u64,
    pub installation: u64,
    /// `RSAPublicKey` in DER, of the key that its assertions are signed with.
    pub public_key: Vec<u8>,
    pub permissions: Vec<String>,
}

/// What GitHub lets one credential ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Requests, and the seconds after which as many may come again.
    pub primary: Option<(u64, u64)>,
    /// Every so many requests one is refused for a second.
    pub secondary: Option<u64>,
}

/// What may be granted to read all that there is.
pub const PERMISSIONS: [&str; 8] = [
    "members",
    "organization_administration",
    "organization_personal_access_tokens",
    "organization_personal_access_token_requests",
    "metadata",
    "administration",
    "actions",
    "repository_hooks",
];

impl World {
    /// An organisation with one of everything, and `token` for an installation that may read all of it.
    #[must_use]
    pub fn small(token: &str) -> Self {
        let person = |login: &str, id, admin, two_factor| Person { login: login.to_owned(), id, admin, two_factor };
        Self {
            login: "northbank".to_owned(),
            id: 4_711_201,
            two_factor_required: true,
            people: vec![
                person("ada", 101, true, TwoFactor::Secure),
                person("bo", 102, true, TwoFactor::Secure),
                person("cy", 103, false, TwoFactor::Insecure),
                person("di", 104, false, TwoFactor::Disabled),
                person("ed", 105, false, TwoFactor::Secure),
            ],
            collaborators: vec![
                person("out", 201, false, TwoFactor::Secure),
                person("far", 202, false, TwoFactor::Disabled),
                person("off", 203, false, TwoFactor::Insecure),
            ],
            repositories: vec![Repository::new("signer", 301), Repository::new("deploy", 302).with_ruleset()],
            apps: vec![
                Installed::new("ci-runner", 401, &[("contents", "read"), ("metadata", "read")]),
                Installed::new("release-bot", 402, &[("contents", "write"), ("administration", "write")]),
                Installed::new("witnessmark", 403, &[("metadata", "read")]),
            ],
            access: vec![Access {
                token: token.to_owned(),
                kind: Kind::Installation,
                owner: false,
                permissions: PERMISSIONS.map(str::to_owned).into(),
            }],
            app: None,
            page: 100,
            apps_see_two_factor: true,
            readers_see_bypass: true,
            audit_log: true,
            saml: true,
            limits: Limits::default(),
        }
    }

    /// Of which every shipped check says that it conforms.
    #[must_use]
    pub fn calm(token: &str) -> Self {
        let mut world = Self::small(token);
        for person in world.people.iter_mut().chain(&mut world.collaborators) {
            person.two_factor = TwoFactor::Secure;
        }
        world
    }

    /// At most so many entries on a page.
    #[must_use]
    pub fn paged(mut self, entries: usize) -> Self {
        self.page = entries;
        self
    }

    /// So many members and repositories.
    #[must_use]
    pub fn sized(mut self, members: u64, repositories: u64) -> Self {
        let admins = self.people.iter().filter(|one| one.admin).cloned().collect::<Vec<_>>();
        self.people = admins;
        for n in self.people.len() as u64..members {
            self.people.push(Person {
                login: format!("member-{n:05}"),
                id: 10_000 + n,
                admin: false,
                two_factor: if n % 50 == 0 { TwoFactor::Insecure } else { TwoFactor::Secure },
            });
        }
        self.repositories = (0..repositories).map(|n| Repository::new(&format!("repo-{n:03}"), 30_000 + n)).collect();
        self
    }

    /// The token that may ask.
    #[must_use]
    pub fn asked_by(mut self, token: &str, kind: Kind, owner: bool, permissions: &[&str]) -> Self {
        let permissions = permissions.iter().map(|&one| one.to_owned()).collect();
        self.access = vec![Access { token: token.to_owned(), kind, owner, permissions }];
        self
    }
}

impl Repository {
    #[must_use]
    pub fn new(name: &str, id: u64) -> Self {
        Self {
            name: name.to_owned(),
            id,
            protection: Some(Protection { enforce_admins: true, reviews: 2, bypass: Vec::new() }),
            ruleset: None,
            keys: vec![("mirror".to_owned(), true), ("backup".to_owned(), true), ("status".to_owned(), true)],
            allowed_actions: "selected".to_owned(),
            patterns: vec!["northbank/*".to_owned()],
            workflow_permissions: "read".to_owned(),
            team: Some("custody".to_owned()),
        }
    }

    /// Protected by a ruleset that nobody may bypass, and not by classic protection.
    #[must_use]
    pub fn with_ruleset(mut self) -> Self {
        self.protection = None;
        self.ruleset = Some(Ruleset { id: self.id + 1000, reviews: 1, bypass: Vec::new() });
        self
    }
}

impl Installed {
    #[must_use]
    pub fn new(slug: &str, id: u64, permissions: &[(&str, &str)]) -> Self {
        let permissions = permissions.iter().map(|&(name, level)| (name.to_owned(), level.to_owned())).collect();
        Self { slug: slug.to_owned(), id, permissions }
    }
}
