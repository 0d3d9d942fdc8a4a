//! The HTML report as a browser shows it: searched, filtered, printed, on a phone, by keyboard, and without script.
#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use model::{Digest, RecordType};
use serde_json::{Value, json};
use testkit::system;
use workspace_tests::chromium::{Browser, Happened, View, address};
use workspace_tests::company::declaration;
use workspace_tests::desk::Desk;
use workspace_tests::pages::{hostile, page_of};
use workspace_tests::sealed::{Book, Story};

/// The report of the demonstration's last day: four sources, gaps, and every outcome.
fn demonstration() -> PathBuf {
    static MADE: OnceLock<Desk> = OnceLock::new();
    let desk = MADE.get_or_init(|| {
        let desk = Desk::bare();
        let answer = desk.witnessmark(&["demo", "--dir", "d"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let trust = "d/keys/trust.json";
        let answer = desk.verify(&[
            "report",
            "d/bundle-2.tar",
            "--trust",
            trust,
            "--allow-rehearsal",
            "--last-seen",
            "seen",
            "--out",
            "page.html",
        ]);
        assert_eq!(answer.code, 0, "{answer:?}");
        desk
    });
    desk.path("page.html")
}

/// The report of a run that was made up.
fn page(folder: &Path, story: Story) -> PathBuf {
    let mut book = Book::new();
    book.seal(story);
    let file = folder.join("page.html");
    fs::write(&file, page_of(&book, &book.exported(0)).html).unwrap();
    file
}

/// What a reader can see of the findings and gaps, in order: their texts, with what many of them say in common. One that stands in a row of many is
/// seen where that row is.
const SEEN: &str = "[...document.querySelectorAll('.item')]
    .filter(item => item.checkVisibility() || !item.hidden && item.closest('details.equal')?.checkVisibility())
    .map(item => [...[...(item.closest('.equal')?.children ?? [])].filter(one => one.matches('.shared')), item].map(one => one.textContent).join(' '))";

fn seen(browser: &mut Browser) -> Vec<String> {
    serde_json::from_value(browser.value(SEEN)).unwrap()
}

fn number(browser: &mut Browser, expression: &str) -> u64 {
    browser.value(expression).as_u64().unwrap()
}

/// How many findings and gaps the page has, and how many of them have this outcome.
fn items(browser: &mut Browser, outcome: &str) -> usize {
    let selector = if outcome.is_empty() { ".item".to_owned() } else { format!(".item[data-outcome={outcome}]") };
    usize::try_from(number(browser, &format!("document.querySelectorAll('{selector}').length"))).unwrap()
}

fn wait_for_count(browser: &mut Browser, shown: usize, all: usize) {
    browser.wait_for(&format!("document.getElementById('shown').textContent === '{shown} of {all} shown'"));
}

#[test]
fn a_page_asks_for_nothing_and_nothing_in_it_acts() {
    let folder = tempfile::tempdir().unwrap();
    for file in [demonstration(), page(folder.path(), hostile())] {
        let mut browser = Browser::open(&file, View::DESKTOP);
        browser.value("document.querySelectorAll('details').forEach(one => one.open = true)");
        let happened = browser.happened();
        assert_eq!(happened, Happened { requests: vec![address(&file)], complaints: Vec::new() });
        let title = browser.value("document.title");
        assert!(title.as_str().unwrap().ends_with("· Witnessmark"), "{title}");
    }
}

#[test]
fn the_test_would_see_a_page_that_loads_or_complains() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, "<img src='elsewhere.png'><script>nothing.at.all</script>").unwrap();
    let happened = Browser::open(&file, View::DESKTOP).happened();
    assert_eq!(happened.requests, [address(&file), address(&folder.path().join("elsewhere.png"))]);
    assert!(happened.complaints.iter().any(|said| said.contains("nothing is not defined")), "{happened:?}");
}

