//! What a condition may name, and how long it may take, seen before it runs.
//!
//! CEL has no loops but comprehensions, each over a list or map that is there. One in another, or in a chain, can still
//! grow without measure (`[s].map(s, [s, s]).map(s, [s, s])`…), so that each stands alone here; then the number of steps can
//! be counted.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr};

use super::{ConditionError, DEPTH_MAX, STEPS_MAX, VARIABLES};

/// The functions that conditions may call, as `f(x)` or `x.f()` where CEL has it so; operators besides. All take time in
/// the length of their arguments only.
pub(super) const FUNCTIONS: [&str; 6] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "string",
];

/// How many tags a request is taken to have when steps are counted; the configuration names them, a handful.
const TAGS: usize = 64;

/// Refuses what names unknown things or could take too long.
pub(super) fn check(expression: &IdedExpr) -> Result<(), ConditionError> {
    let mut walk = Walk {
        bound: Vec::new(),
        steps: 0,
        times: 1,
        is_within: false,
    };
    walk.visit(expression, 0)
}

struct Walk<'e> {
    /// What comprehensions around this place call their elements.
    bound: Vec<&'e str>,
    steps: usize,
    /// How often what is visited can be worked out.
    times: usize,
    is_within: bool,
}

impl<'e> Walk<'e> {
    fn visit(&mut self, node: &'e IdedExpr, depth: usize) -> Result<(), ConditionError> {
        self.steps = self.steps.saturating_add(self.times);
        if self.steps > STEPS_MAX {
            return Err(ConditionError::TooManySteps);
        }
        if depth > DEPTH_MAX {
            return Err(ConditionError::TooDeep);
        }
        let depth = depth.saturating_add(1);
        match &node.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.visit(&select.operand, depth),
            Expr::Call(call) => self.call(call, depth),
            Expr::List(list) => self.all(&list.elements, depth),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.visit(&entry.key, depth)?;
                    self.visit(&entry.value, depth)
                }
                EntryExpr::StructField(field) => {
                    Err(ConditionError::UnknownType(field.field.clone()))
                }
            }),
            Expr::Comprehension(one) => self.comprehension(one, depth),
            Expr::Struct(made) => Err(ConditionError::UnknownType(made.type_name.clone())),
            Expr::Unspecified => Err(ConditionError::UnknownType(String::new())),
        }
    }

    fn all(&mut self, nodes: &'e [IdedExpr], depth: usize) -> Result<(), ConditionError> {
        nodes.iter().try_for_each(|node| self.visit(node, depth))
    }

    fn name(&self, name: &str) -> Result<(), ConditionError> {
        if self.bound.contains(&name) || VARIABLES.contains(&name) {
            return Ok(());
        }
        Err(ConditionError::UnknownVariable(name.to_owned()))
    }

    fn call(&mut self, call: &'e CallExpr, depth: usize) -> Result<(), ConditionError> {
        let name = call.func_name.as_str();
        // Operators are called what nobody can write: `_==_`, `@in`.
        let is_operator = name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if !is_operator && !FUNCTIONS.contains(&name) {
            return Err(ConditionError::UnknownFunction(name.to_owned()));
        }
        if let Some(target) = &call.target {
            self.visit(target, depth)?;
        }
        self.all(&call.args, depth)
    }

    /// Its range can have no more elements than it has nodes, or tags; so often its step is worked out.
    fn comprehension(
        &mut self,
        one: &'e ComprehensionExpr,
        depth: usize,
    ) -> Result<(), ConditionError> {
        if self.is_within {
            return Err(ConditionError::Nested);
        }
        self.is_within = true;
        let before = self.steps;
        self.visit(&one.iter_range, depth)?;
        self.visit(&one.accu_init, depth)?;
        self.times = self.steps.saturating_sub(before).saturating_add(TAGS);
        let names = [
            Some(&one.iter_var),
            one.iter_var2.as_ref(),
            Some(&one.accu_var),
        ];
        self.bound
            .extend(names.into_iter().flatten().map(String::as_str));
        self.visit(&one.loop_cond, depth)?;
        self.visit(&one.loop_step, depth)?;
        self.visit(&one.result, depth)?;
        self.bound.clear();
        self.times = 1;
        self.is_within = false;
        Ok(())
    }
}
