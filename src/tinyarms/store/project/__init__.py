"""The project's files: `config.yaml`, `constants.yaml`, prompts and starter files."""
