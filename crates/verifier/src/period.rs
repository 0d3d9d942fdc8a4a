//! The ends of a period on the command line: a date, or a moment.

use model::{Date, Timestamp};

/// The begin of a date, or a moment.
///
/// # Errors
/// When it is neither.
pub fn begin(text: &str) -> Result<Timestamp, String> {
    time(text, 0)
}

/// The last millisecond of a date, or a moment.
///
/// # Errors
/// When it is neither.
pub fn end(text: &str) -> Result<Timestamp, String> {
    time(text, 86_400_000 - 1)
}

/// A calendar year, quarter or month, from its first to its last millisecond (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// `2026`, `2026-Q1` or `2026-03`.
///
/// # Errors
/// When it is none of these.
pub fn whole(text: &str) -> Result<Whole, String> {
    let wrong = || "write a year (`2026`), a quarter (`2026-Q1`) or a month (`2026-03`)".to_owned();
    let (year, month, months) = match text.split_once('-') {
        None => (text, "01".to_owned(), 12),
        Some((year, part)) => match part.strip_prefix('Q') {
            Some("1") => (year, "01".to_owned(), 3),
            Some("2") => (year, "04".to_owned(), 3),
            Some("3") => (year, "07".to_owned(), 3),
            Some("4") => (year, "10".to_owned(), 3),
            Some(_) => return Err(wrong()),
            None => (year, part.to_owned(), 1),
        },
    };
    // One spelling: that of a date.
    let first: Date = format!("{year}-{month}-01").parse().map_err(|_| wrong())?;
    let next = first.later(months, 0).ok_or_else(wrong)?;
    let moment = |millis: i64| Timestamp::from_millis(millis).map_err(|_| wrong());
    Ok(Whole { from: moment(first.epoch() * 1000)?, until: moment(next.epoch() * 1000 - 1)? })
}

fn time(text: &str, of_day: i64) -> Result<Timestamp, String> {
    let wrong = || "write a date such as `2026-01-01`, or a time such as `2026-01-01T12:00:00Z`".to_owned();
    match text.parse::<Date>() {
        Ok(date) => {
            let millis = date.epoch().checked_mul(1000).and_then(|begin| begin.checked_add(of_day));
            millis.and_then(|millis| Timestamp::from_millis(millis).ok()).ok_or_else(wrong)
        }
        Err(_) => Timestamp::from_rfc3339(text).map_err(|_| wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_whole() {
        let ends = |text: &str| whole(text).map(|whole| (whole.from.to_string(), whole.until.to_string())).unwrap();
        let day = |from: &str, until: &str| (format!("{from}T00:00:00.000Z"), format!("{until}T23:59:59.999Z"));
        assert_eq!(ends("2026"), day("2026-01-01", "2026-12-31"));
        assert_eq!(ends("2026-Q1"), day("2026-01-01", "2026-03-31"));
        assert_eq!(ends("2026-Q4"), day("2026-10-01", "2026-12-31"));
        assert_eq!(ends("2028-02"), day("2028-02-01", "2028-02-29"));
        for wrong in [
            "",
            "26",
            "2026-",
            "2026-1",
            "2026-13",
            "2026-00",
            "2026-Q0",
            "2026-Q5",
            "2026-q1",
            "2026-01-01",
            "02026",
            "+2026",
        ] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_date_is_all_of_its_day() {
        assert_eq!(begin("2026-01-01").unwrap().to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(end("2026-12-31").unwrap().to_string(), "2026-12-31T23:59:59.999Z");
        for both in [begin, end] {
            assert_eq!(both("2026-06-01T12:00:00Z").unwrap().to_string(), "2026-06-01T12:00:00.000Z");
            for wrong in ["2026-02-30", "01.01.2026", "2026", "", "yesterday"] {
                assert!(both(wrong).unwrap_err().contains("2026-01-01"), "{wrong}");
            }
        }
    }
}