#[test]
fn search_and_filter_show_what_fits_and_say_how_much() {
    let mut browser = Browser::open(&demonstration(), View::DESKTOP);
    let whole = seen(&mut browser);
    let all = items(&mut browser, "");
    assert_eq!(whole.len(), all);
    wait_for_count(&mut browser, all, all);

    // Words, in any order and case, anywhere in what a finding says.
    browser.value("document.getElementById('q').focus()");
    browser.write("2FA github");
    let fits: Vec<&String> = whole
        .iter()
        .filter(|text| {
            let text = text.to_lowercase();
            text.contains("2fa") && text.contains("github")
        })
        .collect();
    assert!(!fits.is_empty() && fits.len() < all, "{} of {all}", fits.len());
    wait_for_count(&mut browser, fits.len(), all);
    assert_eq!(seen(&mut browser).iter().collect::<Vec<_>>(), fits);
    let note = browser.value("document.getElementById('filtered').innerText");
    assert_eq!(
        note,
        json!(format!(
            "A filter is set: {} of the {all} findings, gaps and declared things of this page are shown.",
            fits.len()
        ))
    );

    // Escape clears it.
    browser.press("Escape");
    wait_for_count(&mut browser, all, all);
    assert_eq!(browser.value("document.getElementById('filtered').checkVisibility()"), json!(false));

    // Each outcome by itself; together they are everything.
    let mut sum = 0;
    for outcome in ["deviates", "unknown", "gap", "accepted", "conforms", "na", "declared"] {
        let expected = items(&mut browser, outcome);
        assert!(expected > 0, "the demonstration has nothing that {outcome}");
        sum += expected;
        choose(&mut browser, "outcome", outcome);
        wait_for_count(&mut browser, expected, all);
        assert_eq!(seen(&mut browser).len(), expected);
    }
    assert_eq!(sum, all);

    // Outcome, control and words at once, as one who counts by hand would have it.
    choose(&mut browser, "outcome", "deviates");
    let control = browser.value("document.querySelector('.item[data-outcome=deviates]').dataset.control");
    choose(&mut browser, "control", control.as_str().unwrap());
    let selector = format!(".item[data-outcome=deviates][data-control={control}]");
    let both = number(&mut browser, &format!("document.querySelectorAll('{selector}').length"));
    wait_for_count(&mut browser, usize::try_from(both).unwrap(), all);
    browser.value("document.getElementById('q').focus()");
    browser.write("no finding says this");
    wait_for_count(&mut browser, 0, all);
    assert_eq!(seen(&mut browser), Vec::<String>::new());
    browser.value("document.querySelector('#filter button').click()");
    wait_for_count(&mut browser, all, all);
}

/// Chooses as a reader would: the form hears of it.
fn choose(browser: &mut Browser, select: &str, value: &str) {
    browser.value(&format!(
        "{{ const select = document.getElementById('{select}'); select.value = '{value}'; select.dispatchEvent(new Event('input', {{bubbles: true}})); }}"
    ));
}

/// A page about a company of 200 controls, 300 keys and 150 people.
fn company(folder: &Path) -> PathBuf {
    let text = declaration(200, 300, 150);
    let mut story = Story::usual(0);
    story.change(RecordType::Declaration, 0, |file| {
        file["size"] = json!(text.len());
        file["sha256"] = json!(Digest::of(text.as_bytes()));
    });
    story.raw.insert(0, text.into_bytes());
    page(folder, story)
}

