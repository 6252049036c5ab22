//! Claude's models, as every dialect has to ask them that leads to one: Anthropic's own, and Bedrock's.
//!
//! How they differ is in [`Model`], how they are asked to think in [`Thinking`], what they take of chance in [`Chance`].

mod chance;
mod model;
mod thinking;

pub(crate) use chance::{Chance, at_most_one, left_out};
pub(crate) use model::{Model, Sampling};
pub(crate) use thinking::Thinking;
