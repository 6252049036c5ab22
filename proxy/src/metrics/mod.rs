//! Metrics: every figure that `/metrics` shows, as handles that are resolved before a request needs them.
//!
//! The data plane asks for a [`DeploymentMetrics`] when a snapshot is made and keeps it there; a request
//! then touches atomics only. Labels come from the configuration, never from clients, and a family
//! holds at most [`SERIES_MAX`] series: what does not fit is counted under `other`, and
//! `quotah_series_dropped_total` says so. Money is kept in integers and printed exactly, so
//! that the ledger and the metrics agree to the last pico-dollar.
//!
//! Nothing outside this folder names prometheus.

mod breakers;
mod budgets;
mod cache;
mod cost;
mod deployment;
mod family;
mod held;
mod rate_limits;
mod routing;

pub use budgets::BudgetSum;
pub use deployment::{DeploymentMetrics, Settled};
pub use family::SERIES_MAX;
pub use held::Held;
pub use routing::HedgeResult;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use cache::CacheMetrics;
use cost::Costs;
use family::{Cached, Counters, Dropped, Histograms};
use routing::Routing;

use quotah_policy::Money;

use crate::headroom::RateLimit;
use crate::standing::Standing;

/// Every metric of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    routing: Routing,
    refusals: Cached<&'static str, IntCounter>,
    overhead: Histogram,
    inflight_requests: IntGauge,
    inflight_streams: IntGauge,
    held_body_bytes: IntGauge,
    unpriced: IntCounter,
    reservation_error_ratio: Histogram,
    cache: CacheMetrics,
    ledger_append: Histogram,
    ledger_sync: Histogram,
    ledger_errors: IntCounter,
    ledger_bytes: IntGauge,
    reload_successful: IntGauge,
    reload_at: IntGauge,
    price_table_age: IntGauge,
    price_table_as_of: AtomicI64,
}

/// The families with labels, which deployment handles are made from.
#[derive(Debug, Clone)]
struct Families {
    requests: Arc<Counters>,
    duration: Arc<Histograms>,
    time_to_first_token: Arc<Histograms>,
    attempts: Arc<Counters>,
    tokens: Arc<Counters>,
    refused: Arc<Counters>,
    crossings: Arc<Counters>,
    costs: Arc<Costs>,
    dropped: Dropped,
}

impl Metrics {
    /// Registers every metric; `version` and `commit` are the labels of `build_info`.
    #[must_use]
    pub fn new(version: &str, commit: &str) -> Self {
        let registry = Registry::new();
        let r = Registrar(&registry);
        r.collector(Box::new(ProcessCollector::for_self()));
        r.gauges(
            "build_info",
            "The running build; always 1",
            &["version", "commit"],
        )
        .with_label_values(&[version, commit])
        .set(1);
        let reload_successful = r.gauge(
            "config_last_reload_successful",
            "1 when the last (re)load took effect",
        );
        reload_successful.set(1);
        let families = r.families();
        Self {
            routing: r.routing(&families.dropped),
            families,
            refusals: Cached::default(),
            overhead: r.histogram(
                "overhead_seconds",
                "Time that Quotah itself took for a request",
                &OVERHEAD_SECONDS,
            ),
            inflight_requests: r.gauge("inflight_requests", "Requests being served"),
            inflight_streams: r.gauge("inflight_streams", "Streamed answers being relayed"),
            held_body_bytes: r.gauge("held_body_bytes", "Bytes of request bodies in memory"),
            unpriced: r.counter(
                "unpriced_requests_total",
                "Requests with usage whose model has no price",
            ),
            reservation_error_ratio: r.histogram(
                "reservation_error_ratio",
                "What a request cost by what was set aside for it",
                &RESERVATION_RATIO,
            ),
            cache: CacheMetrics::new(&r),
            ledger_append: r.histogram(
                "ledger_append_seconds",
                "Time to append a record to the ledger",
                &LEDGER_SECONDS,
            ),
            ledger_sync: r.histogram(
                "ledger_sync_seconds",
                "Time to make appended records durable",
                &LEDGER_SECONDS,
            ),
            ledger_errors: r.counter("ledger_errors_total", "Failed ledger writes and syncs"),
            ledger_bytes: r.gauge("ledger_bytes", "Size of the ledger's log on disk"),
            reload_successful,
            reload_at: r.gauge(
                "config_last_reload_timestamp_seconds",
                "When the configuration in force was loaded",
            ),
            price_table_age: r.gauge(
                "price_table_age_seconds",
                "Time since the built-in price table was compiled",
            ),
            price_table_as_of: AtomicI64::new(0),
            registry,
        }
    }

