//! Questions as people write them: `may User/alice get secrets in signer`.
//!
//! ```text
//! question  = "may" subject { "with" group } action
//! who-can   = action
//! action    = verb thing [ "named" name ] [ "in" namespace ]
//! subject   = "User/" name | "Group/" name | "ServiceAccount/" namespace "/" name
//! group     = "Group/" name
//! thing     = resource [ "." API group ] [ "/" subresource ]      as rules spell it: secrets, deployments.apps/scale
//!           | "/" path                                            a URL that is no resource: /metrics
//! ```
//!
//! Words are parted by blanks; a name with blanks stands in quotation marks, `User/"CN=alice, O=ops"`. Without a namespace is asked about
//! all of them, or about what belongs to none.

use std::fmt;

use crate::rules::Asked;
use crate::subject::Subject;

/// What is asked, of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub subject: Subject,
    /// Groups that authentication is taken to add, beside those that the subject is known to be in.
    pub with: Vec<String>,
    pub asked: Asked,
}

/// Why a question is none, and how to put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    pub problem: String,
    /// Where in the text, in characters from 1.
    pub at: usize,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.at, self.problem)
    }
}

impl std::error::Error for Unclear {}

/// `may User/alice get secrets in signer`.
///
/// # Errors
/// Where it is not of that form.
pub fn question(text: &str) -> Result<Question, Unclear> {
    let mut words = Words::of(text)?;
    words.keyword("may", "a question begins with `may`: `may User/alice get secrets in signer`")?;
    let subject = words.subject()?;
    let mut with = Vec::new();
    while words.next_is("with") {
        words.skip();
        match words.subject()? {
            Subject::Group(group) => with.push(group),
            _ => return Err(words.wrong("after `with` stands a group: `with Group/ops`")),
        }
    }
    let asked = words.action()?;
    Ok(Question { subject, with, asked })
}

/// `get secrets in signer`.
///
/// # Errors
/// Where it is not of that form.
pub fn action(text: &str) -> Result<Asked, Unclear> {
    let mut words = Words::of(text)?;
    words.action()
}

struct Word {
    text: String,
    at: usize,
}

struct Words {
    words: Vec<Word>,
    next: usize,
    end: usize,
}

impl Words {
    fn of(text: &str) -> Result<Self, Unclear> {
        let mut words: Vec<Word> = Vec::new();
        let mut open: Option<Word> = None;
        let mut quote: Option<(char, usize)> = None;
        let mut end = 0;
        for (at, c) in text.chars().enumerate() {
            end = at + 1;
            match quote {
                Some((mark, _)) if c == mark => quote = None,
                None if c.is_whitespace() => words.extend(open.take()),
                None if c == '"' || c == '\'' => {
                    quote = Some((c, at + 1));
                    open.get_or_insert(Word { text: String::new(), at: at + 1 });
                }
                _ if c.is_control() => {
                    return Err(Unclear { problem: "a control character is part of no name".to_owned(), at: at + 1 });
                }
                _ => open.get_or_insert(Word { text: String::new(), at: at + 1 }).text.push(c),
            }
        }
        if let Some((mark, at)) = quote {
            return Err(Unclear { problem: format!("the quotation mark `{mark}` is not closed"), at });
        }
        words.extend(open);
        Ok(Self { words, next: 0, end: end + 1 })
    }

    fn next_is(&self, keyword: &str) -> bool {
        self.words.get(self.next).is_some_and(|word| word.text == keyword)
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    /// About the word that was taken last.
    fn wrong(&self, problem: impl Into<String>) -> Unclear {
        let at = self.next.checked_sub(1).and_then(|last| self.words.get(last)).map_or(self.end, |word| word.at);
        Unclear { problem: problem.into(), at }
    }

    fn take(&mut self, wanted: &str) -> Result<String, Unclear> {
        let word = self.words.get(self.next).map(|word| word.text.clone());
        let word = word.ok_or_else(|| Unclear { problem: format!("{wanted} is missing here"), at: self.end })?;
        self.skip();
        if word.is_empty() {
            return Err(self.wrong(format!("{wanted} is empty")));
        }
        Ok(word)
    }

    fn keyword(&mut self, keyword: &str, otherwise: &str) -> Result<(), Unclear> {
        let word = self.take(&format!("`{keyword}`"))?;
        if word == keyword { Ok(()) } else { Err(self.wrong(otherwise)) }
    }

    fn subject(&mut self) -> Result<Subject, Unclear> {
        const FORMS: &str = "a subject is `User/name`, `Group/name` or `ServiceAccount/namespace/name`";
        let word = self.take("a subject")?;
        let (kind, name) = word.split_once('/').ok_or_else(|| self.wrong(FORMS))?;
        let subject = match kind {
            "User" if !name.is_empty() => Subject::user(name),
            "Group" if !name.is_empty() => Some(Subject::Group(name.to_owned())),
            "ServiceAccount" => name
                .split_once(['/', ':'])
                .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains(['/', ':']))
                .map(|(namespace, name)| Subject::ServiceAccount {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                }),
            _ => None,
        };
        subject.ok_or_else(|| self.wrong(FORMS))
    }

