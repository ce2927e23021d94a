//! The evaluation as tables and pictures.

mod markdown;
mod picture;
mod shares;

pub use markdown::{evaluation_json, evaluation_markdown};
pub use picture::{Picture, PictureError, evaluation_pictures};
