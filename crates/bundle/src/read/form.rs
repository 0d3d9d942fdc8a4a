//! What one record must keep by itself, beyond its members and their types: forms of texts, ranges of numbers, bounds and
//! orders of lists. `docs/spec/bundle.md` §2 has each of these rules; what needs other records is `verify`'s.

use model::record::{
    About, Assignment, Control, Coverage, Derived, Exchange, Finding, InAnswer, Locator, Masked, Params, Peer,
    Recorded, Rehearsed, Resource, Route, Syntax,
};
use model::{is_endpoint, is_pointer, is_proxy, leads_into};
use serde_json::value::RawValue;

use super::record::Record;
use crate::limits;

/// The rule that a record breaks, as a sentence about it.
pub(super) type Broken = &'static str;

pub(super) fn check(record: &Record) -> Result<(), Broken> {
    match record {
        Record::Run(_) | Record::Host(_) | Record::Check(_) | Record::Acceptance(_) | Record::Gap(_) => Ok(()),
        Record::Recorded(recorded) => of_recorded(recorded),
        Record::Declaration(declaration) => {
            hold(declaration.size <= limits::RAW_MAX, "`size` is more than a raw file may have")?;
            hold(declaration.raw < limits::RAW_FILES_MAX, "`raw` is not the number of a raw file")
        }
        Record::Assignment(assignment) => of_assignment(assignment),
        Record::Route(route) => of_route(route),
        Record::Peer(peer) => of_peer(peer),
        Record::Exchange(exchange) => of_exchange(exchange),
        Record::Params(Params { parameters, .. }) => object(parameters, "`parameters` is not an object"),
        Record::Body(body) => {
            whole(body.size)?;
            match (body.sha256, body.raw, body.withheld) {
                (Some(_), Some(raw), None) => {
                    hold(body.size <= limits::RAW_MAX, "`size` is more than a raw file may have")?;
                    hold(raw < limits::RAW_FILES_MAX, "`raw` is not the number of a raw file")
                }
                (None, None, Some(_)) => hold(body.masked.is_empty(), "texts are masked only of a body that is kept"),
                _ => Err("a body has `sha256` and `raw`, or `withheld`"),
            }?;
            masked(&body.masked, body.size)
        }
        Record::Coverage(coverage) => of_coverage(coverage),
        Record::Resource(resource) => of_resource(resource),
        Record::Derived(Derived { inputs, facts, .. }) => {
            hold(inputs.is_sorted_by(|a, b| a < b), "`inputs` is not strictly ascending")?;
            object(facts, "`facts` is not an object")
        }
        Record::Finding(finding) => of_finding(finding),
        Record::Control(control) => of_control(control),
    }
}

fn masked(texts: &[Masked], size: u64) -> Result<(), Broken> {
    let mut end = None;
    for Masked { at, length } in texts {
        hold(
            *length > 0 && end.is_none_or(|end| *at > end),
            "`masked` is not ascending, each text apart from the next",
        )?;
        let to = at.checked_add(*length).filter(|to| *to <= size).ok_or("a masked text is not inside the body")?;
        end = Some(to);
    }
    Ok(())
}

fn of_assignment(assignment: &Assignment) -> Result<(), Broken> {
    object(&assignment.parameters, "`parameters` is not an object")?;
    object(&assignment.declared, "`declared` is not an object")
}

fn of_route(route: &Route) -> Result<(), Broken> {
    hold(route.endpoints.iter().all(|text| is_endpoint(text)), "an endpoint is not spelled as the format has it")?;
    hold(route.endpoints.is_sorted_by(|a, b| a < b), "`endpoints` is not strictly ascending")?;
    hold(route.authorities.is_sorted_by(|a, b| a < b), "`authorities` is not strictly ascending")?;
    hold(route.proxies.iter().all(|text| is_proxy(text)), "a proxy is not `http://host:port` or `https://host:port`")?;
    hold(route.proxies.is_sorted_by(|a, b| a < b), "`proxies` is not strictly ascending")?;
    hold(route.pinned.is_sorted_by(|a, b| a < b), "`pinned` is not strictly ascending")?;
    let endpoint = |one: &Rehearsed| is_endpoint(&one.endpoint);
    hold(route.rehearsal.iter().all(endpoint), "an endpoint is not spelled as the format has it")?;
    hold(
        route.rehearsal.is_sorted_by(|a, b| a.endpoint < b.endpoint),
        "`rehearsal` is not strictly ascending by endpoint",
    )
}

fn of_peer(peer: &Peer) -> Result<(), Broken> {
    let count = peer.certificates.len();
    hold((1..=limits::CHAIN_MAX).contains(&count), "a chain has 1 to 16 certificates")?;
    let fits = |certificate: &model::record::Certificate| (1..=limits::CERTIFICATE_MAX).contains(&certificate.0.len());
    hold(peer.certificates.iter().all(fits), "a certificate has 1 to 65536 bytes")
}

fn of_exchange(exchange: &Exchange) -> Result<(), Broken> {
    whole(exchange.page)?;
    hold(exchange.attempt > 0, "attempts are counted from 1")?;
    hold(is_endpoint(&exchange.endpoint), "`endpoint` is not spelled as the format has it")?;
    hold(
        exchange.peer.is_none() || exchange.endpoint.starts_with("https://"),
        "only what was asked over TLS has a peer",
    )
}

