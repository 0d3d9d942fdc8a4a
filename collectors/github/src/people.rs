//! Who is in the organisation: members, outside collaborators, teams that enter declared repositories, identities.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all, try_join4};
use sdk::{GapReason, Recorder, SinkError, Source, SourceTotal};
use serde::Deserialize;

use crate::list::{Entry, Listing, PAGE};
use crate::note::{Note, left_out};
use crate::resource::{
    MEMBER, Member, OUTSIDE_COLLABORATOR, OutsideCollaborator, SAML_IDENTITY, SamlIdentity, TEAM, Team,
};
use crate::routes;
use crate::session::{Call, Refusal, Session};

/// A person in any list.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: u64,
    pub login: String,
}

/// Parts of a person, and the members that they are.
const USER_MEMBERS: [(&str, &str); 2] = [("id", "id"), ("login", "login")];

#[derive(Clone, Debug, Deserialize)]
struct TeamTold {
    id: u64,
    slug: String,
    name: String,
    permission: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    id: String,
    active: bool,
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
}

/// What the two lists say of people without a good second factor.
struct SecondFactors {
    weak: BTreeMap<String, (&'static str, Source)>,
    /// Where the absence of a person in both lists was read; `None`: a list did not reach its end.
    both: Option<Vec<Source>>,
    /// Every account here is its enterprise's.
    all_managed: bool,
}

impl SecondFactors {
    fn of(&self, login: &str, listed: bool) -> Option<(&'static str, Vec<Source>)> {
        match (self.weak.get(login), &self.both) {
            (Some((state, source)), _) => Some((state, vec![source.clone()])),
            (None, Some(sources)) if listed && !self.manages(login) => Some(("secure", sources.clone())),
            _ => None,
        }
    }

    /// Whether an enterprise manages the account (EMU): its login ends in `_` and the enterprise's short code, and no other login has
    /// a `_`. <https://docs.github.com/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication>
    fn manages(&self, login: &str) -> bool {
        self.all_managed || login.contains('_')
    }

