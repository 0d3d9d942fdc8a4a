//! The comparison: what is the same is passed by, of everything else it is said how it differs, why, and whether that can be said at all.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::record::{Control, Evidence, Finding, Gap, GapReason, OWN_CONTROL};
use model::{Outcome, RecordRef, RecordType};

use crate::cause::{Cause, Causes};
use crate::found::{
    Alike, Because, ControlDrift, CoverageDrift, FieldDrift, FindingDrift, FindingWhat, GapDrift, Judgement,
    ObjectDrift, Sink, Unclear, UnreadReason, What, Which,
};
use crate::ground::Ground;
use crate::item::{Item, Seen, SeenCoverage, SeenObject};
use crate::lists::Lists;
use crate::merge::{Merge, Step, Stream};
use crate::side::{Mark, Side};
use crate::tree::{Tree, differences};

/// Compares two bundles, of which each gives its records in order. What is found goes to `sink`, in that order too.
pub fn compare(
    before: &mut dyn Iterator<Item = Item>,
    after: &mut dyn Iterator<Item = Item>,
    sink: &mut dyn Sink,
) -> Alike {
    let (mut before, mut after) = (Stream::new(before), Stream::new(after));
    let mut sides = (Side::default(), Side::default());
    while let Some(item) = before.before(RecordType::Coverage) {
        sides.0.basis(item);
    }
    while let Some(item) = after.before(RecordType::Coverage) {
        sides.1.basis(item);
    }
    let ground = Ground::of(&mut sides.0, &mut sides.1, sink);
    let mut comparison = Comparison {
        before: sides.0,
        after: sides.1,
        ground,
        sink,
        alike: Alike::default(),
        controls: BTreeMap::new(),
    };
    for kind in SIDE_BY_SIDE {
        for step in Merge::new(&mut before, &mut after, kind, order) {
            comparison.step(step);
        }
    }
    comparison.finish(&mut before, &mut after)
}

/// The types that are walked through side by side.
const SIDE_BY_SIDE: [RecordType; 5] =
    [RecordType::Coverage, RecordType::Gap, RecordType::Resource, RecordType::Derived, RecordType::Finding];

/// How a bundle sorts them.
fn order(one: &Item, other: &Item) -> Ordering {
    match (&one.what, &other.what) {
        (Seen::Coverage(one), Seen::Coverage(other)) => {
            (&one.target, &one.collector, &one.population).cmp(&(&other.target, &other.collector, &other.population))
        }
        (Seen::Gap(one), Seen::Gap(other)) => gap_place(one).cmp(&gap_place(other)),
        (Seen::Object(one), Seen::Object(other)) => {
            (&one.target, &one.kind, &one.id).cmp(&(&other.target, &other.kind, &other.id))
        }
        (Seen::Finding(one), Seen::Finding(other)) => one.place().cmp(&other.place()),
        // One type has one form.
        _ => Ordering::Equal,
    }
}

type GapPlace<'g> =
    (&'g str, &'g str, Option<&'g str>, Option<&'g model::record::Subject>, Option<&'g str>, Option<&'g str>);

fn gap_place(gap: &Gap) -> GapPlace<'_> {
    (
        &gap.target,
        &gap.collector,
        gap.population.as_deref(),
        gap.subject.as_ref(),
        gap.part.as_deref(),
        gap.right.as_deref(),
    )
}

struct Comparison<'s> {
    before: Side,
    after: Side,
    ground: Ground,
    sink: &'s mut dyn Sink,
    alike: Alike,
    /// What is behind the differences of a control's findings.
    controls: BTreeMap<String, Causes>,
}

