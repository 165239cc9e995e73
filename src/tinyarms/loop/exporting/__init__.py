"""Write a skill's prompt, examples, tasks, votes and ledger in the formats of other tools."""
