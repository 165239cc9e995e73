from tests.daemon.conftest import answering, dropped, dropped_world, new_world, world

__all__ = ["answering", "dropped", "dropped_world", "new_world", "world"]
