"""The generated references: `docs/cli.md`, `docs/skills.md` and `docs/json.md`.

`make reference` writes them. They are generated from the commands, the settings and the answers
themselves, so correct a wrong description in `src`.
"""
