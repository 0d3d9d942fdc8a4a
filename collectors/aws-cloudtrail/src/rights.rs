//! Every call this collector makes, and what is lost without it.

use sdk::{Feed, Right};

use crate::resource::{REGION, TRAIL};

pub const DESCRIBE: &str = "cloudtrail:DescribeTrails";
pub const STATUS: &str = "cloudtrail:GetTrailStatus";
pub const SELECTORS: &str = "cloudtrail:GetEventSelectors";

pub fn rights() -> Vec<Right> {
    let right = |name: &str, feeds: Vec<Feed>, note: &str| Right {
        name: name.to_owned(),
        feeds,
        deniable: true,
        note: note.to_owned(),
    };
    vec![
        aws::caller_identity_right(),
        aws::list_regions_right(REGION),
        right(
            DESCRIBE,
            vec![
                Feed::list(TRAIL),
                Feed::part(REGION, "trails"),
                Feed::part(REGION, "logging"),
                Feed::part(REGION, "selectors"),
            ],
            "the trails of each region, those of other regions and of the organisation included",
        ),
        right(
            STATUS,
            vec![Feed::part(TRAIL, "status"), Feed::part(REGION, "logging")],
            "whether each trail is logging, when it last delivered, and its last delivery error",
        ),
        right(
            SELECTORS,
            vec![Feed::part(TRAIL, "selectors"), Feed::part(REGION, "selectors")],
            "which events each trail records: those of KMS may be excluded, and nothing else shows it",
        ),
    ]
}