#[test]
fn what_is_declared_is_searched_like_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut browser = Browser::open(&company(folder.path()), View::DESKTOP);
    let all = items(&mut browser, "");
    assert!(items(&mut browser, "declared") > 700, "controls, threats, risks, keys, people, third parties");
    wait_for_count(&mut browser, all, all);

    // A key is found by where it lies, and whoever holds it by the key.
    browser.value("document.getElementById('q').focus()");
    browser.write("alias/withdrawals-of-the-exchange-0123");
    wait_for_count(&mut browser, 1, all);
    assert_eq!(browser.value("document.getElementById('key-k-0123').checkVisibility()"), json!(true));
    // Nothing is left of the tables without a row, nor of their headings.
    let tables = "[...document.querySelectorAll('table')].filter(one => one.querySelector('.item') && one.checkVisibility()).length";
    assert_eq!(browser.value(tables), json!(1));
    browser.press("Escape");
    wait_for_count(&mut browser, all, all);
    assert!(number(&mut browser, tables) > 10);

    // A control chosen: of what is declared only what has to do with it.
    choose(&mut browser, "outcome", "declared");
    choose(&mut browser, "control", "AC-ROT");
    wait_for_count(&mut browser, 1, all);
    browser.value("document.querySelector('#filter button').click()");
    wait_for_count(&mut browser, all, all);

    // The chain: from a threat to a control, to a requirement, and each opens or shows what it leads to.
    browser.value("location.hash = 'threat-T-007'");
    browser.wait_for("document.getElementById('threat-T-007').open");
    browser.value("document.querySelector('#threat-T-007 a[href=\"#control-AC-0007\"]').click()");
    browser.wait_for("document.getElementById('control-AC-0007').open");
    browser.value("document.querySelector('#control-AC-0007 a[href=\"#requirement-ccss-9.0:2.01.1.1\"]').click()");
    browser.wait_for(
        "(top => top >= 0 && top < innerHeight)(document.getElementById('requirement-ccss-9.0:2.01.1.1').getBoundingClientRect().top)",
    );

    // On paper the chains are open.
    let chain = "document.querySelector('#control-AC-0100 > dl').checkVisibility({contentVisibilityAuto: true})";
    assert_eq!(browser.value(chain), json!(false), "folded on a screen");
    browser.media("print", false);
    browser.wait_for(chain);
}

#[test]
fn no_table_of_a_large_declaration_is_wider_than_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let file = company(folder.path());
    for view in [View { width: 320, ..View::PHONE }, View { width: 800, ..View::DESKTOP }, View::DESKTOP] {
        let mut browser = Browser::open(&file, view);
        browser.value("document.querySelectorAll('details').forEach(one => one.open = true)");
        let width = number(&mut browser, "document.documentElement.scrollWidth");
        assert!(width <= u64::from(view.width), "{width} in {view:?}");
    }
}

#[test]
fn a_link_to_what_is_filtered_or_folded_away_shows_it() {
    let mut browser = Browser::open(&demonstration(), View::DESKTOP);
    let all = items(&mut browser, "");
    let finding = browser.value("document.querySelector('details.item[data-outcome=conforms]').id");
    choose(&mut browser, "outcome", "deviates");
    let deviating = items(&mut browser, "deviates");
    wait_for_count(&mut browser, deviating, all);
    browser.value(&format!("location.hash = {finding}"));
    browser.wait_for(&format!(
        "document.getElementById({finding}).checkVisibility() && document.getElementById({finding}).open"
    ));
    wait_for_count(&mut browser, all, all);
    // An exchange lies in a folded record.
    let exchange = browser.value("document.querySelector('figcaption a[href^=\"#exchange-\"]').hash");
    browser.value("document.querySelector('figcaption a[href^=\"#exchange-\"]').click()");
    browser.wait_for(&format!(
        "(top => top >= 0 && top < innerHeight)(document.querySelector({exchange}).getBoundingClientRect().top)"
    ));
    assert_eq!(browser.value(&format!("document.querySelector({exchange}).checkVisibility()")), json!(true));
}

/// What takes the focus, in the order of the page.
const REACHABLE: &str = "[...document.querySelectorAll('a[href], input, select, button, summary, [tabindex=\"0\"]')]";

#[test]
fn everything_is_reached_and_opened_by_keyboard() {
    let mut browser = Browser::open(&demonstration(), View::DESKTOP);
    let expected = number(
        &mut browser,
        &format!("{REACHABLE}.filter(one => one.checkVisibility({{contentVisibilityAuto: true}})).length"),
    );
    assert!(expected > 50, "{expected}");
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.className"), json!("skip"), "the first thing that is reached");
    let skipped = "(box => box.left >= 0 && box.width > 0)(document.activeElement.getBoundingClientRect())";
    assert_eq!(browser.value(skipped), json!(true), "and it is seen");
    browser.value("window.reached = []");
    for _ in 0..expected {
        let outline = browser
            .value("reached.push(document.activeElement), getComputedStyle(document.activeElement).outlineStyle");
        assert_ne!(outline, json!("none"), "no focus is seen at {}", browser.value("document.activeElement.outerHTML"));
        browser.press("Tab");
    }
    let order = format!(
        "(all => all.length === reached.length && all.every((one, at) => one === reached[at]))({REACHABLE}.filter(one => one.checkVisibility({{contentVisibilityAuto: true}})))"
    );
    assert_eq!(browser.value(&order), json!(true), "each once, in the order of the page");

    // The evidence of a finding opens, and the focus goes on into it.
    browser.value("document.querySelector('article.finding summary').focus()");
    browser.press("Enter");
    browser.wait_for("document.querySelector('article.finding details').open");
    browser.press("Tab");
    assert_eq!(
        browser.value("document.querySelector('article.finding details').contains(document.activeElement)"),
        json!(true)
    );
    // The skip link leads into the contents.
    browser.value("document.querySelector('.skip').focus()");
    browser.press("Enter");
    browser.wait_for("document.activeElement === document.getElementById('main')");
}

