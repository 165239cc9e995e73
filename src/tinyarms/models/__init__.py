"""Language models: OpenAI-compatible client, embedded llama.cpp process, replay."""
