"""The desk's contracts beside the model: random acts, and after each of them everything equal."""
