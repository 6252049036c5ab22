//! What is held of Gemini's room: its requests, its deployments' answers, its callers' answers.

mod answers;
mod asked;
mod callers;
mod settings;
