"""The open project, its models, leases and progress listeners, for all use cases."""
