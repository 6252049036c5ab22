//! Providers that speak `OpenAI`'s dialect: a row each, and nothing else to write.
//!
//! A row says where the provider lives and what it does otherwise than `OpenAI`; everything it does not name is as
//! in [`Provider::COMPATIBLE`]. Addresses and key variables are those of the provider's own documentation.

use super::{Paths, Provider, UsageHeader};
use crate::call::Dialect;
use crate::meter::Count;
use crate::openai::PERPLEXITY;
use crate::translate::ChatVariant;

/// In the order in which documentation lists them.
pub(super) const ROWS: [&Provider; 15] = [
    &Provider {
        name: "mistral",
        title: "Mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        key_vars: &["MISTRAL_API_KEY"],
        base_url_vars: &["MISTRAL_BASE_URL"],
        asks_for_usage: false,
        says_end: true,
        chat: &ChatVariant::MISTRAL,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "groq",
        title: "Groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        key_vars: &["GROQ_API_KEY"],
        base_url_vars: &["GROQ_BASE_URL"],
        asks_for_usage: false,
        says_end: true,
        chat: &ChatVariant::GROQ,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "openrouter",
        title: "OpenRouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        key_vars: &["OPENROUTER_API_KEY"],
        base_url_vars: &["OPENROUTER_BASE_URL"],
        chat_cap: "max_completion_tokens",
        also_speaks: &[Dialect::Anthropic],
        says_end: true,
        chat: &ChatVariant::OPENROUTER,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "deepseek",
        title: "DeepSeek",
        base_url: Some("https://api.deepseek.com"),
        paths: Paths::Unversioned,
        key_vars: &["DEEPSEEK_API_KEY"],
        base_url_vars: &["DEEPSEEK_BASE_URL"],
        asks_for_usage: false,
        also_speaks: &[Dialect::Anthropic],
        anthropic_path: Some("/anthropic"),
        says_end: true,
        chat: &ChatVariant::DEEPSEEK,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "xai",
        title: "xAI",
        base_url: Some("https://api.x.ai/v1"),
        key_vars: &["XAI_API_KEY"],
        base_url_vars: &["XAI_BASE_URL"],
        also_speaks: &[Dialect::Anthropic],
        says_end: true,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "together",
        title: "Together",
        base_url: Some("https://api.together.xyz/v1"),
        key_vars: &["TOGETHER_API_KEY"],
        base_url_vars: &["TOGETHER_BASE_URL"],
        chat: &ChatVariant::OPEN_MODELS,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "fireworks",
        title: "Fireworks",
        base_url: Some("https://api.fireworks.ai/inference/v1"),
        key_vars: &["FIREWORKS_API_KEY"],
        base_url_vars: &["FIREWORKS_BASE_URL"],
        also_speaks: &[Dialect::Anthropic],
        usage_headers: &FIREWORKS_HEADERS,
        chat: &ChatVariant::LIKELIHOODS,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "perplexity",
        title: "Perplexity",
        base_url: Some("https://api.perplexity.ai"),
        paths: Paths::ChatUnversioned,
        key_vars: &["PERPLEXITY_API_KEY"],
        base_url_vars: &["PERPLEXITY_BASE_URL"],
        asks_for_usage: false,
        answers: Some(&PERPLEXITY),
        chat: &ChatVariant::PERPLEXITY,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "cerebras",
        title: "Cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        key_vars: &["CEREBRAS_API_KEY"],
        base_url_vars: &["CEREBRAS_BASE_URL"],
        chat: &ChatVariant::CEREBRAS,
        // Neither <https://inference-docs.cerebras.ai/api-reference> (read 2026-11) nor its client has it.
        lacks_responses: true,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "huggingface",
        title: "Hugging Face router",
        base_url: Some("https://router.huggingface.co/v1"),
        key_vars: &["HF_TOKEN", "HUGGINGFACE_API_KEY"],
        base_url_vars: &["HF_BASE_URL"],
        // Whoever is behind it decides; the recorded one (Novita, 2026-08) tells it unasked.
        asks_for_usage: false,
        chat: &ChatVariant::THINKING,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "alibaba",
        title: "Alibaba Cloud Model Studio",
        base_url: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        key_vars: &["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
        base_url_vars: &["DASHSCOPE_BASE_URL"],
        also_speaks: &[Dialect::Anthropic],
        anthropic_path: Some("/apps/anthropic"),
        chat: &ChatVariant::ALIBABA,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "zai",
        title: "Z.ai",
        base_url: Some("https://api.z.ai/api/paas/v4"),
        version: "/v4",
        key_vars: &["ZAI_API_KEY"],
        base_url_vars: &["ZAI_BASE_URL"],
        also_speaks: &[Dialect::Anthropic],
        anthropic_path: Some("/api/anthropic"),
        chat: &ChatVariant::ZAI,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "crusoe",
        title: "Crusoe",
        base_url: Some("https://managed-inference-api-proxy.crusoecloud.com/v1"),
        key_vars: &["CRUSOE_API_KEY"],
        base_url_vars: &["CRUSOE_BASE_URL"],
        chat: &ChatVariant::OPEN_MODELS,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "vllm",
        title: "vLLM",
        key_vars: &["VLLM_API_KEY"],
        base_url_vars: &["VLLM_BASE_URL"],
        also_speaks: &[Dialect::Anthropic],
        chat: &ChatVariant::LIKELIHOODS,
        ..Provider::COMPATIBLE
    },
    &Provider::COMPATIBLE,
];

/// On answers that are no streams: <https://docs.fireworks.ai/faq-new/models-inference/> (performance metrics), read
/// 2026-11. The body has the same and wins, except that older models leave the cached part out there.
const FIREWORKS_HEADERS: [UsageHeader; 2] = [
    UsageHeader {
        name: "fireworks-prompt-tokens",
        count: Count::Input,
    },
    UsageHeader {
        name: "fireworks-cached-prompt-tokens",
        count: Count::CachedInput,
    },
];
