//! `-v` and `-vv`: what a run does, on stderr. Never a secret, and never anything unless it is asked for.

use fakes::aws::{AwsFake, Size, World};
use fakes::github::{self as organisations, GithubFake};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Answer, Desk, template};
use workspace_tests::github;

const PASSPHRASE: &str = "canary of the passphrase";
const SECRET_KEY: &str = "canary/of/the/secret/access/key/00000000";
const SESSION_TOKEN: &str = "canary-of-the-session-token-0000000000000000";
const TOKEN: &str = "ghp_canaryOfTheTokenOfGithub0000000000000";
const PROXY_PASSWORD: &str = "canary-of-the-proxy";

fn desk(declaration: &str) -> Desk {
    let mut desk = Desk::bare();
    desk.set("WITNESSMARK_PASSPHRASE", PASSPHRASE);
    assert!(std::fs::write(desk.path("witnessmark.yaml"), declaration).is_ok());
    for command in
        [&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"][..], &["ledger", "init"]]
    {
        assert_eq!(desk.witnessmark(command).code, 0);
    }
    desk
}

fn aws(server: &Server) -> Desk {
    let mut desk = desk(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", SECRET_KEY);
    desk.set("AWS_SESSION_TOKEN", SESSION_TOKEN);
    desk
}

/// Lines of events.
fn events(answer: &Answer) -> Vec<&str> {
    answer
        .stderr
        .lines()
        .filter(|line| [" INFO ", "DEBUG ", " WARN ", "ERROR "].iter().any(|l| line.contains(l)))
        .collect()
}

#[test]
fn says_what_is_asked_for_and_no_more() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = aws(&server);
    let quiet = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(quiet.stderr, "");
    let usual = desk.witnessmark(&["run"]);
    assert!(events(&usual).is_empty() && usual.stderr.contains("judging\n"), "{}", usual.stderr);

    let some = desk.witnessmark(&["-v", "run"]);
    let said = events(&some);
    for words in ["reading the declared targets", "reading target_id=\"aws-prod\" collector=\"aws-kms\"", "judging"] {
        assert!(said.iter().any(|line| line.contains(words)), "{words}: {}", some.stderr);
    }
    assert!(!some.stderr.contains("kms:"), "{}", some.stderr);

    let all = desk.witnessmark(&["run", "-vv"]);
    let host = format!("host=\"{}\"", server.url());
    let asked: Vec<&str> = events(&all).into_iter().filter(|line| line.contains(" asked ")).collect();
    assert!(asked.len() > 20, "{}", all.stderr);
    for line in &asked {
        for words in [host.as_str(), "target_id=\"aws-prod\"", "operation=\"", " status=", " ms="] {
            assert!(line.contains(words), "{words}: {line}");
        }
    }
    assert_eq!([usual.code, some.code, all.code], [quiet.code; 3]);
    // The results are the same text, on stdout.
    assert!(all.stdout.contains("Sealed as bundle 3") && events(&quiet).is_empty());

    let both = desk.witnessmark(&["run", "-v", "--quiet"]);
    assert_eq!(both.code, 2, "{both:?}");
}

#[test]
fn no_secret_is_ever_said() {
    let account = AwsFake::new(World::new(Size::SMALL));
    let rules = vec![Rule::always("iam:ListUsers", Fault::Deny), Rule::always("kms:ListKeys", Fault::Reset)];
    let refusing = Server::http(Faulty::new(account, rules));
    let organization = Server::http(GithubFake::new(organisations::World::small(TOKEN)));
    let mut github = desk(&github::declaration(&organization.url(), ""));
    github.set("GITHUB_TOKEN", TOKEN);
    let mut behind_a_proxy = aws(&refusing);
    let proxy = format!("http://somebody:{PROXY_PASSWORD}@127.0.0.1:9");
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"] {
        behind_a_proxy.set(variable, &proxy);
    }
    let mut said = 0;
    for desk in [aws(&refusing), github, behind_a_proxy] {
        for command in [
            // A call that never gets an answer is waited for no longer than needed here.
            &["run", "-vv", "--deadline", "8"][..],
            &["preflight", "-vvv", "--deadline", "8"],
            &["init", "-vv", "--out", "other.yaml", "--deadline", "8"],
        ] {
            let answer = desk.witnessmark(command);
            said += events(&answer).len();
            let text = format!("{}{}", answer.stdout, answer.stderr);
            for secret in [PASSPHRASE, SECRET_KEY, SESSION_TOKEN, TOKEN, PROXY_PASSWORD] {
                assert!(!text.contains(secret), "{command:?} says `{secret}`: {text}");
            }
            for header in ["AWS4-HMAC", "Signature=", "uthorization:", "Bearer ", "x-amz-"] {
                assert!(!answer.stderr.contains(header), "{command:?} says `{header}`: {text}");
            }
            // Nor a query, which may hold a token of paging or whatever a source puts there.
            assert!(!answer.stderr.contains("per_page=") && !answer.stderr.contains("Action="), "{text}");
        }
    }
    assert!(said > 100, "{said} events are too few to have looked at anything");
}
