"""The HTTP service: REST under `/v1`, skills as OpenAI models, the dashboard, and operations."""
