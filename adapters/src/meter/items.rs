//! Items of an answer that are billed by the call (`OpenAI`'s responses: `output[]`).

use std::hash::{DefaultHasher, Hash, Hasher};

use quotah_policy::{Unit, Units};

use super::field::Field;
use super::names::is;
use crate::scan::Scalar;

/// Most containers of one answer that are told apart; recorded answers have one. Further ones are not counted.
const CONTAINERS_MAX: usize = 8;

/// What the items so far add up to.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Web searches: opening a page that was found is none.
    pub(super) searches: u64,
    /// Calls of other tools. Images are among them as [`Unit::OutputImages`].
    pub(super) units: Units,
    /// Hashes of the containers that code has run in: `OpenAI` bills these, not the calls.
    containers: [Option<u64>; CONTAINERS_MAX],
    item: Item,
}

/// The item being read; its cells come in any order.
#[derive(Debug, Default)]
struct Item {
    kind: Option<Kind>,
    is_look: bool,
    container: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    WebSearch,
    FileSearch,
    Code,
    Image,
}

impl Items {
    pub(super) fn begin_item(&mut self) {
        self.item = Item::default();
    }

    pub(super) fn cell(&mut self, field: Field, scalar: &Scalar<'_>) {
        match field {
            Field::ItemKind => self.item.kind = kind(scalar),
            Field::ItemAction => {
                // Only searches cost; opening a page that was found does not.
                self.item.is_look = is(scalar, b"open_page") || is(scalar, b"find_in_page");
            }
            Field::ItemContainer => {
                if let Scalar::String {
                    text: Some(text), ..
                } = scalar
                {
                    let mut hasher = DefaultHasher::new();
                    text.hash(&mut hasher);
                    self.item.container = Some(hasher.finish());
                }
            }
            _ => {}
        }
    }

    pub(super) fn end_item(&mut self) {
        let item = std::mem::take(&mut self.item);
        match item.kind {
            Some(Kind::WebSearch) if !item.is_look => {
                self.searches = self.searches.saturating_add(1);
            }
            Some(Kind::FileSearch) => self.units.add(Unit::FileSearches, 1),
            Some(Kind::Image) => self.units.add(Unit::OutputImages, 1),
            Some(Kind::Code) if self.is_new_container(item.container) => {
                self.units.add(Unit::CodeExecutions, 1);
            }
            Some(Kind::WebSearch | Kind::Code) | None => {}
        }
    }

    fn is_new_container(&mut self, container: Option<u64>) -> bool {
        if container.is_none() {
            return true;
        }
        if self.containers.contains(&container) {
            return false;
        }
        let free = self.containers.iter_mut().find(|place| place.is_none());
        free.map(|place| *place = container).is_some()
    }
}

/// The items that have a price: <https://developers.openai.com/api/docs/pricing>, read 2026-11. Calls of functions,
/// of MCP servers, of shells and of computers have none of their own.
fn kind(scalar: &Scalar<'_>) -> Option<Kind> {
    [
        (&b"web_search_call"[..], Kind::WebSearch),
        (b"file_search_call", Kind::FileSearch),
        (b"code_interpreter_call", Kind::Code),
        (b"image_generation_call", Kind::Image),
    ]
    .into_iter()
    .find_map(|(name, kind)| is(scalar, name).then_some(kind))
}