    fn action(&mut self) -> Result<Asked, Unclear> {
        let verb = self.take("a verb, such as `get`,")?;
        let thing = self.take("a resource, such as `secrets`,")?;
        if thing.starts_with('/') {
            self.ends()?;
            return Ok(Asked::Path { verb, path: thing });
        }
        let (path, subresource) = thing.split_once('/').unwrap_or((&thing, ""));
        let (resource, group) = path.split_once('.').unwrap_or((path, ""));
        if resource.is_empty() || (thing.contains('/') && subresource.is_empty()) || path.ends_with('.') {
            return Err(
                self.wrong("a resource is written as in a rule: `secrets`, `pods/exec`, `deployments.apps/scale`")
            );
        }
        let (mut name, mut namespace) = (String::new(), String::new());
        if self.next_is("named") {
            self.skip();
            name = self.take("a name")?;
        }
        if self.next_is("in") {
            self.skip();
            namespace = self.take("a namespace")?;
        }
        let (group, resource, subresource) = (group.to_owned(), resource.to_owned(), subresource.to_owned());
        self.ends()?;
        Ok(Asked::Resource { verb, group, resource, subresource, name, namespace })
    }

    fn ends(&mut self) -> Result<(), Unclear> {
        match self.words.get(self.next) {
            None => Ok(()),
            Some(word) => Err(Unclear {
                problem: format!(
                    "`{}` is not expected: after what is asked come only `named NAME` and `in NAMESPACE`",
                    word.text
                ),
                at: word.at,
            }),
        }
    }
}

/// As it is written, so that it is read again.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { verb, path } => write!(f, "{} {}", quoted(verb), quoted(path)),
            Self::Resource { verb, group, resource, subresource, name, namespace } => {
                let mut thing = resource.clone();
                if !group.is_empty() {
                    thing = format!("{thing}.{group}");
                }
                if !subresource.is_empty() {
                    thing = format!("{thing}/{subresource}");
                }
                write!(f, "{} {}", quoted(verb), quoted(&thing))?;
                if !name.is_empty() {
                    write!(f, " named {}", quoted(name))?;
                }
                if !namespace.is_empty() {
                    write!(f, " in {}", quoted(namespace))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "may {}", quoted(&self.subject.id()))?;
        for group in &self.with {
            write!(f, " with {}", quoted(&format!("Group/{group}")))?;
        }
        write!(f, " {}", self.asked)
    }
}

fn quoted(word: &str) -> String {
    if word.contains('"') {
        format!("'{word}'")
    } else if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '\'') {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(verb: &str, group: &str, resource: &str, subresource: &str, name: &str, namespace: &str) -> Asked {
        let [verb, group, resource, subresource, name, namespace] =
            [verb, group, resource, subresource, name, namespace].map(str::to_owned);
        Asked::Resource { verb, group, resource, subresource, name, namespace }
    }

    #[test]
    fn questions_are_read_and_written_alike() {
        let account = || Subject::ServiceAccount { namespace: "red".into(), name: "app".into() };
        for (text, subject, with, asked) in [
            (
                "may User/alice get secrets in signer",
                Subject::User("alice".into()),
                vec![],
                resource("get", "", "secrets", "", "", "signer"),
            ),
            (
                "may Group/ops create deployments.apps/scale named one in red",
                Subject::Group("ops".into()),
                vec![],
                resource("create", "apps", "deployments", "scale", "one", "red"),
            ),
            (
                "may ServiceAccount/red/app with Group/dev with Group/ops list clusterroles.rbac.authorization.k8s.io",
                account(),
                vec!["dev".to_owned(), "ops".to_owned()],
                resource("list", "rbac.authorization.k8s.io", "clusterroles", "", "", ""),
            ),
            (
                "may \"User/CN=alice, O=ops\" get /metrics",
                Subject::User("CN=alice, O=ops".into()),
                vec![],
                Asked::Path { verb: "get".into(), path: "/metrics".into() },
            ),
        ] {
            let read = question(text).unwrap();
            assert_eq!(read, Question { subject, with, asked }, "{text}");
            assert_eq!(read.to_string(), text);
        }
        assert_eq!(question("may ServiceAccount/red:app get pods").unwrap().subject, account());
        assert_eq!(question("may User/system:serviceaccount:red:app get pods").unwrap().subject, account());
        assert_eq!(action("create pods/exec in red").unwrap(), resource("create", "", "pods", "exec", "", "red"));
    }

    #[test]
    fn what_is_no_question_is_told_with_its_place() {
        for (text, at, problem) in [
            ("", 1, "`may` is missing"),
            ("User/alice get secrets", 1, "begins with `may`"),
            ("may alice get secrets", 5, "a subject is"),
            ("may Robot/alice get secrets", 5, "a subject is"),
            ("may ServiceAccount/app get secrets", 5, "a subject is"),
            ("may User/alice with User/bob get secrets", 21, "after `with` stands a group"),
            ("may User/alice", 15, "a verb"),
            ("may User/alice get", 19, "a resource"),
            ("may User/alice get secrets from signer", 28, "`from` is not expected"),
            ("may User/alice get secrets in", 30, "a namespace is missing"),
            ("may User/alice get pods/", 20, "a resource is written"),
            ("may User/alice get /metrics in red", 29, "`in` is not expected"),
            ("may User/\"alice get secrets", 10, "not closed"),
        ] {
            let unclear = question(text).unwrap_err();
            assert_eq!(unclear.at, at, "{text}: {unclear}");
            assert!(unclear.problem.contains(problem), "{text}: {unclear}");
        }
    }
}