    /// Says of whom absence proves nothing: who signs in at an identity provider has no second factor at GitHub, and stands in neither list.
    fn say_managed(&self, recorder: &Recorder, call: &Call, kind: &str, logins: &[String]) -> Result<(), SinkError> {
        let managed: Vec<&String> = logins.iter().filter(|login| self.manages(login)).collect();
        let Some(one) = managed.first() else { return Ok(()) };
        if self.both.is_none() {
            // The lists themselves are what was not read.
            return Ok(());
        }
        let whose = if self.all_managed {
            "this enterprise manages all of its accounts (EMU)".to_owned()
        } else {
            format!("an enterprise manages this account (EMU), as the `_` in `{one}` says")
        };
        let why = |whose: &str| {
            let detail = format!(
                "{whose}: second factors are asked for by its identity provider, and GitHub lists nobody there as having none or a weak one"
            );
            call.refused(GapReason::Unsupported, detail)
        };
        if managed.len() == logins.len() {
            return recorder.gap(why(&whose).gap(Some("two_factor")));
        }
        for login in managed {
            let whose = format!("an enterprise manages this account (EMU), as the `_` in `{login}` says");
            let about = call.clone().subject(kind, login);
            let refusal = Refusal { call: about.call, ..why(&whose) };
            recorder.gap(refusal.gap(Some("two_factor")))?;
        }
        Ok(())
    }
}

/// How often both lists are read at most until they stand still.
const READINGS: usize = 4;

/// The logins of both lists.
type Weak = [BTreeSet<String>; 2];

/// Reads both lists; what cannot be read of them is a gap of every member of the population. They are read again until they say the same as
/// before: whoever changes from one to the other, or whom a page that moves up leaves out, would otherwise stand in neither.
async fn second_factors(
    session: &Session,
    recorder: &Recorder,
    population: &str,
    operations: [&'static str; 2],
) -> Result<SecondFactors, SinkError> {
    let name = &session.settings.organization;
    let list = |operation| session.list::<User>(Call::new(operation, &[name]).population(population), "");
    let logins = |one: &Listing<User>| one.entries.iter().map(|entry| entry.value.login.clone()).collect();
    let [first, second] = operations;
    let mut before: Option<(Weak, [Listing<User>; 2])> = None;
    let mut readings = 0;
    let (disabled, insecure, cut, still) = loop {
        let (disabled, insecure) = try_join(list(first), list(second)).await?;
        readings += 1;
        let now: Weak = [logins(&disabled), logins(&insecure)];
        let cut = !disabled.is_complete() || !insecure.is_complete();
        let still = before.as_ref().is_some_and(|(then, _)| *then == now);
        if cut || still || readings == READINGS {
            break (disabled, insecure, cut, cut || still);
        }
        before = Some((now, [disabled, insecure]));
    };
    if !still {
        let detail = format!(
            "`{first}` and `{second}` were read {readings} times and said something else each time: who stands in neither is not known"
        );
        let call = Call::new(first, &[name]).population(population);
        recorder.gap(call.refused(GapReason::TotalMismatch, detail).gap(Some("two_factor")))?;
    }
    let mut both = still.then(Vec::new);
    let mut weak = BTreeMap::new();
    for (state, list) in [("insecure", insecure), ("disabled", disabled)] {
        match (&list.stopped, list.end) {
            (None, Some(end)) => {
                if let Some(sources) = &mut both {
                    sources.push(end);
                }
            }
            (stopped, _) => {
                both = None;
                if let Some(refusal) = stopped {
                    recorder.gap(refusal.gap(Some("two_factor")))?;
                }
            }
        }
        for Entry { value, source } in list.entries {
            weak.insert(value.login, (state, source));
        }
    }
    // What the whole lists before one that was cut say of somebody stays said.
    if let (true, Some((_, lists))) = (cut, before) {
        for (state, list) in ["disabled", "insecure"].into_iter().zip(lists) {
            for Entry { value, source } in list.entries {
                weak.entry(value.login).or_insert((state, source));
            }
        }
    }
    Ok(SecondFactors { weak, both, all_managed: session.settings.all_managed() })
}

/// Members by role, and who of them has which second factor.
pub async fn members(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let name = &session.settings.organization;
    let by_role =
        |role| session.list::<User>(Call::new(routes::MEMBERS, &[name]).population(MEMBER).with("role", role), "");
    let (mut admins, members) = try_join(by_role("admin"), by_role("member")).await?;
    // Afterwards: who comes in meanwhile is in the later lists too, and not called secure because the earlier ones did not have them.
    let operations = [routes::MEMBERS_DISABLED, routes::MEMBERS_INSECURE];
    let factors = second_factors(session, recorder, MEMBER, operations).await?;
    let owners = admins.entries.len();
    admins.absorb(members);
    let complete = admins.is_complete();
    if !complete && factors.both.is_some() {
        // The lists of second factors are whole, the list of members is not: no one is called secure by it.
        let refusal = admins.stopped.as_ref().map(|stopped| stopped.gap(Some("two_factor")));
        if let Some(gap) = refusal {
            recorder.gap(gap)?;
        }
    }
    let mut ids = Vec::with_capacity(admins.entries.len());
    // Whose role changed between the two lists stands in both: the run holds against each other what is recorded again.
    for (index, Entry { value, source }) in admins.entries.iter().enumerate() {
        let facts = Member {
            id: Some(value.id),
            login: Some(value.login.clone()),
            role: Some(if index < owners { "admin" } else { "member" }.to_owned()),
            two_factor: None,
        };
        let mut note = Note::new(MEMBER, MEMBER, value.login.clone(), &facts, source).members(&USER_MEMBERS);
        if let Some((state, sources)) = factors.of(&value.login, complete) {
            note.part("two_factor", &state, sources);
        }
        note.write(recorder)?;
        ids.push(value.login.clone());
    }
    let call = Call::new(routes::MEMBERS_DISABLED, &[name]).population(MEMBER);
    factors.say_managed(recorder, &call, MEMBER, &ids)?;
    admins.close(recorder, MEMBER, &ids)
}

/// Outside collaborators and their second factors.
pub async fn collaborators(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let name = &session.settings.organization;
    let call = Call::new(routes::COLLABORATORS, &[name]).population(OUTSIDE_COLLABORATOR);
    let operations = [routes::COLLABORATORS_DISABLED, routes::COLLABORATORS_INSECURE];
    let all = session.list::<User>(call, "").await?;
    // Afterwards, as of members.
    let factors = second_factors(session, recorder, OUTSIDE_COLLABORATOR, operations).await?;
    if let (Some(stopped), true) = (&all.stopped, factors.both.is_some()) {
        recorder.gap(stopped.gap(Some("two_factor")))?;
    }
    let mut ids = Vec::with_capacity(all.entries.len());
    for Entry { value, source } in &all.entries {
        let facts = OutsideCollaborator { id: Some(value.id), login: Some(value.login.clone()), two_factor: None };
        let mut note = Note::new(OUTSIDE_COLLABORATOR, OUTSIDE_COLLABORATOR, value.login.clone(), &facts, source)
            .members(&USER_MEMBERS);
        if let Some((state, sources)) = factors.of(&value.login, all.is_complete()) {
            note.part("two_factor", &state, sources);
        }
        note.write(recorder)?;
        ids.push(value.login.clone());
    }
    let call = Call::new(routes::COLLABORATORS_DISABLED, &[name]).population(OUTSIDE_COLLABORATOR);
    factors.say_managed(recorder, &call, OUTSIDE_COLLABORATOR, &ids)?;
    all.close(recorder, OUTSIDE_COLLABORATOR, &ids)
}

/// A team, and where it may enter.
struct Entered {
    /// Of the first repository that it may enter.
    entry: Entry<TeamTold>,
    /// By repository: what it may do there.
    permissions: BTreeMap<String, String>,
    sources: Vec<Source>,
    /// Where the list of a repository names it again, and what it may do there as told then.
    again: Vec<(String, Entry<TeamTold>)>,
}

/// Teams that may enter a declared repository, each once, unless the list of one repository repeats it.
pub async fn teams(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let organization = &session.settings.organization;
    if session.settings.repositories.is_empty() {
        return left_out(recorder, TEAM, GapReason::Skipped, "the declaration names no repository");
    }
    let lists = try_join_all(session.settings.repositories.iter().map(|repository| async move {
        let call = Call::new(routes::TEAMS, &[organization, repository]).population(TEAM);
        Ok((repository, session.list::<TeamTold>(call, "").await?))
    }))
    .await?;
    let mut found: BTreeMap<String, Entered> = BTreeMap::new();
    let mut all = Listing::<TeamTold>::default();
    for (repository, mut list) in lists {
        for entry in std::mem::take(&mut list.entries) {
            let team = found.entry(entry.value.slug.clone()).or_insert_with(|| Entered {
                entry: entry.clone(),
                permissions: BTreeMap::new(),
                sources: Vec::new(),
                again: Vec::new(),
            });
            if team.permissions.contains_key(repository) {
                team.again.push((repository.clone(), entry));
                continue;
            }
            team.permissions.insert(repository.clone(), entry.value.permission);
            team.sources.push(entry.source);
        }
        all.absorb(list);
    }
    if let Some(stopped) = &all.stopped {
        // Any team may enter the repository whose teams were not read.
        recorder.gap(stopped.gap(Some("repositories")))?;
    }
    let listed = found.iter().flat_map(|(slug, team)| std::iter::repeat_n(slug.clone(), team.again.len() + 1));
    let ids: Vec<String> = listed.collect();
    try_join_all(found.into_values().map(|team| async move {
        let slug = &team.entry.value.slug;
        let call = Call::new(routes::TEAM_MEMBERS, &[organization, slug]).population(TEAM).subject(TEAM, slug);
        let members = session.list::<User>(call, "").await?;
        if let Some(stopped) = &members.stopped {
            recorder.gap(stopped.gap(Some("members")))?;
        }
        let write = |entry: &Entry<TeamTold>, permissions: &BTreeMap<String, String>, sources: Vec<Source>| {
            let facts = Team {
                id: Some(entry.value.id),
                slug: Some(slug.clone()),
                name: Some(entry.value.name.clone()),
                repositories: None,
                members: None,
            };
            let mut note = Note::new(TEAM, TEAM, slug.clone(), &facts, &entry.source);
            note.part("repositories", permissions, sources);
            if members.pages > 0 {
                let told = members.entries.iter().map(|one| one.source.clone());
                let logins: BTreeSet<&String> = members.entries.iter().map(|one| &one.value.login).collect();
                note.part("members", &logins, members.end.iter().cloned().chain(told).collect());
            }
            note.write(recorder)
        };
        for (repository, entry) in &team.again {
            let mut permissions = team.permissions.clone();
            permissions.insert(repository.clone(), entry.value.permission.clone());
            write(entry, &permissions, vec![entry.source.clone()])?;
        }
        write(&team.entry, &team.permissions, team.sources)
    }))
    .await?;
    all.close(recorder, TEAM, &ids)
}

/// What the identity provider made known. Its pages are counted, not linked.
pub async fn identities(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let list = identity_list(session).await?;
    for Entry { value, source } in &list.entries {
        let facts = SamlIdentity {
            id: Some(value.id.clone()),
            user_name: Some(value.user_name.clone()),
            external_id: Some(value.external_id.clone()),
            active: Some(value.active),
        };
        Note::new(SAML_IDENTITY, SAML_IDENTITY, value.id.clone(), &facts, source)
            .members(&[("id", "id"), ("active", "active"), ("user_name", "userName"), ("external_id", "externalId")])
            .write(recorder)?;
    }
    let ids: Vec<String> = list.entries.iter().map(|one| one.value.id.clone()).collect();
    list.close(recorder, SAML_IDENTITY, &ids)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityPage {
    total_results: u64,
    start_index: u64,
    /// As many of them as this page counts for.
    #[serde(default)]
    items_per_page: Option<u64>,
    #[serde(rename = "Resources")]
    resources: Vec<serde_json::Value>,
}

async fn identity_list(session: &Session) -> Result<Listing<Identity>, SinkError> {
    let first = Call::new(routes::IDENTITIES, &[&session.settings.organization]).population(SAML_IDENTITY);
    let mut list = Listing::default();
    let mut start = 1u64;
    loop {
        let call = first.clone().with("startIndex", start.to_string()).with("count", PAGE.to_string());
        let page = list.pages + 1;
        let answer = match session.get_page(&call, None, page).await? {
            Ok(answer) => answer,
            Err(refusal) => {
                list.calls += u64::from(refusal.attempts);
                list.stopped = Some(refusal);
                return Ok(list);
            }
        };
        list.calls += u64::from(answer.attempts);
        let stop = |reason, detail: String| {
            let mut refusal = call.refused(reason, detail);
            refusal.exchange = Some(answer.exchange);
            Some(refusal)
        };
        let told: IdentityPage = match answer.read(&call) {
            Ok(told) => told,
            Err(refusal) => {
                list.stopped = Some(refusal);
                return Ok(list);
            }
        };
        list.pages = page;
        list.end = Some(answer.source("/Resources"));
        list.total = Some(SourceTotal { count: told.total_results, from: answer.source("/totalResults") });
        if told.start_index != start {
            let detail = format!("page {page} starts at {} instead of {start}", told.start_index);
            list.stopped = stop(GapReason::Truncated, detail);
            return Ok(list);
        }
        for (index, value) in told.resources.iter().enumerate() {
            let path = format!("/Resources/{index}");
            match Identity::deserialize(value) {
                Ok(value) => list.entries.push(Entry { value, source: answer.source(&path) }),
                Err(error) => {
                    list.stopped =
                        stop(GapReason::Malformed, format!("`{path}` does not have the documented form: {error}"));
                    return Ok(list);
                }
            }
        }
        // A page that repeats an item counts for fewer than it holds: where the next one begins, the server's number says.
        let held = told.resources.len() as u64;
        let counted = told.items_per_page.filter(|counted| (1..held).contains(counted)).unwrap_or(held);
        start = start.saturating_add(counted);
        if start > told.total_results {
            return Ok(list);
        }
        if told.resources.is_empty() {
            let detail =
                format!("page {page} is empty, and {} of {} were read", list.entries.len(), told.total_results);
            list.stopped = stop(GapReason::Truncated, detail);
            return Ok(list);
        }
    }
}

/// Everyone and every team.
pub async fn read(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    try_join4(
        members(session, recorder),
        collaborators(session, recorder),
        teams(session, recorder),
        identities(session, recorder),
    )
    .await?;
    Ok(())
}
