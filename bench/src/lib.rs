//! What Quotah is measured and tested with: a scripted mock provider, a load generator and peers.
//!
//! [`mock`] plays `OpenAI`, Anthropic and Gemini. The behaviour tests start it inside their own process
//! and ask it afterwards what it saw and what it billed; the bench starts the same code as a program.
//! [`load`] puts load on whatever speaks HTTP/1.1 and measures what came back.

pub mod clock;
pub mod load;
pub mod mock;
