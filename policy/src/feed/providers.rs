//! Whose prices are whose: our provider kinds, and what the two public tables call them.

/// One provider kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provider {
    /// The kind in Quotah's configuration.
    pub(super) kind: &'static str,
    /// `litellm_provider` values.
    pub(super) litellm: &'static [&'static str],
    /// Provider ids of genai-prices; a second part of the pair is what its models' names end in.
    pub(super) genai: &'static [(&'static str, &'static str)],
    /// Whether names of models have slashes (`vendor/model`). Elsewhere a slash is a region or a size.
    pub(super) slashes: bool,
    /// What names of models begin with, where the tables mix in others; empty for anything.
    pub(super) begins: &'static [&'static str],
}

const fn row(
    kind: &'static str,
    litellm: &'static [&'static str],
    genai: &'static [(&'static str, &'static str)],
) -> Provider {
    Provider {
        kind,
        litellm,
        genai,
        slashes: false,
        begins: &[],
    }
}

const fn with_slashes(provider: Provider) -> Provider {
    Provider {
        slashes: true,
        ..provider
    }
}

/// Every provider kind whose prices somebody publishes. What runs on one's own machines has none.
pub(super) const PROVIDERS: [Provider; 20] = [
    row("alibaba", &["dashscope"], &[]),
    row("anthropic", &["anthropic"], &[("anthropic", "")]),
    row(
        "azure",
        &["azure", "azure_ai", "azure_text"],
        &[("azure", "")],
    ),
    row(
        "bedrock",
        &["bedrock", "bedrock_converse", "bedrock_mantle"],
        &[("aws", "")],
    ),
    row("cerebras", &["cerebras"], &[("cerebras", "")]),
    row("cohere", &["cohere", "cohere_chat"], &[("cohere", "")]),
    with_slashes(row("crusoe", &["crusoe"], &[])),
    row("deepseek", &["deepseek"], &[("deepseek", "")]),
    with_slashes(row(
        "fireworks",
        &["fireworks_ai", "fireworks_ai-embedding-models"],
        &[("fireworks", "")],
    )),
    Provider {
        begins: &[
            "gemini-",
            "gemma-",
            "text-embedding-",
            "deep-research-",
            "imagen-",
            "veo-",
        ],
        ..row("gemini", &["gemini"], &[("google", "")])
    },
    with_slashes(row("groq", &["groq"], &[("groq", "")])),
    with_slashes(row(
        "huggingface",
        &["huggingface"],
        &[
            ("huggingface_cerebras", ":cerebras"),
            ("huggingface_fireworks-ai", ":fireworks-ai"),
            ("huggingface_groq", ":groq"),
            ("huggingface_hyperbolic", ":hyperbolic"),
            ("huggingface_nebius", ":nebius"),
            ("huggingface_novita", ":novita"),
            ("huggingface_nscale", ":nscale"),
            ("huggingface_ovhcloud", ":ovhcloud"),
            ("huggingface_publicai", ":publicai"),
            ("huggingface_sambanova", ":sambanova"),
            ("huggingface_together", ":together"),
        ],
    )),
    row("mistral", &["mistral"], &[("mistral", "")]),
    row(
        "openai",
        &["openai", "text-completion-openai"],
        &[("openai", "")],
    ),
    with_slashes(row("openrouter", &["openrouter"], &[("openrouter", "")])),
    with_slashes(row("perplexity", &["perplexity"], &[("perplexity", "")])),
    with_slashes(row("together", &["together_ai"], &[("together", "")])),
    with_slashes(row(
        "vertex",
        &[
            "vertex_ai",
            "vertex_ai-language-models",
            "vertex_ai-anthropic_models",
            "vertex_ai-mistral_models",
            "vertex_ai-embedding-models",
            "vertex_ai-llama_models",
            "vertex_ai-ai21_models",
            "vertex_ai-deepseek_models",
            "vertex_ai-qwen_models",
            "vertex_ai-zai_models",
            "vertex_ai-openai_models",
            "vertex_ai-minimax_models",
            "vertex_ai-moonshot_models",
            "vertex_ai-video-models",
        ],
        &[("google", "")],
    )),
    row("xai", &["xai"], &[("x-ai", "")]),
    row("zai", &["zai"], &[("zai", "")]),
];
