//! Errors as providers word them.

use super::*;

use Dialect::{Anthropic, Bedrock, Cohere, Gemini, Ollama, OpenAi};
use ErrorClass::*;

/// Every recorded refusal whose wording decides, shortened to what decides; the number is the recording's.
#[rustfmt::skip]
const RECORDED: &[(&str, Dialect, u16, &str, ErrorClass)] = &[
    ("002 008 anthropic", Anthropic, 404, r#"{"error": {"message": "model: claude-does-not-exist", "type": "not_found_error"}, "type": "error"}"#, BadRequest),
    ("010 anthropic", Anthropic, 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.0: Input does not match the expected shape."}}"#, BadRequest),
    ("031 azure", OpenAi, 404, r#"{"error":{"code":"404","message": "Resource not found"}}"#, BadRequest),
    ("033 azure", OpenAi, 404, r#"{"error": {"type": "invalid_request_error", "code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}"#, BadRequest),
    ("034 azure", OpenAi, 401, r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#, BadCredential),
    ("035 azure", OpenAi, 429, r#"{"error":{"code":"RateLimitReached","message":"Your requests to grok-4-1 have exceeded rate limit."}}"#, RateLimited),
    ("046 050 058 062 bedrock", Bedrock, 400, r#"{"message": "The provided model identifier is invalid."}"#, BadRequest),
    ("066 bedrock", Bedrock, 403, r#"{"message":"The security token included in the request is expired"}"#, BadCredential),
    ("085 cohere", Cohere, 404, r#"{"id": "8bd5b608", "message": "model 'nonexistent' not found, make sure the correct model ID was used"}"#, BadRequest),
    ("087 cohere", Cohere, 404, r#"{"id":"7321d3c5","message":"model 'command-r' was removed on September 15, 2025."}"#, BadRequest),
    ("093 cohere", Cohere, 400, r#"{"error_type":"TOO_MANY_TOKENS","id":"c167e04b","message":"too many tokens: size limit exceeded by 25836 tokens."}"#, ContextOverflow),
    ("098 deepseek", OpenAi, 401, r#"{"error":{"message":"Authentication Fails, Your api key: ****-key is invalid","type":"authentication_error","param":null,"code":"invalid_request_error"}}"#, BadCredential),
    ("100 deepseek", OpenAi, 400, r#"{"error":{"message":"This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#, ContextOverflow),
    ("107 deepseek", OpenAi, 400, r#"{"error":{"message":"No tool output found for tool call call-a.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#, BadRequest),
    ("113 115 118 gemini", Gemini, 404, r#"{"error": {"code": 404, "message": "models/nonexistent-model is not found for API version v1beta", "status": "NOT_FOUND"}}"#, BadRequest),
    ("119 129 gemini", Gemini, 400, r#"{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}}"#, BadCredential),
    ("121 gemini", Gemini, 429, r#"{"error": {"code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "GenerateContentPaidTierInputTokensPerModelPerMinute"}]}]}}"#, RateLimited),
    ("136 groq", OpenAi, 404, r#"{"error": {"code": "model_not_found", "message": "The model `non-existent` does not exist", "type": "invalid_request_error"}}"#, BadRequest),
    ("137 groq", OpenAi, 400, r#"{"error": {"code": "tool_use_failed", "failed_generation": "maybe", "message": "Tool choice is required, but model did not call a tool", "type": "invalid_request_error"}}"#, BadRequest),
    ("149 mistral", OpenAi, 401, r#"{"detail":"Invalid API Key"}"#, BadCredential),
    ("162 ollama", OpenAi, 400, r#"{"error":{"message":"prompt too long; exceeded max context length by 1119046 tokens","type":"invalid_request_error","param":null,"code":null}}"#, ContextOverflow),
    ("175 213 openai", OpenAi, 404, r#"{"error": {"message": "The model `this-model-does-not-exist` does not exist", "type": "invalid_request_error", "param": null, "code": "model_not_found"}}"#, BadRequest),
    ("180 openai", OpenAi, 400, r#"{"error": {"message": "Missing required parameter", "type": "invalid_request_error", "code": "missing_required_parameter"}}"#, BadRequest),
    ("181 openai", OpenAi, 400, r#"{"error": {"message": "Unsupported parameter: 'stop'", "type": "invalid_request_error", "param": "stop", "code": "unsupported_parameter"}}"#, BadRequest),
    ("184 openai", OpenAi, 400, r#"{"error": {"message": "Error while downloading https://a", "type": "invalid_request_error", "param": null, "code": "invalid_image_url"}}"#, BadRequest),
    ("185 206 224 openai", OpenAi, 401, r#"{"error": {"message": "Incorrect API key provided: bad-key", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}}"#, BadCredential),
    ("188 190 191 207 229 openai", OpenAi, 400, r#"{"error": {"code": "empty_array", "message": "Invalid 'messages': empty array.", "param": "messages", "type": "invalid_request_error"}}"#, BadRequest),
    ("192 204 215 230 openai", OpenAi, 400, r#"{"error": {"code": null, "message": "Web search options not supported with this model.", "param": "web_search_options", "type": "invalid_request_error"}}"#, BadRequest),
    ("217 openai", OpenAi, 400, r#"{"error": {"message": "Invalid image data.", "type": "image_generation_user_error", "code": "invalid_image_file"}}"#, BadRequest),
    ("218 220 228 openai", OpenAi, 400, r#"{"error": {"message": "Unknown parameter: 'quality'.", "type": "invalid_request_error", "param": "quality", "code": "unknown_parameter"}}"#, BadRequest),
    ("225 openai", OpenAi, 400, r#"{"error": {"message": "Your input exceeds the context window of this model.", "type": "invalid_request_error", "param": "input", "code": "context_length_exceeded"}}"#, ContextOverflow),
    ("226 openai", OpenAi, 400, r#"{"error": {"message": "The requested model 'invalid-model' does not exist.", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}"#, BadRequest),
    ("239 openrouter", OpenAi, 429, r#"{"error": {"code": 429, "message": "Provider returned error", "metadata": {"provider_name": "Google", "raw": "google/gemini-2.0-flash-exp:free is temporarily rate-limited upstream."}}}"#, RateLimited),
    ("256 perplexity", OpenAi, 400, r#"{"error":{"message":"The total length of all messages is too long.","type":"too_many_prompt_tokens","code":400}}"#, ContextOverflow),
    ("265 vertex", Gemini, 404, r#"{"error": {"code": 404, "message": "Publisher Model not found.", "status": "NOT_FOUND", "details": []}}"#, BadRequest),
    ("268 vertex", Gemini, 400, r#"{"error": {"code": 400, "message": "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}"#, ContextOverflow),
    ("272 vertex", Gemini, 401, r#"{"error": {"code": 401, "message": "API keys are not supported by this API.", "status": "UNAUTHENTICATED", "details": [{"reason": "CREDENTIALS_MISSING"}]}}"#, BadCredential),
    ("282 xai", OpenAi, 400, r#"{"code":"invalid-argument","error":"Incorrect API key provided. You can obtain an API key from https://console.x.ai."}"#, BadCredential),
];

/// Documented, not recorded.
#[rustfmt::skip]
const DOCUMENTED: &[(&str, Dialect, u16, &str, ErrorClass)] = &[
    ("openai", OpenAi, 429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, QuotaExhausted),
    ("openai", OpenAi, 429, r#"{"error":{"type":"tokens","code":"rate_limit_exceeded"}}"#, RateLimited),
    ("openai", OpenAi, 429, "<html>", RateLimited),
    ("openai", OpenAi, 503, r#"{"error":{"code":"server_is_overloaded"}}"#, Overloaded),
    ("openai", OpenAi, 500, r#"{"error":{"type":"server_error"}}"#, ServerError),
    ("openai", OpenAi, 400, r#"{"error":{"message":"bad \"insufficient_quota\""}}"#, BadRequest),
    ("azure", OpenAi, 400, r#"{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#, ContentFiltered),
    ("azure", OpenAi, 408, "", Timeout),
    ("groq", OpenAi, 498, r#"{"error":{"code":"capacity_exceeded"}}"#, Overloaded),
    ("groq", OpenAi, 413, r#"{"error":{"message":"Request too large on tokens per minute (TPM)","type":"tokens","code":"rate_limit_exceeded"}}"#, BadRequest),
    ("openrouter", OpenAi, 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, QuotaExhausted),
    ("openrouter", OpenAi, 403, r#"{"error":{"code":403,"metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#, ContentFiltered),
    ("openrouter", OpenAi, 502, "", ServerError),
    ("deepseek", OpenAi, 402, r#"{"error":{"message":"Insufficient Balance"}}"#, QuotaExhausted),
    ("xai", OpenAi, 429, r#"{"code":"Some resource has been exhausted","error":"Your team has either used all available credits or reached its monthly spending limit."}"#, QuotaExhausted),
    ("mistral", OpenAi, 422, r#"{"detail":[{"type":"missing"}]}"#, BadRequest),
    ("mistral", OpenAi, 400, r#"{"object":"error","message":"Prompt contains 40000 tokens, too large for model with 32768 maximum context length"}"#, ContextOverflow),
    ("alibaba", OpenAi, 400, r#"{"error":{"code":"data_inspection_failed"}}"#, ContentFiltered),
    ("zai", OpenAi, 429, r#"{"error":{"code":"1113","message":"Insufficient balance"}}"#, QuotaExhausted),
    ("gemini in openai's dialect", OpenAi, 400, r#"[{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#, BadCredential),
    ("anthropic", Anthropic, 529, r#"{"error":{"type":"overloaded_error"}}"#, Overloaded),
    ("anthropic", Anthropic, 400, r#"{"error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#, ContextOverflow),
    ("anthropic", Anthropic, 400, r#"{"error":{"message":"Your credit balance is too low"}}"#, QuotaExhausted),
    ("anthropic", Anthropic, 429, r#"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#, QuotaExhausted),
    ("anthropic", Anthropic, 402, "", QuotaExhausted),
    ("anthropic", Anthropic, 413, r#"{"type":"request_too_large"}"#, BadRequest),
    ("anthropic", Anthropic, 504, r#"{"error":{"type":"timeout_error"}}"#, Timeout),
    ("anthropic at vertex", Anthropic, 429, r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#, RateLimited),
    ("gemini", Gemini, 402, r#"{"error":{"status": "RESOURCE_EXHAUSTED"}}"#, QuotaExhausted),
    ("gemini", Gemini, 429, r#"{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}"#, QuotaExhausted),
    ("gemini", Gemini, 503, r#"{"error":{"status": "UNAVAILABLE"}}"#, Overloaded),
    ("gemini", Gemini, 504, "", Timeout),
    ("gemini", Gemini, 500, "", ServerError),
    ("cohere", Cohere, 498, "", ContentFiltered),
    ("cohere", Cohere, 429, r#"{"message":"You are using a Trial key, which is limited to 1000 API calls / month."}"#, QuotaExhausted),
    ("ollama", Ollama, 404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, BadRequest),
    ("bedrock", Bedrock, 400, r#"{"__type":"ValidationException","message":"Input is too long for requested model."}"#, ContextOverflow),
    ("bedrock", Bedrock, 424, "", ServerError),
];

#[test]
fn every_recorded_refusal_has_the_class_that_its_provider_means() {
    for (name, dialect, status, body, class) in RECORDED.iter().chain(DOCUMENTED) {
        let told = error_class(*dialect, *status, b"", body.as_bytes());
        assert_eq!(told, *class, "{name} {status} {body}");
    }
}

#[test]
fn bedrocks_types_stand_in_a_header() {
    for (status, error_type, class) in [
        (
            400,
            "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            BadRequest,
        ),
        (
            403,
            "ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/",
            BadCredential,
        ),
        (429, "ThrottlingException", RateLimited),
        (429, "ModelNotReadyException", Overloaded),
        (
            400,
            "com.amazon.coral.availability#ThrottlingException",
            RateLimited,
        ),
        (408, "ModelTimeoutException", Timeout),
        (424, "ModelErrorException", ServerError),
        (400, "ServiceQuotaExceededException", QuotaExhausted),
        (503, "", Overloaded),
    ] {
        let told = error_class(
            Bedrock,
            status,
            error_type.as_bytes(),
            b"{\"message\":\"x\"}",
        );
        assert_eq!(told, class, "{error_type}");
    }
}

#[test]
fn errors_inside_answers_are_told_by_their_names() {
    for (dialect, kind, code, class) in [
        // Recorded: 141 and 142 groq, 246 openrouter.
        (
            OpenAi,
            Some("invalid_request_error"),
            Some("tool_use_failed"),
            BadRequest,
        ),
        (OpenAi, None, Some("400"), BadRequest),
        (OpenAi, None, Some("429"), RateLimited),
        (
            OpenAi,
            Some("insufficient_quota"),
            Some("insufficient_quota"),
            QuotaExhausted,
        ),
        (
            OpenAi,
            Some("invalid_request_error"),
            Some("context_length_exceeded"),
            ContextOverflow,
        ),
        (OpenAi, None, Some("server_error"), ServerError),
        (OpenAi, None, Some("rate_limit_exceeded"), RateLimited),
        (OpenAi, None, None, ServerError),
        (Anthropic, Some("overloaded_error"), None, Overloaded),
        (Anthropic, Some("api_error"), None, ServerError),
        (Anthropic, Some("invalid_request_error"), None, BadRequest),
        (Gemini, Some("UNAVAILABLE"), Some("503"), Overloaded),
        (Gemini, Some("ABORTED"), Some("499"), BadRequest),
        (Bedrock, Some("throttlingException"), None, RateLimited),
        (
            Bedrock,
            Some("modelStreamErrorException"),
            None,
            ServerError,
        ),
        (Bedrock, Some("validationException"), None, BadRequest),
        (Anthropic, Some("something new"), None, ServerError),
    ] {
        let error = ErrorSeen {
            kind: kind.map(Into::into),
            code: code.map(Into::into),
        };
        assert_eq!(answer_error_class(dialect, &error), class, "{error:?}");
    }
}