fn of_coverage(coverage: &Coverage) -> Result<(), Broken> {
    [coverage.calls, coverage.pages, coverage.items].into_iter().try_for_each(whole)?;
    hold(coverage.repeated <= coverage.items, "`repeated` is more than `items`")?;
    match &coverage.total {
        Some(total) => {
            whole(total.count)?;
            locator(&total.from)
        }
        None => Ok(()),
    }
}

fn of_resource(resource: &Resource) -> Result<(), Broken> {
    object(&resource.facts, "`facts` is not an object")?;
    hold(resource.parts.len() <= limits::PARTS_MAX, "a resource has at most 1024 parts")?;
    for locators in resource.parts.values() {
        hold(!locators.is_empty(), "a part has no locator")?;
        hold(locators.len() <= limits::LOCATORS_MAX, "a part has at most 65536 locators")?;
        locators.iter().try_for_each(locator)?;
    }
    Ok(())
}

fn of_recorded(recorded: &Recorded) -> Result<(), Broken> {
    let about = &recorded.about;
    hold((1..=limits::OF_RECORDED_MAX).contains(&about.len()), "`about` names 1 to 256 things")?;
    let mut once: Vec<&About> = about.iter().collect();
    once.sort_unstable();
    hold(once.is_sorted_by(|a, b| a < b), "`about` names a thing twice")?;
    if let Some(done) = recorded.done_on {
        let tasks = about.iter().all(|one| matches!(one, About::Control(_)));
        hold(tasks && done <= recorded.on, "`done_on` is after `on`, or of a record that is not about controls alone")?;
    }
    let attachments = &recorded.attachments;
    hold(attachments.len() <= limits::OF_RECORDED_MAX, "a record has at most 256 attachments")?;
    hold(attachments.is_sorted_by(|a, b| a.name < b.name), "`attachments` is not strictly ascending by name")?;
    attachments.iter().map(|one| one.size).try_for_each(whole)
}

fn of_finding(finding: &Finding) -> Result<(), Broken> {
    let pointers = finding.evidence.iter().filter_map(|evidence| evidence.path.as_deref());
    pointers
        .into_iter()
        .try_for_each(|path| hold(is_pointer(path), "`path` of a piece of evidence is not a JSON pointer"))
}

fn of_control(control: &Control) -> Result<(), Broken> {
    let counts = &control.counts;
    let numbers = [counts.conforms, counts.deviates, counts.undetermined, counts.not_applicable, counts.accepted];
    numbers.into_iter().try_for_each(whole)?;
    if let Some(observe) = &control.observe {
        hold(observe.every_seconds > 0, "`every_seconds` is 0")?;
        whole(observe.every_seconds)?;
        whole(observe.grace_seconds.unwrap_or_default())?;
    }
    let done = control.task.as_ref().map_or([].as_slice(), |task| task.done.as_slice());
    hold(done.is_sorted_by(|a, b| a.on <= b.on), "the days of a task are not ascending")
}

fn locator(locator: &Locator) -> Result<(), Broken> {
    match locator {
        Locator::Answer(InAnswer { syntax, path, decode, inner, .. }) => {
            place(*syntax, path)?;
            hold(inner.is_none() || !decode.is_empty(), "`inner` without `decode`")?;
            match inner {
                Some((syntax, path)) => place(*syntax, path),
                None => Ok(()),
            }
        }
        Locator::Declared(place) => {
            hold(place.line > 0 && place.column > 0, "lines and columns are counted from 1")?;
            whole(place.line)?;
            whole(place.column)
        }
    }
}

fn place(syntax: Syntax, path: &str) -> Result<(), Broken> {
    match syntax {
        Syntax::Json => hold(leads_into(syntax, path), "a locator's path is not a JSON pointer"),
        Syntax::Xml => hold(leads_into(syntax, path), "a locator's path does not lead into XML"),
        Syntax::Csv => hold(leads_into(syntax, path), "a locator's path does not lead into CSV"),
    }
}

fn object(value: &RawValue, broken: Broken) -> Result<(), Broken> {
    hold(value.get().starts_with('{'), broken)
}

fn whole(number: u64) -> Result<(), Broken> {
    hold(number <= limits::INTEGER_MAX, "a number is larger than 2^53-1")
}

fn hold(holds: bool, broken: Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_locators_are_bounded() {
        let locator = |line| {
            let declaration = model::RecordRef::new(model::RecordType::Declaration, 0);
            Locator::Declared(model::record::InDeclaration { declaration, line, column: 1 })
        };
        let resource = |count: usize| Resource {
            target: String::new(),
            collector: String::new(),
            population: String::new(),
            kind: String::new(),
            id: String::new(),
            parts: std::collections::BTreeMap::from([("a".to_owned(), vec![locator(1); count])]),
            facts: serde_json::from_str("{\"a\":1}").unwrap(),
        };
        assert_eq!(of_resource(&resource(limits::LOCATORS_MAX)), Ok(()));
        assert!(of_resource(&resource(limits::LOCATORS_MAX + 1)).is_err());
        let mut many = resource(1);
        many.parts = (0..=limits::PARTS_MAX).map(|n| (n.to_string(), vec![locator(1)])).collect();
        assert!(of_resource(&many).is_err());
        many.parts.pop_first();
        assert_eq!(of_resource(&many), Ok(()));
    }
}