impl Comparison<'_> {
    const fn side(&mut self, which: Which) -> &mut Side {
        match which {
            Which::Before => &mut self.before,
            Which::After => &mut self.after,
        }
    }

    /// The one that has not what `which` has.
    const fn other(&self, which: Which) -> (&Side, Which) {
        match which {
            Which::Before => (&self.after, Which::After),
            Which::After => (&self.before, Which::Before),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Withheld(which, at) => {
                self.side(which).withheld += 1;
                self.side(which).mark(at, Mark { causes: Cause::Visibility.into(), unclear: false });
            }
            Step::Both(one, other) => match (one.what, other.what) {
                (Seen::Coverage(before), Seen::Coverage(after)) => {
                    self.coverage(Some((one.at, before)), Some((other.at, after)));
                }
                (Seen::Gap(before), Seen::Gap(after)) => self.gap(Some((one.at, *before)), Some((other.at, *after))),
                (Seen::Object(before), Seen::Object(after)) => self.objects((one.at, &before), (other.at, &after)),
                (Seen::Finding(before), Seen::Finding(after)) => self.findings((one.at, &before), (other.at, &after)),
                _ => {}
            },
            Step::One { which, item, hidden } => match (item.what, which) {
                (Seen::Coverage(one), Which::Before) => self.coverage(Some((item.at, one)), None),
                (Seen::Coverage(one), Which::After) => self.coverage(None, Some((item.at, one))),
                (Seen::Gap(one), Which::Before) => self.gap(Some((item.at, *one)), None),
                (Seen::Gap(one), Which::After) => self.gap(None, Some((item.at, *one))),
                (Seen::Object(one), which) => self.object(which, item.at, *one, hidden),
                (Seen::Finding(one), which) => self.finding(which, item.at, &one, hidden),
                _ => {}
            },
        }
    }

    fn coverage(&mut self, before: Option<(RecordRef, SeenCoverage)>, after: Option<(RecordRef, SeenCoverage)>) {
        if let Some((_, before)) = &before {
            self.before.cover(before);
        }
        if let Some((_, after)) = &after {
            self.after.cover(after);
        }
        let complete = |one: &Option<(RecordRef, SeenCoverage)>| one.as_ref().map(|(_, one)| one.complete);
        let (from, to) = (complete(&before), complete(&after));
        if from == to {
            return;
        }
        let causes = match (from, to) {
            (Some(_), Some(_)) => Cause::Visibility.into(),
            _ => self.listed_once(),
        };
        for (which, one) in [(Which::Before, &before), (Which::After, &after)] {
            if let Some((at, _)) = one {
                self.side(which).mark(*at, causes.into());
            }
        }
        if let Some((_, one)) = before.or(after) {
            let SeenCoverage { target, collector, population, .. } = one;
            self.sink.coverage(CoverageDrift { target, collector, population, before: from, after: to, causes });
        }
    }

    /// Why a population was listed in one of them alone: what is to be read is declared and known by the program; otherwise the source has another
    /// place of its kind (a region).
    fn listed_once(&self) -> Causes {
        let causes = self.ground.declared().and(self.ground.by_tool());
        if causes.is_empty() { Cause::Environment.into() } else { causes }
    }

    fn gap(&mut self, before: Option<(RecordRef, Gap)>, after: Option<(RecordRef, Gap)>) {
        if let Some((_, before)) = &before {
            self.before.gap(before);
        }
        if let Some((_, after)) = &after {
            self.after.gap(after);
        }
        let reason = |one: &Option<(RecordRef, Gap)>| {
            one.as_ref().map(|(_, gap)| UnreadReason { reason: gap.reason, accepted: gap.acceptance.is_some() })
        };
        let (from, to) = (reason(&before), reason(&after));
        if from == to {
            self.alike.gaps += 1;
            return;
        }
        let skipped = |one: Option<UnreadReason>| one.is_some_and(|one| one.reason == GapReason::Skipped);
        let same_reason = from.map(|one| one.reason) == to.map(|one| one.reason);
        let (here, there) = if before.is_some() { (&before, &self.after) } else { (&after, &self.before) };
        let known = here.as_ref().is_none_or(|(_, gap)| there.knows_target(&gap.target));
        let causes = if same_reason {
            // Only whether it is accepted differs.
            self.ground.declared_or(Cause::Time)
        } else {
            Causes::from(Cause::Visibility)
                .and(Causes::when(skipped(from) || skipped(to) || !known, Cause::Declaration))
        };
        for (which, one) in [(Which::Before, &before), (Which::After, &after)] {
            if let Some((at, _)) = one {
                self.side(which).mark(*at, causes.into());
            }
        }
        if let Some((_, one)) = before.or(after) {
            let Gap { target, collector, population, subject, part, right, .. } = one;
            let (before, after) = (from, to);
            self.sink.gap(GapDrift { target, collector, population, subject, part, right, before, after, causes });
        }
    }

    /// Why an object at a target cannot be compared at all.
    fn other_target(&self, target: &str) -> Option<(Unclear, Causes)> {
        let unclear = |because, bundle| Unclear { because, bundle, gap: None, part: None };
        if let Some(which) = self.ground.rehearsal(target) {
            return Some((unclear(Because::Rehearsal, which), Cause::Declaration.into()));
        }
        self.ground.other_identity(target).then(|| {
            let causes = self.ground.declared_or(Cause::Visibility);
            (unclear(Because::OtherIdentity, Which::After), causes)
        })
    }

    /// Why it cannot be said whether the other bundle would have an object.
    fn may_be_there(&self, which: Which, object: &SeenObject, hidden: bool) -> Option<(Unclear, Causes)> {
        let (other, bundle) = self.other(which);
        let unclear = |because, gap| Unclear { because, bundle, gap, part: None };
        let seen = Causes::from(Cause::Visibility);
        if hidden {
            return Some((unclear(Because::Withheld, None), seen));
        }
        if other.gaps_full() {
            return Some((unclear(Because::TooMany, None), seen));
        }
        if let Some(gap) = other.hides(object) {
            let causes = seen.and(Causes::when(gap == GapReason::Skipped, Cause::Declaration));
            return Some((unclear(Because::NotRead, Some(gap)), causes));
        }
        match other.listed(object) {
            Some(true) => None,
            Some(false) => Some((unclear(Because::NotRead, None), seen)),
            None => Some((unclear(Because::NotListed, None), self.listed_once())),
        }
    }

    /// What can be behind a difference in an object that is read from a source.
    fn of_source(&self, object: &SeenObject, same_answers: bool) -> Causes {
        let tool = self.ground.by_tool();
        if object.target == OWN_CONTROL {
            return tool.and(self.ground.declared_or(Cause::Time));
        }
        let route = self.ground.by_route(&object.target, &object.collector);
        let causes = tool.and(route).and(Causes::when(!same_answers, Cause::Environment));
        // The same bytes, read by the same program: what it was told to make of them is another.
        if causes.is_empty() { self.ground.declared() } else { causes }
    }

    fn object(&mut self, which: Which, at: RecordRef, object: SeenObject, hidden: bool) {
        let derived = at.kind == RecordType::Derived;
        let inputs = self.side(which).marked_all(&object.inputs);
        let mut unclear = self.other_target(&object.target).or_else(|| self.may_be_there(which, &object, hidden));
        if derived && inputs.unclear && unclear.is_none() {
            let (_, bundle) = self.other(which);
            unclear = Some((Unclear { because: Because::RestsOn, bundle, gap: None, part: None }, inputs.causes));
        }
        let (unclear, causes) = match unclear {
            Some((unclear, causes)) => (Some(unclear), causes),
            None if derived => (None, inputs.causes.and(self.ground.by_tool())),
            None => (None, self.of_source(&object, false)),
        };
        self.side(which).mark(at, Mark { causes, unclear: unclear.is_some() });
        let what = match (&unclear, which) {
            (Some(_), _) => What::Incomparable,
            (None, Which::Before) => What::Removed,
            (None, Which::After) => What::Added,
        };
        self.sink.object(ObjectDrift {
            target: object.target,
            kind: object.kind,
            id: object.id,
            derived,
            what,
            fields: Vec::new(),
            facts: Some(object.facts),
            only: Some(which),
            causes,
            unclear,
        });
    }

    fn objects(&mut self, before: (RecordRef, &SeenObject), after: (RecordRef, &SeenObject)) {
        let ((before_at, before), (after_at, after)) = (before, after);
        let derived = before_at.kind == RecordType::Derived;
        if before.facts.get() == after.facts.get() {
            self.alike.objects += 1;
            return;
        }
        let lists = Lists::of(&before.kind);
        let trees = Tree::parse(before.facts.get(), lists).zip(Tree::parse(after.facts.get(), lists));
        // Both are JSON: the bundles were accepted.
        let Some((from, to)) = trees else { return };
        let fields: Vec<FieldDrift> = differences(&from, &to, lists)
            .into_iter()
            .map(|field| {
                let part = field.path.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~");
                let unread = |side: &Side, object: &SeenObject, bundle: Which| {
                    side.unread(object, &part)
                        .map(|gap| (Some(gap), bundle))
                        .or_else(|| side.gaps_full().then_some((None, bundle)))
                };
                let unclear = unread(&self.before, before, Which::Before)
                    .or_else(|| unread(&self.after, after, Which::After))
                    .map(|(gap, bundle)| {
                        let because = if gap.is_some() { Because::NotRead } else { Because::TooMany };
                        Unclear { because, bundle, gap, part: Some(part.clone()) }
                    });
                FieldDrift { field, unclear }
            })
            .collect();
        if fields.is_empty() {
            // Only the order of sets differs.
            self.alike.objects += 1;
            return;
        }
        let clear = fields.iter().any(|field| field.unclear.is_none());
        let mut unclear = fields.iter().find_map(|field| field.unclear.clone()).filter(|_| !clear);
        let mut causes = Causes::when(fields.iter().any(|field| field.unclear.is_some()), Cause::Visibility);
        if clear && derived {
            let inputs = self.before.marked_all(&before.inputs).and(self.after.marked_all(&after.inputs));
            causes = causes.and(inputs.causes).and(self.ground.by_tool());
            if causes == Causes::from(Cause::Visibility) {
                let bundle = Which::After;
                unclear = Some(Unclear { because: Because::RestsOn, bundle, gap: None, part: None });
            }
        } else if clear {
            let same_answers = before.answers.is_some() && before.answers == after.answers;
            causes = causes.and(self.of_source(before, same_answers));
        }
        if let Some((other_target, why)) = self.other_target(&before.target) {
            (unclear, causes) = (Some(other_target), why);
        }
        let mark = Mark { causes, unclear: false };
        self.before.mark(before_at, mark);
        self.after.mark(after_at, mark);
        self.sink.object(ObjectDrift {
            target: before.target.clone(),
            kind: before.kind.clone(),
            id: before.id.clone(),
            derived,
            what: if unclear.is_some() { What::Incomparable } else { What::Changed },
            fields,
            facts: None,
            only: None,
            causes,
            unclear,
        });
    }

    /// What can be behind a difference in a finding, beside the records that it rests on.
    fn judged(&self, finding: &Finding, rests: Causes) -> Causes {
        let Finding { control, check, target, .. } = finding;
        let causes = rests.and(self.ground.by_use(control, check, target)).and(self.ground.by_tool());
        let unexplained = causes.without(Cause::Tool).is_empty();
        causes.and(Causes::when(unexplained && self.ground.asks_time(check), Cause::Time))
    }

    fn finding(&mut self, which: Which, at: RecordRef, finding: &Finding, hidden: bool) {
        let rests = self.side(which).marked_all(&finding.rests_on);
        let (_, bundle) = self.other(which);
        let unclear = |because| Some(Unclear { because, bundle, gap: None, part: None });
        let once = self.ground.used_once(&finding.control, &finding.check, &finding.target);
        let (unclear, causes) = if let Some((other_target, causes)) = self.other_target(&finding.target) {
            (Some(other_target), causes)
        } else if hidden {
            (unclear(Because::Withheld), Cause::Visibility.into())
        } else {
            let unclear = if rests.unclear && !once { unclear(Because::RestsOn) } else { None };
            (unclear, self.judged(finding, rests.causes))
        };
        let what = match which {
            _ if unclear.is_some() => FindingWhat::Incomparable,
            Which::Before => FindingWhat::Gone,
            Which::After => FindingWhat::New,
        };
        let judgement = Some(judgement(at, finding));
        let (before, after) = if which == Which::Before { (judgement, None) } else { (None, judgement) };
        self.tell(finding, what, before, after, causes, unclear);
    }

    fn findings(&mut self, before: (RecordRef, &Finding), after: (RecordRef, &Finding)) {
        let ((before_at, one), (after_at, other)) = (before, after);
        let Some(what) = how(one, other) else {
            self.alike.findings += 1;
            return;
        };
        let rests = self.before.marked_all(&one.rests_on).and(self.after.marked_all(&other.rests_on));
        let (mut causes, mut what) = (self.judged(other, rests.causes), what);
        if what == FindingWhat::Acceptance {
            // Only whether it is accepted differs: an acceptance came, went, or covers something else.
            causes = self.ground.declared_or(Cause::Time);
        }
        let mut unclear = None;
        let unknown = |finding: &Finding| finding.outcome == Outcome::Undetermined;
        if unknown(one) != unknown(other) && causes.has(Cause::Visibility) {
            let bundle = if unknown(one) { Which::Before } else { Which::After };
            unclear = Some(Unclear { because: Because::RestsOn, bundle, gap: None, part: None });
        }
        if let Some((other_target, why)) = self.other_target(&one.target) {
            (unclear, causes) = (Some(other_target), why);
        }
        if unclear.is_some() {
            what = FindingWhat::Incomparable;
        }
        let (before, after) = (Some(judgement(before_at, one)), Some(judgement(after_at, other)));
        self.tell(one, what, before, after, causes, unclear);
    }

    fn tell(
        &mut self,
        finding: &Finding,
        what: FindingWhat,
        before: Option<Judgement>,
        after: Option<Judgement>,
        causes: Causes,
        unclear: Option<Unclear>,
    ) {
        let of = self.controls.entry(finding.control.clone()).or_default();
        *of = of.and(causes);
        self.sink.finding(FindingDrift {
            control: finding.control.clone(),
            check: finding.check.clone(),
            target: finding.target.clone(),
            population: finding.population.clone(),
            subject: finding.subject.clone(),
            what,
            before,
            after,
            causes,
            unclear,
        });
    }

    /// Controls stand in the order of the declaration, and there are few: those of the earlier one are kept.
    fn finish(mut self, before: &mut Stream<'_>, after: &mut Stream<'_>) -> Alike {
        let mut earlier: BTreeMap<String, Control> = BTreeMap::new();
        while let Some(control) = rolled(before) {
            earlier.insert(control.id.clone(), control);
        }
        while let Some(control) = rolled(after) {
            let from = earlier.remove(&control.id);
            self.control(from.as_ref(), Some(&control));
        }
        for control in earlier.values() {
            self.control(Some(control), None);
        }
        self.alike.withheld_before = self.before.withheld;
        self.alike.withheld_after = self.after.withheld;
        self.alike
    }

    fn control(&mut self, before: Option<&Control>, after: Option<&Control>) {
        let outcome = |control: Option<&Control>| control.and_then(|control| control.outcome);
        let (from, to) = (outcome(before), outcome(after));
        let Some(id) = before.or(after).map(|control| control.id.clone()) else { return };
        let there = before.is_some() && after.is_some();
        if there && from == to {
            return;
        }
        let causes = self.controls.get(&id).copied().unwrap_or_default();
        let causes = causes.and(Causes::when(!there, Cause::Declaration));
        let unknown = |outcome| outcome == Some(Outcome::Undetermined);
        let what = match (before, after) {
            (Some(_), None) => What::Removed,
            (None, _) => What::Added,
            _ if unknown(from) != unknown(to) && causes.has(Cause::Visibility) => What::Incomparable,
            _ => What::Changed,
        };
        self.sink.control(ControlDrift { id, what, before: from, after: to, causes });
    }
}

