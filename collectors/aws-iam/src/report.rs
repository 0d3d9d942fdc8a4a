//! The credential report: a CSV of all users and the root user, as of the moment it was generated.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use aws::Moment;
use csv::{ByteRecord, ReaderBuilder};
use sdk::{Decode, ExchangeId, Source, Syntax};

use crate::resource::{LastUse, ReportCertificate, ReportKey, ReportRow};

/// A report as received, with the place of each row. Rows are read when they are asked for: memory is that of the text.
#[derive(Debug)]
pub struct CredentialReport {
    exchange: ExchangeId,
    generated: Moment,
    csv: Vec<u8>,
    columns: Columns,
    /// ARN → row, counted from 1 without the header, and its first byte.
    rows: HashMap<String, (u64, usize)>,
    root: Option<(u64, usize)>,
    /// Rows that do not have one cell for each column: a name may hold commas.
    odd: Vec<(u64, usize)>,
    /// Who has several rows; the root user by its name.
    twice: HashSet<String>,
}

/// Why an answer is no credential report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedReport {
    #[error("the credential report is not CSV: {0}")]
    Csv(csv::Error),
    #[error("the credential report has no column `{0}`")]
    Column(&'static str),
    #[error("the credential report has two rows for one ARN")]
    Twice,
    #[error("row {0} of the credential report does not have one cell for each column, or names no user")]
    Shape(u64),
    #[error("row {row} of the credential report: `{column}` is neither a value nor a marker for none")]
    Cell { row: u64, column: &'static str },
}

/// Where the report is in the answer.
pub const CONTENT: &str = "/GetCredentialReportResponse/GetCredentialReportResult/Content";
/// The name in the root user's row.
const ROOT: &str = "<root_account>";

impl CredentialReport {
    /// Reads the header and finds the rows.
    pub fn parse(csv: Vec<u8>, generated: Moment, exchange: ExchangeId) -> Result<Self, MalformedReport> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(csv.as_slice());
        let header = reader.byte_headers().map_err(MalformedReport::Csv)?;
        let (columns, width) = (Columns::find(header)?, header.len());
        let (mut rows, mut root) = (HashMap::new(), None);
        let (mut odd, mut twice) = (Vec::new(), HashSet::new());
        let mut record = ByteRecord::new();
        let mut number = 0;
        // One row that cannot be read is that row's matter: the others stand by themselves.
        while reader.read_byte_record(&mut record).map_err(MalformedReport::Csv)? {
            number += 1;
            let start = record.position().map_or(0, csv::Position::byte);
            let place = (number, usize::try_from(start).unwrap_or(usize::MAX));
            let cells = Cells { row: number, record: &record };
            let named = cells.text(columns.user).zip(cells.text(columns.arn)).filter(|_| record.len() == width);
            let Some((user, arn)) = named else {
                odd.push(place);
                continue;
            };
            // Recognised by its name, wherever it stands: first on AWS, last elsewhere.
            if user == ROOT {
                if root.replace(place).is_some() {
                    twice.insert(user);
                }
                continue;
            }
            match rows.entry(arn) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(entry) => {
                    twice.insert(entry.key().clone());
                }
            }
        }
        drop(reader);
        Ok(Self { exchange, generated, csv, columns, rows, root, odd, twice })
    }

    /// The row of a user. `Ok(None)`: the report has none, for example because the user is younger than the report.
    pub fn user(&self, name: &str, arn: &str) -> Result<Option<(ReportRow, Source)>, MalformedReport> {
        if self.twice.contains(arn) {
            return Err(MalformedReport::Twice);
        }
        match self.rows.get(arn) {
            Some(place) => self.row(*place).map(Some),
            None => self.not_odd(&[name, arn]).map(|()| None),
        }
    }

    /// The root user's row.
    pub fn root(&self) -> Result<Option<(ReportRow, Source)>, MalformedReport> {
        if self.twice.contains(ROOT) {
            return Err(MalformedReport::Twice);
        }
        match self.root {
            Some(place) => self.row(place).map(Some),
            None => self.not_odd(&[ROOT]).map(|()| None),
        }
    }

    /// An error if a row that cannot be read begins so, with or without quotation marks.
    fn not_odd(&self, cells: &[&str]) -> Result<(), MalformedReport> {
        let plain = format!("{},", cells.join(","));
        let quoted: String = cells.iter().map(|cell| format!("\"{cell}\",")).collect();
        let begins = |start: usize| {
            let rest = self.csv.get(start..).unwrap_or_default();
            rest.starts_with(plain.as_bytes()) || rest.starts_with(quoted.as_bytes())
        };
        match self.odd.iter().find(|(_, start)| begins(*start)) {
            Some((number, _)) => Err(MalformedReport::Shape(*number)),
            None => Ok(()),
        }
    }

    /// The exchange that gave the report.
    pub fn exchange(&self) -> ExchangeId {
        self.exchange
    }

    /// When IAM made the report.
    pub fn generated(&self) -> &Moment {
        &self.generated
    }

    fn row(&self, (number, start): (u64, usize)) -> Result<(ReportRow, Source), MalformedReport> {
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(self.csv.get(start..).unwrap_or_default());
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(MalformedReport::Csv)?;
        let row = self.columns.read(&Cells { row: number, record: &record }, self.generated.clone())?;
        let source =
            Source::xml(self.exchange, CONTENT).decoded(Decode::Base64).inside(Syntax::Csv, format!("/{number}"));
        Ok((row, source))
    }
}

