//! Who is in the organisation: members, outside collaborators, teams that enter declared repositories, identities.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all, try_join3, try_join4};
use sdk::{GapReason, Recorder, SinkError, Source, SourceTotal};
use serde::Deserialize;

use crate::list::{Entry, Listing, PAGE};
use crate::note::{Note, left_out};
use crate::resource::{
    MEMBER, Member, OUTSIDE_COLLABORATOR, OutsideCollaborator, SAML_IDENTITY, SamlIdentity, TEAM, Team,
};
use crate::routes;
use crate::session::{Call, Session};

/// A person in any list.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: u64,
    pub login: String,
}

#[derive(Debug, Deserialize)]
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
}

impl SecondFactors {
    fn of(&self, login: &str, listed: bool) -> Option<(&'static str, Vec<Source>)> {
        match (self.weak.get(login), &self.both) {
            (Some((state, source)), _) => Some((state, vec![source.clone()])),
            (None, Some(sources)) if listed => Some(("secure", sources.clone())),
            _ => None,
        }
    }
}

/// Reads both lists; what cannot be read of them is a gap of every member of the population.
async fn second_factors(
    session: &Session,
    recorder: &Recorder,
    population: &str,
    operations: [&'static str; 2],
) -> Result<SecondFactors, SinkError> {
    let name = &session.settings.organization;
    let [disabled, insecure] =
        operations.map(|operation| session.list::<User>(Call::new(operation, &[name]).population(population), ""));
    let (disabled, insecure) = try_join(disabled, insecure).await?;
    let mut both = Some(Vec::new());
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
    Ok(SecondFactors { weak, both })
}

/// Members by role, and who of them has which second factor.
pub async fn members(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let name = &session.settings.organization;
    let by_role =
        |role| session.list::<User>(Call::new(routes::MEMBERS, &[name]).population(MEMBER).with("role", role), "");
    let (mut admins, members, factors) = try_join3(
        by_role("admin"),
        by_role("member"),
        second_factors(session, recorder, MEMBER, [routes::MEMBERS_DISABLED, routes::MEMBERS_INSECURE]),
    )
    .await?;
    let owners = admins.entries.len();
    admins.absorb(members);
    let complete = admins.is_complete();
    if !complete && factors.both.is_some() {
        // The lists of second factors are whole, the list of members is not: nobody is called secure by it.
        let refusal = admins.stopped.as_ref().map(|stopped| stopped.gap(Some("two_factor")));
        if let Some(gap) = refusal {
            recorder.gap(gap)?;
        }
    }
    let mut known = BTreeSet::new();
    for (index, Entry { value, source }) in admins.entries.iter().enumerate() {
        // Whose role changed between the two lists stands in both: the one that can do more holds.
        if !known.insert(value.login.clone()) {
            continue;
        }
        let facts = Member {
            id: Some(value.id),
            login: Some(value.login.clone()),
            role: Some(if index < owners { "admin" } else { "member" }.to_owned()),
            two_factor: None,
        };
        let mut note = Note::new(MEMBER, MEMBER, value.login.clone(), &facts, source);
        if let Some((state, sources)) = factors.of(&value.login, complete) {
            note.part("two_factor", &state, sources);
        }
        note.write(recorder)?;
    }
    admins.close(recorder, MEMBER, known.len())
}

/// Outside collaborators and their second factors.
pub async fn collaborators(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let name = &session.settings.organization;
    let call = Call::new(routes::COLLABORATORS, &[name]).population(OUTSIDE_COLLABORATOR);
    let operations = [routes::COLLABORATORS_DISABLED, routes::COLLABORATORS_INSECURE];
    let (all, factors) =
        try_join(session.list::<User>(call, ""), second_factors(session, recorder, OUTSIDE_COLLABORATOR, operations))
            .await?;
    if let (Some(stopped), true) = (&all.stopped, factors.both.is_some()) {
        recorder.gap(stopped.gap(Some("two_factor")))?;
    }
    for Entry { value, source } in &all.entries {
        let facts = OutsideCollaborator { id: Some(value.id), login: Some(value.login.clone()), two_factor: None };
        let mut note = Note::new(OUTSIDE_COLLABORATOR, OUTSIDE_COLLABORATOR, value.login.clone(), &facts, source);
        if let Some((state, sources)) = factors.of(&value.login, all.is_complete()) {
            note.part("two_factor", &state, sources);
        }
        note.write(recorder)?;
    }
    all.close(recorder, OUTSIDE_COLLABORATOR, all.entries.len())
}

/// A team, what it may do in which repository, and where that was read.
type Entered = (Entry<TeamTold>, BTreeMap<String, String>, Vec<Source>);

/// Teams that may enter a declared repository, each once.
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
            let (permission, source) = (entry.value.permission.clone(), entry.source.clone());
            let team = found.entry(entry.value.slug.clone()).or_insert_with(|| (entry, BTreeMap::new(), Vec::new()));
            team.1.insert(repository.clone(), permission);
            team.2.push(source);
        }
        all.absorb(list);
    }
    if let Some(stopped) = &all.stopped {
        // Any team may enter the repository whose teams were not read.
        recorder.gap(stopped.gap(Some("repositories")))?;
    }
    let count = found.len();
    try_join_all(found.into_values().map(|(entry, repositories, sources)| async move {
        let slug = &entry.value.slug;
        let facts = Team {
            id: Some(entry.value.id),
            slug: Some(slug.clone()),
            name: Some(entry.value.name.clone()),
            repositories: None,
            members: None,
        };
        let mut note = Note::new(TEAM, TEAM, slug.clone(), &facts, &entry.source);
        note.part("repositories", &repositories, sources);
        let call = Call::new(routes::TEAM_MEMBERS, &[organization, slug]).population(TEAM).subject(TEAM, slug);
        let members = session.list::<User>(call, "").await?;
        if let Some(stopped) = &members.stopped {
            recorder.gap(stopped.gap(Some("members")))?;
        }
        if members.pages > 0 {
            let sources = members.end.into_iter().chain(members.entries.iter().map(|one| one.source.clone())).collect();
            let logins: BTreeSet<&String> = members.entries.iter().map(|one| &one.value.login).collect();
            note.part("members", &logins, sources);
        }
        note.write(recorder)
    }))
    .await?;
    all.close(recorder, TEAM, count)
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
        Note::new(SAML_IDENTITY, SAML_IDENTITY, value.id.clone(), &facts, source).write(recorder)?;
    }
    list.close(recorder, SAML_IDENTITY, list.entries.len())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityPage {
    total_results: u64,
    start_index: u64,
    #[serde(rename = "Resources")]
    resources: Vec<serde_json::Value>,
}

async fn identity_list(session: &Session) -> Result<Listing<Identity>, SinkError> {
    let first = Call::new(routes::IDENTITIES, &[&session.settings.organization]).population(SAML_IDENTITY);
    let mut list = Listing::default();
    loop {
        let start = list.entries.len() as u64 + 1;
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
            let detail = format!("page {page} begins at {} where {start} was asked for", told.start_index);
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
        if list.entries.len() as u64 >= told.total_results {
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

/// Everybody and every team.
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
