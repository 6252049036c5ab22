//! Claude's models, as every dialect has to ask them that leads to one: Anthropic's own, and Bedrock's.
//!
//! How they differ is in [`Model`], how they are asked to think in [`Thinking`], what they take of chance in [`Chance`],
//! what they want of schemas in [`schema`].

mod chance;
mod model;
pub(crate) mod schema;
mod thinking;

pub(crate) use chance::{Chance, at_most_one, left_out};
pub(crate) use model::{Model, Sampling};
pub(crate) use thinking::Thinking;
