"""The door for agents: tools over MCP, and a skill file that teaches them."""
