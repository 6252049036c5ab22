//! How a deployment is asked for what its callers ask for in another dialect: looked up when the routes are made, so that
//! a request finds it ready.

use quotah_adapters::ProviderKind;
use quotah_adapters::translate::{Api, Features, Form};

/// The way from a caller's form to a deployment that is asked in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// The caller's form.
    pub(crate) from: Form,
    /// The deployment's.
    pub(crate) to: Form,
    /// What cannot be said there.
    pub(crate) lost: Features,
    /// Whether that is left out, and no reason to refuse.
    pub(crate) is_lossy: bool,
}

/// The ways to a deployment, one for each form that it does not understand as it is and that can be translated.
#[derive(Debug, Default)]
pub(crate) struct Ways(Box<[Way]>);

impl Ways {
    /// The ways to a deployment of that kind.
    pub(super) fn new(kind: ProviderKind, api: Option<Api>, is_lossy: bool) -> Self {
        let way = |from: Form| {
            let to = from.asked_of(kind, api)?;
            (to != from && from.leads_to(to)).then(|| Way {
                from,
                to,
                lost: to.lost(kind),
                is_lossy,
            })
        };
        Self(Form::ALL.iter().copied().filter_map(way).collect())
    }

    /// The way from a caller's form; `None` where the deployment understands it as it is, or there is no way.
    pub(crate) fn from(&self, form: Form) -> Option<Way> {
        self.0.iter().find(|way| way.from == form).copied()
    }

    /// The forms that there is a way from.
    pub(super) fn forms(&self) -> impl Iterator<Item = Form> {
        self.0.iter().map(|way| way.from)
    }
}
