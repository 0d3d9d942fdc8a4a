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