/// The next control.
fn rolled(stream: &mut Stream<'_>) -> Option<Control> {
    match stream.next_of(RecordType::Control)?.what {
        Seen::Control(control) => Some(*control),
        // Controls are always disclosed.
        _ => None,
    }
}

fn judgement(at: RecordRef, finding: &Finding) -> Judgement {
    Judgement {
        number: at.ordinal,
        outcome: finding.outcome,
        severity: finding.severity,
        accepted: finding.acceptance.is_some(),
        reason: finding.reason.clone(),
    }
}

/// In what two findings about the same differ first. Evidence counts where both deviate: what conforms by another value is a difference of the object.
fn how(one: &Finding, other: &Finding) -> Option<FindingWhat> {
    let deviate = one.outcome == Outcome::Deviates;
    if one.outcome != other.outcome {
        Some(FindingWhat::Outcome)
    } else if one.acceptance.is_some() != other.acceptance.is_some() {
        Some(FindingWhat::Acceptance)
    } else if one.severity != other.severity {
        Some(FindingWhat::Severity)
    } else if deviate && shown(one) != shown(other) {
        Some(FindingWhat::Evidence)
    } else if one.reason != other.reason {
        Some(FindingWhat::Reason)
    } else {
        None
    }
}

/// The values by which a finding deviates, in one order. Places move when something else in a list comes or goes.
fn shown(finding: &Finding) -> Vec<Tree> {
    let sets = Lists::Ordered(&[]);
    let value = |evidence: &Evidence| match (&evidence.actual, &evidence.path) {
        (Some(actual), _) => Tree::parse(actual.get(), sets).unwrap_or(Tree::Null),
        (None, Some(path)) => Tree::Text(path.clone()),
        (None, None) => Tree::Text(evidence.because.clone().unwrap_or_default()),
    };
    let mut values: Vec<Tree> = finding.evidence.iter().map(value).collect();
    values.sort_unstable();
    values
}
