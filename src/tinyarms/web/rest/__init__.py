"""REST under `/v1`: one router a noun, each route one method of `TinyArms`."""
