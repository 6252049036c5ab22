//! Providers that speak `OpenAI`'s dialect: a row each, and nothing else to write.
//!
//! A row says where the provider lives and what it does otherwise than `OpenAI`; everything it does not name is as
//! in [`Provider::COMPATIBLE`]. Addresses and key variables are those of the provider's own documentation.

use super::{Paths, Provider};

/// In the order in which documentation lists them.
pub(super) const ROWS: [&Provider; 15] = [
    &Provider {
        name: "mistral",
        title: "Mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        key_vars: &["MISTRAL_API_KEY"],
        base_url_vars: &["MISTRAL_BASE_URL"],
        asks_for_usage: false,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "groq",
        title: "Groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        key_vars: &["GROQ_API_KEY"],
        base_url_vars: &["GROQ_BASE_URL"],
        asks_for_usage: false,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "openrouter",
        title: "OpenRouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        key_vars: &["OPENROUTER_API_KEY"],
        base_url_vars: &["OPENROUTER_BASE_URL"],
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
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "xai",
        title: "xAI",
        base_url: Some("https://api.x.ai/v1"),
        key_vars: &["XAI_API_KEY"],
        base_url_vars: &["XAI_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "together",
        title: "Together",
        base_url: Some("https://api.together.xyz/v1"),
        key_vars: &["TOGETHER_API_KEY"],
        base_url_vars: &["TOGETHER_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "fireworks",
        title: "Fireworks",
        base_url: Some("https://api.fireworks.ai/inference/v1"),
        key_vars: &["FIREWORKS_API_KEY"],
        base_url_vars: &["FIREWORKS_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "perplexity",
        title: "Perplexity",
        base_url: Some("https://api.perplexity.ai"),
        paths: Paths::Unversioned,
        key_vars: &["PERPLEXITY_API_KEY"],
        base_url_vars: &["PERPLEXITY_BASE_URL"],
        asks_for_usage: false,
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "cerebras",
        title: "Cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        key_vars: &["CEREBRAS_API_KEY"],
        base_url_vars: &["CEREBRAS_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "huggingface",
        title: "Hugging Face router",
        base_url: Some("https://router.huggingface.co/v1"),
        key_vars: &["HF_TOKEN", "HUGGINGFACE_API_KEY"],
        base_url_vars: &["HF_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "alibaba",
        title: "Alibaba Cloud Model Studio",
        base_url: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        key_vars: &["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
        base_url_vars: &["DASHSCOPE_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "zai",
        title: "Z.ai",
        base_url: Some("https://api.z.ai/api/paas/v4"),
        version: "/v4",
        key_vars: &["ZAI_API_KEY"],
        base_url_vars: &["ZAI_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "crusoe",
        title: "Crusoe",
        base_url: Some("https://managed-inference-api-proxy.crusoecloud.com/v1"),
        key_vars: &["CRUSOE_API_KEY"],
        base_url_vars: &["CRUSOE_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider {
        name: "vllm",
        title: "vLLM",
        key_vars: &["VLLM_API_KEY"],
        base_url_vars: &["VLLM_BASE_URL"],
        ..Provider::COMPATIBLE
    },
    &Provider::COMPATIBLE,
];
