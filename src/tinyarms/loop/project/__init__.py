"""What every use case needs: the open project, its models, leases and progress listeners."""