type Column = (usize, &'static str);

/// Where each column stands. Further columns, which AWS adds now and then, are left alone.
#[derive(Debug)]
struct Columns {
    user: Column,
    arn: Column,
    created: Column,
    password_enabled: Column,
    password_last_used: Column,
    password_last_changed: Column,
    password_next_rotation: Column,
    mfa_active: Column,
    keys: [[Column; 5]; 2],
    certificates: [[Column; 2]; 2],
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, MalformedReport> {
        let find = |name: &'static str| {
            header
                .iter()
                .position(|cell| cell == name.as_bytes())
                .map(|at| (at, name))
                .ok_or(MalformedReport::Column(name))
        };
        Ok(Self {
            user: find("user")?,
            arn: find("arn")?,
            created: find("user_creation_time")?,
            password_enabled: find("password_enabled")?,
            password_last_used: find("password_last_used")?,
            password_last_changed: find("password_last_changed")?,
            password_next_rotation: find("password_next_rotation")?,
            mfa_active: find("mfa_active")?,
            keys: [
                [
                    find("access_key_1_active")?,
                    find("access_key_1_last_rotated")?,
                    find("access_key_1_last_used_date")?,
                    find("access_key_1_last_used_region")?,
                    find("access_key_1_last_used_service")?,
                ],
                [
                    find("access_key_2_active")?,
                    find("access_key_2_last_rotated")?,
                    find("access_key_2_last_used_date")?,
                    find("access_key_2_last_used_region")?,
                    find("access_key_2_last_used_service")?,
                ],
            ],
            certificates: [
                [find("cert_1_active")?, find("cert_1_last_rotated")?],
                [find("cert_2_active")?, find("cert_2_last_rotated")?],
            ],
        })
    }

    fn read(&self, cells: &Cells<'_>, generated: Moment) -> Result<ReportRow, MalformedReport> {
        Ok(ReportRow {
            generated: Some(generated),
            created: cells.moment(self.created)?,
            password_enabled: cells.boolean(self.password_enabled)?,
            password_last_used: cells.last_use(self.password_last_used)?,
            password_last_changed: cells.moment(self.password_last_changed)?,
            password_next_rotation: cells.moment(self.password_next_rotation)?,
            mfa_active: cells.boolean(self.mfa_active)?,
            access_keys: self
                .keys
                .iter()
                .map(|[active, rotated, last_used, region, service]| {
                    Ok(ReportKey {
                        active: cells.boolean(*active)?,
                        rotated: cells.moment(*rotated)?,
                        last_used: cells.moment(*last_used)?,
                        last_used_region: cells.word(*region),
                        last_used_service: cells.word(*service),
                    })
                })
                .collect::<Result<_, _>>()?,
            certificates: self
                .certificates
                .iter()
                .map(|[active, rotated]| {
                    Ok(ReportCertificate { active: cells.boolean(*active)?, rotated: cells.moment(*rotated)? })
                })
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The cells of one row.
struct Cells<'a> {
    row: u64,
    record: &'a ByteRecord,
}

impl Cells<'_> {
    fn text(&self, (at, _): Column) -> Option<String> {
        let text = std::str::from_utf8(self.record.get(at)?).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text, unless it is one of the signs for none.
    fn word(&self, column: Column) -> Option<String> {
        self.text(column).filter(|text| !matches!(text.as_str(), "N/A" | "not_supported" | "no_information"))
    }

    fn boolean(&self, column: Column) -> Result<Option<bool>, MalformedReport> {
        match self.word(column).as_deref() {
            None if self.text(column).is_some() => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(self.wrong(column)),
        }
    }

    fn moment(&self, column: Column) -> Result<Option<Moment>, MalformedReport> {
        match self.word(column) {
            None if self.text(column).is_some() => Ok(None),
            None => Err(self.wrong(column)),
            Some(text) => Moment::from_rfc3339(&text).map(Some).ok_or_else(|| self.wrong(column)),
        }
    }

    fn last_use(&self, column: Column) -> Result<Option<LastUse>, MalformedReport> {
        // `no_information`: never used, or not since tracking began; `N/A`: there is no password.
        // `not_supported` says nothing about uses.
        match self.text(column).as_deref() {
            Some("not_supported") => Ok(None),
            Some("no_information" | "N/A") => Ok(Some(LastUse { used: false, last: None })),
            _ => Ok(self.moment(column)?.map(|last| LastUse { used: true, last: Some(last) })),
        }
    }

    fn wrong(&self, (_, column): Column) -> MalformedReport {
        MalformedReport::Cell { row: self.row, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const ROOT_ROW: &str = "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,2026-10-01T08:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
    const ALICE: &str = "alice,arn:aws:iam::111122223333:user/alice,2020-01-01T00:00:00Z,true,no_information,2026-01-01T00:00:00Z,N/A,false,true,2026-01-02T00:00:00Z,2026-11-01T00:00:00Z,eu-west-1,kms,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";

    fn report(lines: &[&str]) -> Result<CredentialReport, MalformedReport> {
        let generated = Moment::from_rfc3339("2026-11-21T10:00:00Z").unwrap();
        CredentialReport::parse(lines.join("\n").into_bytes(), generated, ExchangeId(7))
    }

    #[test]
    fn finds_the_root_user_wherever_its_row_stands() {
        for lines in [[HEADER, ROOT_ROW, ALICE], [HEADER, ALICE, ROOT_ROW]] {
            let report = report(&lines).unwrap();
            let (root, _) = report.root().unwrap().unwrap();
            assert_eq!(root.mfa_active, Some(true));
            assert_eq!(root.password_enabled, None);
            assert!(root.password_last_used.unwrap().used);
            assert_eq!(root.access_keys[0].active, Some(false));
            assert!(report.user("alice", "arn:aws:iam::111122223333:user/alice").unwrap().is_some());
        }
        assert!(report(&[HEADER, ALICE]).unwrap().root().unwrap().is_none());
    }

    #[test]
    fn reads_a_row_and_says_where_it_stands() {
        let report = report(&[HEADER, ROOT_ROW, ALICE]).unwrap();
        let (row, source) = report.user("alice", "arn:aws:iam::111122223333:user/alice").unwrap().unwrap();
        assert_eq!(row.password_last_used, Some(LastUse { used: false, last: None }));
        assert_eq!(row.password_next_rotation, None);
        assert_eq!(row.access_keys[0].last_used_service.as_deref(), Some("kms"));
        assert_eq!(row.access_keys[0].rotated.as_ref().unwrap().epoch, 1_767_312_000);
        assert_eq!(row.access_keys[1], ReportKey { active: Some(false), ..ReportKey::default() });
        assert_eq!(row.generated.unwrap().at, "2026-11-21T10:00:00.000Z");
        assert_eq!(source.decode, [Decode::Base64]);
        assert_eq!(source.inner, Some((Syntax::Csv, "/2".to_owned())));
        assert!(report.user("bob", "arn:aws:iam::111122223333:user/bob").unwrap().is_none());
    }

    #[test]
    fn leaves_further_columns_alone_and_follows_the_header() {
        let report = report(&[&format!("{HEADER},more"), &format!("{ALICE},x")]).unwrap();
        assert!(report.user("alice", "arn:aws:iam::111122223333:user/alice").unwrap().is_some());
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for (lines, expected) in [
            (vec![""], "the credential report has no column `user`"),
            (vec![&HEADER.replace("mfa_active", "mfa")], "the credential report has no column `mfa_active`"),
        ] {
            assert_eq!(report(&lines).unwrap_err().to_string(), expected);
        }
        for (from, to) in [
            (",true,no_information", ",maybe,no_information"),
            ("2026-11-01T", "yesterday "),
            (",true,no_information", ",,no_information"),
        ] {
            let row = ALICE.replacen(from, to, 1);
            let report = report(&[HEADER, &row]).unwrap();
            let error = report.user("alice", "arn:aws:iam::111122223333:user/alice").unwrap_err();
            assert!(matches!(error, MalformedReport::Cell { row: 1, .. }), "{error}");
        }
    }

    // A12
    #[test]
    fn a_row_that_cannot_be_read_costs_that_row_alone() {
        const BOB: &str = "arn:aws:iam::111122223333:user/bob";
        let bob = ALICE.replace("alice", "bob");
        let others = |odd: &[&str]| {
            let lines: Vec<&str> = [HEADER].iter().chain(odd).chain([&bob.as_str(), &ROOT_ROW]).copied().collect();
            let report = report(&lines).unwrap();
            assert!(report.user("bob", BOB).unwrap().is_some() && report.root().unwrap().is_some(), "{odd:?}");
            report
        };
        let comma = ALICE.replace("alice", "a,b");
        let error = others(&[&comma]).user("a,b", "arn:aws:iam::111122223333:user/a,b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 1 of the credential report does not have one cell for each column, or names no user"
        );
        // In quotation marks, a comma is part of the name.
        let quoted = ALICE.replacen("alice", "\"a,b\"", 1).replacen(
            "arn:aws:iam::111122223333:user/alice",
            "\"arn:aws:iam::111122223333:user/a,b\"",
            1,
        );
        assert!(others(&[&quoted]).user("a,b", "arn:aws:iam::111122223333:user/a,b").unwrap().is_some());
        for odd in ["alice", "", &ALICE.replacen("alice", "", 1), &format!("{ALICE},more")] {
            others(&[odd]);
        }
        let alice = "arn:aws:iam::111122223333:user/alice";
        assert!(matches!(others(&[ALICE, ALICE]).user("alice", alice), Err(MalformedReport::Twice)));
        let roots = report(&[HEADER, ROOT_ROW, ALICE, ROOT_ROW]).unwrap();
        assert!(matches!(roots.root(), Err(MalformedReport::Twice)) && roots.user("alice", alice).unwrap().is_some());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(at in 0..ALICE.len(), with in "[,\"\n\ra-zé0-9:-]{0,8}", cut in 0..ALICE.len()) {
            let changed = format!("{}{with}{}", &ALICE[..at], &ALICE[at.max(cut)..]);
            if let Ok(report) = report(&[HEADER, ROOT_ROW, &changed, ALICE]) {
                let _ = (report.root(), report.user("alice", "arn:aws:iam::111122223333:user/alice"));
            }
        }
    }
}