    /// Handles for one deployment, to be kept in the snapshot that routes to it.
    ///
    /// `provider`, `model` and `route` must come from the configuration or the price table, or be
    /// `other`: they become labels.
    #[must_use]
    pub fn deployment(&self, provider: &str, model: &str, route: &str) -> Arc<DeploymentMetrics> {
        Arc::new(DeploymentMetrics::new(self, provider, model, route))
    }

    /// A budget reached a part of its limit.
    pub fn budget_crossed(&self, budget: &str, threshold: &str) {
        self.families
            .crossings
            .child(&[budget, threshold], &[])
            .inc();
    }

    /// A request cost so much of what was set aside for it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio for a histogram, not money"
    )]
    pub fn reservation_used(&self, cost_picousd: i64, reserved: Money) {
        let ratio = cost_picousd as f64 / reserved.picos() as f64;
        self.reservation_error_ratio.observe(ratio);
    }

    /// Counts a request that Quotah refused itself.
    pub fn refused(&self, reason: &'static str) {
        self.refusals
            .child(&reason, || self.families.refused.child(&[], &[reason]))
            .inc();
    }

    /// Counts a request in flight until the guard is dropped.
    #[must_use]
    pub fn inflight_request(&self) -> InFlight {
        InFlight::begin(&self.inflight_requests)
    }

    /// Counts a stream in flight until the guard is dropped.
    #[must_use]
    pub fn inflight_stream(&self) -> InFlight {
        InFlight::begin(&self.inflight_streams)
    }

    /// Counts what is in memory of a body until the guard is dropped.
    #[must_use]
    pub fn held_body(&self) -> Held {
        Held::new(&self.held_body_bytes)
    }

    /// A kept answer was given; making it had cost `saved`.
    pub fn cache_hit(&self, saved: Money) {
        self.cache.hit(saved);
    }

    /// A request's answer could have been kept, and was not there.
    pub fn cache_miss(&self) {
        self.cache.miss();
    }

    /// So many bytes of answers are kept.
    pub fn cache_bytes(&self, bytes: u64) {
        self.cache.bytes(bytes);
    }

    /// Requests in flight now.
    #[must_use]
    pub fn inflight_requests(&self) -> u64 {
        u64::try_from(self.inflight_requests.get()).unwrap_or(0)
    }

    /// Streams in flight now.
    #[must_use]
    pub fn inflight_streams(&self) -> u64 {
        u64::try_from(self.inflight_streams.get()).unwrap_or(0)
    }

    /// Counts a request whose model has no price. [`DeploymentMetrics::record`] does it for settled ones.
    pub fn unpriced(&self) {
        self.unpriced.inc();
    }

    /// A record was appended to the ledger.
    pub fn ledger_appended(&self, took: Duration) {
        self.ledger_append.observe(took.as_secs_f64());
    }

    /// Appended records were made durable.
    pub fn ledger_synced(&self, took: Duration) {
        self.ledger_sync.observe(took.as_secs_f64());
    }

    /// A ledger write or sync failed.
    pub fn ledger_failed(&self) {
        self.ledger_errors.inc();
    }

    /// The ledger's log takes this many bytes on disk.
    pub fn ledger_bytes(&self, bytes: u64) {
        self.ledger_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A configuration took effect at `at_unix_seconds`, with a price table compiled at `price_table_as_of_unix_seconds`.
    pub fn config_loaded(&self, at_unix_seconds: i64, price_table_as_of_unix_seconds: i64) {
        self.reload_successful.set(1);
        self.reload_at.set(at_unix_seconds);
        self.price_table_as_of
            .store(price_table_as_of_unix_seconds, Ordering::Relaxed);
    }

    /// A configuration was refused; the one before it stays in force.
    pub fn config_refused(&self) {
        self.reload_successful.set(0);
    }

    /// Everything in Prometheus' text format, version 0.0.4, with what is shown as it stands.
    #[must_use]
    pub fn render(&self, now_unix_seconds: i64, shown: &Shown<'_>) -> String {
        let as_of = self.price_table_as_of.load(Ordering::Relaxed);
        if as_of > 0 {
            self.price_table_age
                .set(now_unix_seconds.saturating_sub(as_of).max(0));
        }
        // The encoder fails only on a family without metrics, which the registry never gathers.
        let mut text = TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default();
        self.families.costs.render(&mut text);
        let dropped = &self.families.dropped;
        self.cache.render(&mut text);
        rate_limits::render(shown.rate_limits, dropped, &mut text);
        breakers::render(shown.standings, dropped, &mut text);
        budgets::render(shown.budgets, dropped, &mut text);
        text
    }
}

/// What is looked up when somebody asks, in place of being counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The providers' limits.
    pub rate_limits: &'a [RateLimit],
    /// The budgets.
    pub budgets: &'a [BudgetSum],
    /// The deployments.
    pub standings: &'a [Standing],
}

