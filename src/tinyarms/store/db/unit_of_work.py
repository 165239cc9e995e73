"""One transaction, with a repository for each kind of row. Repositories never commit."""

from __future__ import annotations

from sqlalchemy import Connection, text

from tinyarms.store.db.migrate import HEAD, newer_schema
from tinyarms.store.db.repositories.annoyance import AnnoyanceAnswers
from tinyarms.store.db.repositories.approvals import Approvals
from tinyarms.store.db.repositories.calls import Calls
from tinyarms.store.db.repositories.candidates import Candidates
from tinyarms.store.db.repositories.events import Events
from tinyarms.store.db.repositories.examples import Examples
from tinyarms.store.db.repositories.experiments import Experiments
from tinyarms.store.db.repositories.feedback import Feedback
from tinyarms.store.db.repositories.grades import Grades
from tinyarms.store.db.repositories.history import History
from tinyarms.store.db.repositories.holdbacks import Holdbacks
from tinyarms.store.db.repositories.intents import Intents
from tinyarms.store.db.repositories.leases import Leases
from tinyarms.store.db.repositories.memories import Memories
from tinyarms.store.db.repositories.moments import Moments
from tinyarms.store.db.repositories.notices import Notices
from tinyarms.store.db.repositories.operators import Operators
from tinyarms.store.db.repositories.persons import Persons
from tinyarms.store.db.repositories.picture_texts import PictureTexts
from tinyarms.store.db.repositories.retention import Retention
from tinyarms.store.db.repositories.sessions import Sessions
from tinyarms.store.db.repositories.snoozes import Snoozes
from tinyarms.store.db.repositories.tasks import Tasks
from tinyarms.store.db.repositories.usage import Usage
from tinyarms.store.db.repositories.versions import Versions
from tinyarms.store.db.repositories.watches import Watches

_REVISION = text("SELECT version_num FROM alembic_version")


class UnitOfWork:
    """The repositories of one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.versions = Versions(connection)
        self.history = History(connection)
        self.sessions = Sessions(connection)
        self.candidates = Candidates(connection)
        self.calls = Calls(connection)
        self.operators = Operators(connection)
        self.tasks = Tasks(connection)
        self.feedback = Feedback(connection)
        self.grades = Grades(connection)
        self.examples = Examples(connection)
        self.experiments = Experiments(connection)
        self.annoyance = AnnoyanceAnswers(connection)
        self.snoozes = Snoozes(connection)
        self.approvals = Approvals(connection)
        self.holdbacks = Holdbacks(connection)
        self.leases = Leases(connection)
        self.intents = Intents(connection)
        self.watches = Watches(connection)
        self.events = Events(connection)
        self.notices = Notices(connection)
        self.retention = Retention(connection)
        self.persons = Persons(connection)
        self.moments = Moments(connection)
        self.picture_texts = PictureTexts(connection)
        self.memories = Memories(connection)
        self.usage = Usage(connection)

    def check_schema(self, where: str) -> None:
        """Raises `NewerSchema` if another program has upgraded the database since it was opened.

        A process that runs on would not know what the newer one stores there. `where`: the
        database, for the message.
        """
        revision: str | None = self._connection.execute(_REVISION).scalar()
        if revision != HEAD:
            raise newer_schema(where, revision)
