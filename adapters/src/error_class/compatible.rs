//! The words of `OpenAI`'s dialect: its own, and those of the many who speak it.

use super::{Code, ErrorClass, code, sentence, text};

use ErrorClass::{
    BadCredential, BadRequest, ContentFiltered, ContextOverflow, Overloaded, QuotaExhausted,
    RateLimited, ServerError, Timeout,
};

/// First match wins.
#[rustfmt::skip]
pub(crate) const CODES: &[Code] = &[
    code("\"insufficient_quota\"", QuotaExhausted),
    code("\"credit_balance_exhausted\"", QuotaExhausted),
    code("\"organization_spend_limit_exceeded\"", QuotaExhausted),
    code("\"project_spend_limit_exceeded\"", QuotaExhausted),
    code("\"organization_usage_limit_exceeded\"", QuotaExhausted),
    code("\"billing_hard_limit_reached\"", QuotaExhausted),
    code("\"billing_not_active\"", QuotaExhausted),
    code("\"insufficient_balance\"", QuotaExhausted),
    // xAI: 403 or 429 with a sentence in the place of the error object.
    sentence("used all available credits", QuotaExhausted),
    sentence("doesn't have any credits", QuotaExhausted),
    sentence("monthly spending limit", QuotaExhausted),
    // Alibaba Cloud: the account owes money, or its free tokens are gone.
    code("\"Arrearage\"", QuotaExhausted),
    code("\"AllocationQuota.FreeTierOnly\"", QuotaExhausted),
    // Z.ai has numbers in quotes: no balance, a plan that is over.
    text(429, "\"1113\"", QuotaExhausted),
    text(429, "\"1309\"", QuotaExhausted),

    code("\"context_length_exceeded\"", ContextOverflow),
    // Perplexity (recorded 2026-08), llama.cpp.
    code("\"too_many_prompt_tokens\"", ContextOverflow),
    code("\"exceed_context_size_error\"", ContextOverflow),
    // Most others have a sentence, no code. Recorded: DeepSeek and vLLM, Ollama.
    sentence("maximum context length", ContextOverflow),
    sentence("max context length", ContextOverflow),
    sentence("maximum prompt length", ContextOverflow),
    sentence("exceeds the context window", ContextOverflow),
    sentence("longer than the maximum model length", ContextOverflow),
    sentence("exceeded model token limit", ContextOverflow),
    sentence("prompt is too long", ContextOverflow),
    sentence("`inputs` tokens + `max_new_tokens` must be", ContextOverflow),

    code("\"content_filter\"", ContentFiltered),
    code("\"content_policy_violation\"", ContentFiltered),
    code("\"moderation_blocked\"", ContentFiltered),
    // Flagged before a model read it.
    code("\"invalid_prompt\"", ContentFiltered),
    code("\"image_content_policy_violation\"", ContentFiltered),
    code("\"ResponsibleAIPolicyViolation\"", ContentFiltered),
    // Alibaba Cloud in both spellings, OpenRouter beside a 403, Z.ai.
    code("\"DataInspectionFailed\"", ContentFiltered),
    code("\"data_inspection_failed\"", ContentFiltered),
    text(403, "\"flagged_input\"", ContentFiltered),
    text(400, "\"1301\"", ContentFiltered),

    code("\"invalid_api_key\"", BadCredential),
    code("\"invalid_authentication\"", BadCredential),
    code("\"authentication_error\"", BadCredential),
    // xAI answers an unknown key with 400 (recorded 2026-08).
    text(400, "Incorrect API key provided", BadCredential),

    // Groq: one request has more tokens than a minute allows; waiting does not make it fit.
    text(413, "\"rate_limit_exceeded\"", BadRequest),
    code("\"rate_limit_exceeded\"", RateLimited),
    code("\"rate_limit_error\"", RateLimited),
    code("\"slow_down\"", RateLimited),
    code("\"RateLimitReached\"", RateLimited),
    code("\"server_is_overloaded\"", Overloaded),
    code("\"capacity_exceeded\"", Overloaded),
    code("\"overloaded_error\"", Overloaded),
    code("\"engine_overloaded_error\"", Overloaded),

    // On a 200 stream the status tells nothing.
    text(200, "\"server_error\"", ServerError),
    text(200, "\"timeout\"", Timeout),
    text(200, "\"tool_use_failed\"", BadRequest),
    text(200, "\"invalid_request_error\"", BadRequest),
];
