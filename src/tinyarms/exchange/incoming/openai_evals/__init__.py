"""OpenAI Evals: the repository and the platform."""
