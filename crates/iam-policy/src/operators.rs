//! The operators of conditions: what each compares, and how.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// An operator without set qualifier and `IfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `like`: `*` and `?` are wildcards, and cross colons and slashes.
    String {
        like: bool,
        ignore_case: bool,
        negated: bool,
    },
    /// `ArnEquals` and `ArnLike` are one: each field is compared by itself, with wildcards.
    Arn {
        negated: bool,
    },
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    Ip {
        negated: bool,
    },
    Null,
}

/// How numbers and dates are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Equals,
    NotEquals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// By its lower-case name. `None` for what AWS does not document.
    #[must_use]
    pub fn named(base: &str) -> Option<Self> {
        let string = |like, ignore_case, negated| Self::String { like, ignore_case, negated };
        Some(match base {
            "stringequals" => string(false, false, false),
            "stringnotequals" => string(false, false, true),
            "stringequalsignorecase" => string(false, true, false),
            "stringnotequalsignorecase" => string(false, true, true),
            "stringlike" => string(true, false, false),
            "stringnotlike" => string(true, false, true),
            "arnequals" | "arnlike" => Self::Arn { negated: false },
            "arnnotequals" | "arnnotlike" => Self::Arn { negated: true },
            "bool" => Self::Bool,
            "binaryequals" => Self::Binary,
            "ipaddress" => Self::Ip { negated: false },
            "notipaddress" => Self::Ip { negated: true },
            "null" => Self::Null,
            other => match (other.strip_prefix("numeric"), other.strip_prefix("date")) {
                (Some(order), _) => Self::Numeric(Order::named(order)?),
                (_, Some(order)) => Self::Date(Order::named(order)?),
                _ => return None,
            },
        })
    }

    /// Whether it holds when none of the values match, and so also when the key is missing.
    #[must_use]
    pub fn is_negated(self) -> bool {
        match self {
            Self::String { negated, .. } | Self::Arn { negated } | Self::Ip { negated } => negated,
            Self::Numeric(order) | Self::Date(order) => order == Order::NotEquals,
            Self::Bool | Self::Binary | Self::Null => false,
        }
    }

    /// Whether `*` and `?` are wildcards in its values.
    #[must_use]
    pub fn has_wildcards(self) -> bool {
        matches!(self, Self::String { like: true, .. } | Self::Arn { .. })
    }
}

impl Order {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "equals" => Self::Equals,
            "notequals" => Self::NotEquals,
            "lessthan" => Self::Less,
            "lessthanequals" => Self::LessOrEqual,
            "greaterthan" => Self::Greater,
            "greaterthanequals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// For `NotEquals`, whether they are equal: negation is the caller's.
    #[must_use]
    pub fn compare<T: PartialOrd>(self, given: &T, wanted: &T) -> bool {
        match self {
            Self::Equals | Self::NotEquals => given == wanted,
            Self::Less => given < wanted,
            Self::LessOrEqual => given <= wanted,
            Self::Greater => given > wanted,
            Self::GreaterOrEqual => given >= wanted,
        }
    }
}

/// Seconds since 1970 of a date as policies write it: ISO 8601 of the W3C profile, or the seconds themselves.
#[must_use]
pub fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
        && text.len() > 4
    {
        return Some(number);
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |m| digits(m, 2)).filter(|m| (1..=12).contains(m))?;
    let day = parts.next().map_or(Some(1), |d| digits(d, 2)).filter(|d| (1..=31).contains(d))?;
    if parts.next().is_some() {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    #[expect(clippy::cast_precision_loss, reason = "years of four digits are far below 2^53 seconds")]
    Some(midnight as f64 + time.map_or(Some(0.0), time_of_day)?)
}

fn time_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, zone) = text.split_at_checked(text.rfind(['+', '-'])?)?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            (clock, sign * (digits(hours, 2)? * 3600 + digits(minutes, 2)? * 60))
        }
    };
    let mut parts = clock.split(':');
    let hours = digits(parts.next()?, 2).filter(|h| *h < 24)?;
    let minutes = digits(parts.next()?, 2).filter(|m| *m < 60)?;
    let seconds = parts.next().map_or(Some(0.0), |s| s.parse::<f64>().ok()).filter(|s| (0.0..61.0).contains(s))?;
    if parts.next().is_some() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "less than two days of seconds")]
    Some((hours * 3600 + minutes * 60 - offset) as f64 + seconds)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days since 1970 of a day of the Gregorian calendar. <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