/// One request or stream in flight, for as long as this lives.
#[derive(Debug)]
pub struct InFlight(IntGauge);

impl InFlight {
    fn begin(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Makes and registers metrics with the prefix.
struct Registrar<'a>(&'a Registry);

impl Registrar<'_> {
    fn families(&self) -> Families {
        let dropped = Dropped::new(self.counters(
            "series_dropped_total",
            "Label sets counted under other because their family is full",
            &["metric"],
        ));
        let counters = |name, help, labels: &[&str]| {
            Arc::new(Counters::new(
                name,
                self.counters(name, help, labels),
                dropped.clone(),
            ))
        };
        let histograms = |name, help, buckets| {
            Arc::new(Histograms::new(
                name,
                self.histograms(name, help, buckets),
                dropped.clone(),
            ))
        };
        Families {
            requests: counters(
                "requests_total",
                "Requests by what became of them",
                &["provider", "model", "route", "status", "outcome"],
            ),
            duration: histograms(
                "request_duration_seconds",
                "From a request's first byte to its answer's last",
                &DURATION_SECONDS,
            ),
            time_to_first_token: histograms(
                "time_to_first_token_seconds",
                "From a request's first byte to its streamed answer's first",
                &FIRST_TOKEN_SECONDS,
            ),
            attempts: counters(
                "attempts_total",
                "Attempts toward providers by result",
                &["provider", "result"],
            ),
            tokens: counters(
                "tokens_total",
                "Tokens used; input holds the cached and written ones, output the reasoning",
                &["provider", "model", "type"],
            ),
            refused: counters("refused_total", "Requests that Quotah refused", &["reason"]),
            crossings: counters(
                "budget_threshold_crossings_total",
                "Alerts of budgets that were reached",
                &["budget", "threshold"],
            ),
            costs: Arc::new(Costs::new(dropped.clone())),
            dropped,
        }
    }

    fn routing(&self, dropped: &Dropped) -> Routing {
        let counters = |name, help, labels: &[&str]| {
            Counters::new(name, self.counters(name, help, labels), dropped.clone())
        };
        Routing {
            fallbacks: counters(
                "fallbacks_total",
                "Requests that went on to the next deployment",
                &["from", "to", "reason"],
            ),
            hedges: counters(
                "hedges_total",
                "Second attempts beside slow ones",
                &["deployment", "result"],
            ),
            mirrored: counters(
                "mirrored_total",
                "Copies of requests by what became of them",
                &["deployment", "outcome"],
            ),
        }
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.add(IntCounter::with_opts(opts(name, help)))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.add(IntCounterVec::new(opts(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.add(IntGauge::with_opts(opts(name, help)))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.add(IntGaugeVec::new(opts(name, help), labels))
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let opts = HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec());
        self.add(Histogram::with_opts(opts))
    }

    fn histograms(&self, name: &str, help: &str, buckets: &[f64]) -> prometheus::HistogramVec {
        let opts = HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec());
        self.add(prometheus::HistogramVec::new(opts, &["provider", "model"]))
    }

    #[expect(
        clippy::expect_used,
        reason = "fails only for a bad constant name, which every test of this module would meet"
    )]
    fn add<M>(&self, made: prometheus::Result<M>) -> M
    where
        M: prometheus::core::Collector + Clone + 'static,
    {
        let metric = made.expect("metric names and buckets are constants");
        self.collector(Box::new(metric.clone()));
        metric
    }

    #[expect(
        clippy::expect_used,
        reason = "fails only for a name used twice, which every test of this module would meet"
    )]
    fn collector(&self, collector: Box<dyn prometheus::core::Collector>) {
        self.0.register(collector).expect("each name is used once");
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(format!("quotah_{name}"), help)
}

/// OpenTelemetry's request duration buckets (a doubling series from 10 ms), continued for long reasoning calls.
const DURATION_SECONDS: [f64; 17] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84,
    327.68, 655.36,
];

/// OpenTelemetry's buckets for the time to the first token, continued to a minute.
const FIRST_TOKEN_SECONDS: [f64; 21] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    15.0, 20.0, 30.0, 45.0, 60.0,
];

/// 50 µs to 50 ms: what Quotah adds lies at the lower end, a stall at the upper.
const OVERHEAD_SECONDS: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_3, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05,
];

/// A tenth to all of what was set aside is as it should be; above 1 a budget was overdrawn by the rest.
const RESERVATION_RATIO: [f64; 11] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 2.0];

/// 1 µs (one `write` to the page cache) to 2.5 s (a disk in trouble).
const LEDGER_SECONDS: [f64; 12] = [
    0.000_001, 0.000_005, 0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.1, 0.5, 2.5,
];

#[cfg(test)]
mod tests;
