//! A plane without a store or accounts behind it: it has no keys and no rules, and makes none.

use serde_json::Value;

use super::explain::{Explanation, Question};
use super::keys::KeyFace;
use super::store::{AccountFace, Actor, Adjustment, At, Kind, Rule, Spending, Store, WriteError};

/// Nothing is there, and nothing can be written.
#[derive(Debug, Clone, Copy)]
pub struct Unwired;

impl Store for Unwired {
    fn keys(&self, _: Option<&str>, _: usize, _: &dyn Fn(&KeyFace) -> bool) -> Vec<KeyFace> {
        Vec::new()
    }

    fn key(&self, _: &str) -> Option<KeyFace> {
        None
    }

    fn create_key(&self, _: &Actor, _: &str) -> Result<(KeyFace, String), WriteError> {
        Err(nowhere())
    }

    fn patch_key(&self, _: &Actor, _: &At, _: &str) -> Result<KeyFace, WriteError> {
        Err(nowhere())
    }

    fn rotate_key(&self, _: &Actor, _: &At, _: u64) -> Result<(KeyFace, String), WriteError> {
        Err(nowhere())
    }

    fn revoke_key(&self, _: &Actor, _: &At) -> Result<KeyFace, WriteError> {
        Err(nowhere())
    }

    fn rules(&self, _: Kind) -> Vec<Rule> {
        Vec::new()
    }

    fn rule(&self, _: Kind, _: &str) -> Option<Rule> {
        None
    }

    fn create_rule(&self, _: &Actor, _: Kind, _: &str, _: Value) -> Result<Rule, WriteError> {
        Err(nowhere())
    }

    fn replace_rule(&self, _: &Actor, _: Kind, _: &At, _: Value) -> Result<Rule, WriteError> {
        Err(nowhere())
    }

    fn remove_rule(&self, _: &Actor, _: Kind, _: &At) -> Result<(), WriteError> {
        Err(nowhere())
    }

    fn note(&self, _: &Actor, _: &str, _: &str, _: &Value) -> Result<(), WriteError> {
        Ok(())
    }

    fn audit(&self, _: Option<u64>, _: usize) -> Result<Vec<(u64, Value)>, String> {
        Ok(Vec::new())
    }

    fn verify(&self) -> Result<u64, String> {
        Ok(0)
    }
}

impl Spending for Unwired {
    fn accounts(&self, _: &str, _: Option<&str>, _: usize) -> Vec<AccountFace> {
        Vec::new()
    }

    fn adjust(&self, _: &Actor, _: &Adjustment<'_>) -> Result<(), WriteError> {
        Err(nowhere())
    }

    fn explain(&self, _: &Question) -> Result<Explanation, WriteError> {
        Err(WriteError::Unknown)
    }
}

fn nowhere() -> WriteError {
    WriteError::Storage("there is no store".to_owned())
}
