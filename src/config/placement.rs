//! Which cores the stacks run on. Whether the host has them is not known here.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::shape::TextOrBlock;
use super::source::Source;
use crate::domain::placement::{Cores, Placement, PlacementSetting};

/// A word, or both lists.
pub(super) type RawPlacement = TextOrBlock<RawCores>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCores {
    service: Spanned<String>,
    measuring: Spanned<String>,
}

pub(super) fn check(source: &Source, raw: Option<Spanned<RawPlacement>>) -> Result<PlacementSetting, ConfigError> {
    let Some(Spanned { value, referenced, .. }) = raw else { return Ok(PlacementSetting::default()) };
    match value {
        TextOrBlock::Text(word) => match word.as_str() {
            "auto" => Ok(PlacementSetting::Auto),
            "none" => Ok(PlacementSetting::None),
            _ => {
                let hint = format!("{}, or `{{service: 1-3, measuring: 0}}`", suggest(&word, ["auto", "none"]));
                Err(source.error(referenced, Problem::UnknownValue { value: shortened(&word), hint }))
            }
        },
        TextOrBlock::Block(raw) => {
            let (service, measuring) = (cores(source, &raw.service)?, cores(source, &raw.measuring)?);
            if let Some(common) = service.common(&measuring) {
                let message = format!(
                    "`service` and `measuring` both name cores {common}: what measures would take the service's time; \
                     `none` places nothing"
                );
                return Err(source.error(raw.measuring.referenced, Problem::Value(message)));
            }
            Ok(PlacementSetting::Cores(Placement { service, measuring }))
        }
    }
}

fn cores(source: &Source, text: &Spanned<String>) -> Result<Cores, ConfigError> {
    text.value.parse().map_err(|error| source.error(text.referenced, Problem::Value(format!("{error}"))))
}
