//! Health checks: providers that are to be asked now and then whether they are well, and what follows for the breakers
//! of their deployments.
//!
//! One task looks every second at who is due. A provider has at most one check under way. It also tells of breakers
//! whose time is over: nothing happens in that moment that would.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quotah_policy::{BreakerChange, BreakerState};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::config::resolved::HealthCheck;
use crate::fleet::Health;
use crate::gateway::ping::{PingError, ping};
use crate::gateway::routes::Upstream;
use crate::state::State;
use crate::upstream::ExchangeError;

/// How often it is looked who is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs the checks for as long as the process lives.
pub(crate) async fn watch(state: Arc<State>) {
    let mut checks = HashMap::new();
    let mut open = Vec::new();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if state.drain.is_closing() {
            return;
        }
        open = tell_half_open(&state, &open, clock::unix_ms());
        begin_due(&state, &mut checks, clock::now());
    }
}

/// A provider's next check, and the one under way.
#[derive(Debug)]
struct Due {
    at: Instant,
    running: Option<JoinHandle<()>>,
}

fn begin_due(state: &Arc<State>, checks: &mut HashMap<Arc<str>, Due>, now: Instant) {
    let snapshot = state.snapshot();
    let upstreams = snapshot.routes.upstreams();
    let is_checked = |name: &str| {
        let found = snapshot.routes.upstream(name);
        found.is_some_and(|upstream| upstream.config.health_check.is_some())
    };
    checks.retain(|name, _| is_checked(name));
    for upstream in upstreams {
        let Some(check) = &upstream.config.health_check else {
            continue;
        };
        let name = Arc::clone(&upstream.config.name);
        let due = checks.entry(name).or_insert_with(|| Due {
            at: now,
            running: None,
        });
        let is_running = due.running.as_ref().is_some_and(|task| !task.is_finished());
        if now < due.at || is_running {
            continue;
        }
        due.at = now + jittered(check.interval, clock::dice());
        let (state, upstream, check) = (Arc::clone(state), Arc::clone(upstream), check.clone());
        due.running = Some(tokio::spawn(async move {
            probe(&state, &upstream, &check).await;
        }));
    }
}

/// Asks one provider, and tells the breakers of its deployments.
async fn probe(state: &State, upstream: &Upstream, check: &HealthCheck) {
    let asked = ping(upstream, &check.path, check.timeout, &state.drain).await;
    let provider = &upstream.config.name;
    let is_well = match &asked {
        Ok(status) => !status.is_server_error(),
        // Nothing was found out about the provider.
        Err(PingError::Credential(_) | PingError::Exchange(ExchangeError::Draining)) => {
            tracing::debug!(%provider, "health check not made");
            return;
        }
        Err(PingError::Exchange(_)) => false,
    };
    match &asked {
        Ok(status) if !is_well => {
            tracing::info!(%provider, status = status.as_u16(), "health check failed");
        }
        Err(error) => tracing::info!(%provider, %error, "health check failed"),
        Ok(_) => {}
    }
    let now_unix_ms = clock::unix_ms();
    let all = state.fleet.all();
    for health in all.iter().filter(|health| health.provider == *provider) {
        if let Some(change) = health.breaker.note_probe_from_outside(is_well, now_unix_ms) {
            state.breaker_changed(health, change);
        }
    }
}

/// Tells of those breakers of `open` that have become half-open, and gives those that are open now.
fn tell_half_open(state: &State, open: &[Arc<Health>], now_unix_ms: u64) -> Vec<Arc<Health>> {
    for health in open {
        let to = health.breaker.look(now_unix_ms);
        if matches!(to, BreakerState::HalfOpen { .. }) {
            // It was open when it was looked at last, and its time was to end since.
            let from = BreakerState::Open {
                until_ms: now_unix_ms,
            };
            state.breaker_changed(health, BreakerChange { from, to });
        }
    }
    let is_open = |health: &Arc<Health>| {
        matches!(health.breaker.look(now_unix_ms), BreakerState::Open { .. })
    };
    let mut all = state.fleet.all();
    all.retain(is_open);
    all
}

/// Between nine and eleven tenths of an interval: processes that began together do not ask together for ever.
fn jittered(interval: Duration, dice: u64) -> Duration {
    let percent = u32::try_from(dice % 21).unwrap_or(0).saturating_add(90);
    interval.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_come_after_nine_to_eleven_tenths_of_their_interval() {
        let interval = Duration::from_secs(10);
        let spans: Vec<Duration> = (0..100).map(|dice| jittered(interval, dice)).collect();
        let (first, last) = (spans.iter().min(), spans.iter().max());
        assert_eq!(first, Some(&Duration::from_secs(9)));
        assert_eq!(last, Some(&Duration::from_secs(11)));
    }
}
