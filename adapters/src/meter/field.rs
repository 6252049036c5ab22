//! The values in an answer that the dialects' tables point at.

use super::counts::Count;

/// What a value in an answer is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The usage object.
    Usage,
    /// One of its figures.
    Count(Count),
    /// The same figure from another counter: it counts where none is called so.
    Else(Count),
    /// That there is anything here says this figure, where none is called so.
    Says(Count, u64),
    /// A figure of which the answer gives several, all to be added up.
    Add(Count),
    /// A value or container that counts for one, unless it is null or an empty string.
    Each(Count),
    /// What the provider says that the request cost, in dollars; the later word wins.
    Cost,
    /// The same in ticks of 10⁻¹⁰ dollars (xAI).
    CostTicks,
    /// What the provider behind it takes, and whether that is to be paid beside [`Field::Cost`], because the
    /// client's own key is used there (`OpenRouter`).
    UpstreamCost,
    IsByok,
    /// A number of seconds, counted in milliseconds.
    Seconds(Count),
    /// How much context a search was asked for, which decides its fee (Perplexity).
    SearchContext,
    /// A list whose elements are counted, and an element of it.
    Pieces(Count),
    Piece,
    Model,
    Id,
    ServiceTier,
    /// The same as Vertex AI spells it, in words or by number.
    TrafficType,
    /// Generated text.
    Text,
    /// A generated value of any shape, such as a tool call's input.
    Json,
    /// Why generation ended; `null` while it goes on.
    Stop,
    /// Whether a guardrail has ended the answer (Bedrock).
    Intervened,
    /// `true` in the answer's last text.
    Done,
    /// The name of an event.
    EventType,
    /// An error, `null` if there is none.
    Error,
    ErrorKind,
    ErrorCode,
    /// A list of tokens by modality, and in it a row's two cells.
    Modalities(Side),
    Modality,
    ModalityTokens,
    /// Anthropic's list of sub-calls, and the cells of its rows.
    Calls,
    Call,
    CallKind,
    CallModel,
    CallCount(Count),
    /// One sub-call that is no row of a list, by what it is for; its model is found apart from it.
    NamedCall(&'static str),
    NamedCallModel,
    /// The list of output items (`OpenAI` responses), and the cells that tell what is billed by the call.
    Items,
    Item,
    ItemKind,
    ItemAction,
    ItemContainer,
    /// Whether the answer is made in the background, and how far it is.
    Background,
    Status,
    /// What the text as a whole is; an `error` is one.
    Object,
}

/// What a list of modalities splits up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Input,
    Cached,
    /// Tokens written to the cache, by time to live in place of modality (Bedrock).
    Written,
    Output,
    /// Not tokens, but calls of tools by their kind (Gemini's interactions).
    Tools,
}