#[test]
fn nothing_is_wider_than_the_window() {
    for view in [View::PHONE, View { width: 320, ..View::PHONE }, View::DESKTOP] {
        let mut browser = Browser::open(&demonstration(), view);
        for _ in ["as it is", "with all of it open"] {
            let width = number(&mut browser, "document.documentElement.scrollWidth");
            assert!(width <= u64::from(view.width), "{width} in {view:?}: {}", browser.value(
                "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(one => one.outerHTML.slice(0, 200)).join('\\n')"
            ));
            browser.value("document.querySelectorAll('details').forEach(one => one.open = true)");
        }
    }
}

#[test]
fn without_script_all_of_it_is_there() {
    let mut with = Browser::open(&demonstration(), View::DESKTOP);
    let mut without = Browser::open(&demonstration(), View { script: false, ..View::DESKTOP });
    assert_eq!(without.value("document.getElementById('filter').checkVisibility()"), json!(false));
    assert_eq!(with.value("document.getElementById('filter').checkVisibility()"), json!(true));
    assert_eq!(seen(&mut without), seen(&mut with));
    // Folds are the browser's own.
    without.value("document.querySelector('article.finding summary').focus()");
    without.press("Enter");
    without.wait_for("document.querySelector('article.finding details').open");
}

#[test]
fn paper_has_the_evidence_and_says_when_a_filter_was_set() {
    let mut browser = Browser::open(&demonstration(), View::DESKTOP);
    let evidence =
        "document.querySelector('article.finding > details > dl').checkVisibility({contentVisibilityAuto: true})";
    let shown =
        |browser: &mut Browser, id: &str| browser.value(&format!("document.getElementById('{id}').checkVisibility()"));
    assert_eq!(browser.value(evidence), json!(false), "folded on a screen");
    browser.media("print", true);
    browser.wait_for(evidence);
    assert_eq!(shown(&mut browser, "filter"), json!(false));
    assert_eq!(shown(&mut browser, "filtered"), json!(false));
    let colours =
        browser.value("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]");
    assert_eq!(colours, json!(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]), "dark on white, whatever the screen is");

    choose(&mut browser, "outcome", "gap");
    let (gaps, all) = (items(&mut browser, "gap"), items(&mut browser, ""));
    wait_for_count(&mut browser, gaps, all);
    assert_eq!(shown(&mut browser, "filtered"), json!(true));
}

/// On a page that has each kind of thing once: on one with hundreds it takes minutes.
#[test]
fn no_barrier_is_found_by_axe() {
    let axe = Path::new(&system("WITNESSMARK_TEST_BROWSER")).join("node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = page(folder.path(), Story::usual(0));
    for view in [View::DESKTOP, View { dark: true, ..View::DESKTOP }, View::PHONE] {
        let mut browser = Browser::open(&file, view);
        browser.value("document.querySelectorAll('details').forEach(one => one.open = true)");
        browser.value(&axe);
        let found = browser.value(
            "axe.run({resultTypes: ['violations']}).then(found => ({passes: found.passes.length, violations: found.violations.map(one => [one.id, one.help, one.nodes.slice(0, 3).map(node => node.html)])}))",
        );
        assert_eq!(found["violations"], Value::Array(Vec::new()), "{view:?}");
        assert!(found["passes"].as_u64().unwrap() > 20, "{found}");
    }
}
