//! Objects and lists stand where they have to: what stood there in another kind would be passed over.

use crate::translate::Untranslatable;
use crate::translate::json::Value;
use crate::translate::shape::{Shape, spells};

/// Checks a request along its table.
pub(super) fn check(shape: &Shape, request: &Value<'_>) -> Result<(), Untranslatable> {
    walk(shape, request).map_err(|(place, why)| {
        let place = place.trim_start_matches('.');
        Untranslatable::at(place, why)
    })
}

/// The place of what is wrong comes together on the way out.
fn walk(shape: &Shape, value: &Value<'_>) -> Result<(), (String, &'static str)> {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(object)) => {
            object.members.iter().try_for_each(|(name, value)| {
                let field = fields.iter().find(|field| spells(name, field.name));
                let Some(field) = field else { return Ok(()) };
                walk(field.shape, value)
                    .map_err(|(place, why)| (format!(".{}{place}", field.name), why))
            })
        }
        (Shape::List(inside), Value::Array(array)) => {
            array.items.iter().enumerate().try_for_each(|(at, item)| {
                walk(inside, item).map_err(|(place, why)| (format!("[{at}]{place}"), why))
            })
        }
        (_, Value::Null) => Ok(()),
        (Shape::Object(_), _) => Err((String::new(), "not an object")),
        (Shape::List(_), _) => Err((String::new(), "not a list")),
        _ => Ok(()),
    }
}
