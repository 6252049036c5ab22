//! Tools that take text in place of arguments: who is one, and a request without them.

use super::{Part, Request, ToolChoice, ToolKind};
use crate::translate::json::Spelled;

impl<'a> Request<'a> {
    /// Whether the tool of this name takes text.
    pub(crate) fn is_custom(&self, name: &Spelled<'_>) -> bool {
        let mut tools = self.tools.iter();
        tools.any(|tool| tool.name == *name && matches!(tool.kind, ToolKind::Custom(_)))
    }

    /// The ids of earlier calls of such tools: results say of what tool they are by the call alone.
    pub(crate) fn custom_calls(&self) -> Vec<Spelled<'a>> {
        let parts = self.turns.iter().flat_map(|turn| &turn.parts);
        let ids = parts.filter_map(|part| match part {
            Part::ToolCall(call) if call.is_custom => Some(call.id.clone()),
            _ => None,
        });
        ids.collect()
    }

    /// Leaves them out, with their calls, the results of these, and what was said of which of them is called.
    pub(super) fn leave_out_custom(&mut self) {
        let choice = self.tool_choice.take();
        let is_gone = |name: &Spelled<'_>| self.is_custom(name);
        let choice = match choice {
            Some(ToolChoice::Named(name)) => (!is_gone(&name)).then_some(ToolChoice::Named(name)),
            Some(ToolChoice::Among { mut names, must }) => {
                let asked = names.len();
                names.retain(|name| !is_gone(name));
                let is_empty = names.is_empty() && asked > 0;
                (!is_empty).then_some(ToolChoice::Among { names, must })
            }
            other => other,
        };
        self.tool_choice = choice;
        let count = self.tools.len();
        self.tools
            .retain(|tool| !matches!(tool.kind, ToolKind::Custom(_)));
        if self.tools.is_empty() && count > 0 {
            (self.tool_choice, self.parallel_tools) = (None, None);
        }
        let calls = self.custom_calls();
        if calls.is_empty() {
            return;
        }
        for turn in &mut self.turns {
            turn.parts.retain(|part| match part {
                Part::ToolCall(call) => !call.is_custom,
                Part::ToolResult(result) => !calls.contains(&result.id),
                _ => true,
            });
        }
        self.turns.retain(|turn| !turn.parts.is_empty());
    }
}
