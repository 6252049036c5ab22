"""Deployments to translate for: as strict as the real ones, and with a model whose every word is known."""
