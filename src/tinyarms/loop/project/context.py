"""The open project, its store, models and clock, for all use cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.prices import Price
from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.project.background import BackgroundJobs, Job
from tinyarms.loop.project.example_sets import known_example_set, read_examples
from tinyarms.loop.project.gold_examples import GoldExamples
from tinyarms.loop.project.grading import JudgeScorer
from tinyarms.loop.project.heartbeat import Heartbeat
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.loop.project.loading import load
from tinyarms.loop.project.memories import Memories
from tinyarms.loop.project.model_settings import settings_in_force, source_of_replies
from tinyarms.loop.project.open_models import OpenModels, WrapModel
from tinyarms.loop.project.own_scorers import OwnScorers
from tinyarms.loop.project.picture_inputs import has_pictures, input_view
from tinyarms.loop.project.picture_texts import StoredTexts
from tinyarms.loop.project.pictures import Pictures
from tinyarms.loop.project.prompt_cache import CachedPrompt
from tinyarms.loop.project.spans import Spans
from tinyarms.loop.project.standby import Standby
from tinyarms.loop.project.turns import Turns
from tinyarms.models.base import Model
from tinyarms.models.price_list import price_of
from tinyarms.models.registry import is_local, log_wait, make_model
from tinyarms.skills.example import Example
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.execution import InputView, as_given
from tinyarms.skills.scorers import Scorer, make_scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.database import Store
from tinyarms.store.project.config import Project, SkillConfig, undeclared_model
from tinyarms.store.project.config_words import unknown_skill


@dataclass
class Context:
    """An open project. Models start at their first call and are shared until `close`."""

    project: Project
    store: Store
    environ: Mapping[str, str]
    clock: Clock = utc_now
    background: bool = False
    """Whether embedded models start with a lower priority, because nobody waits for them."""
    prompt_cache: dict[str, CachedPrompt] = field(default_factory=dict)
    """Skill → the prompt that serves its tasks (`loop.serving.routing`)."""
    cluster: str | None = None
    """Address of the Ray cluster for all models of `kind: ray`; `None`: as each of them says."""
    on_wait: Callable[[str], None] = log_wait
    """Gets a sentence when calls wait for the rate limits of a model. Any thread may call it."""
    notices: list[str] = field(default_factory=list)
    """Sentences about automatic actions, done or failed, for the caller to show."""
    read_stamps: object = None
    """The stamps of the config files when `reread` last read them."""
    wrap_model: WrapModel | None = None
    """From a model's tag, and what makes it, to the model that is used; `None`: itself is used."""
    counted_in: Context | None = None
    """The project whose database has the splits and counts reads of `test`, while one records."""
    concluding: set[str] = field(default_factory=set)
    """Skills whose tests in single mode are waiting to be concluded in the background."""
    known_answers: dict[str, KnownAnswers] = field(default_factory=dict)
    """Skill → the answers to its live test (`loop.testing`), not to be read again."""
    gold_examples: dict[str, GoldExamples] = field(default_factory=dict)
    """Skill → its gold examples, to score tasks (`loop.serving`)."""
    synced_examples: dict[str, object] = field(default_factory=dict)
    """Skill → the stamp of the examples file that is in the database."""
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    """Renews the leases that this process holds."""
    turns: Turns | None = None
    """Shares the calls of a model among several searches at once; `None`: there is only one."""
    _example_sets: dict[str, ExampleSet] = field(default_factory=dict)
    """Skill → its examples, if the store is only read."""
    _model_settings: dict[str, ModelSettings] = field(default_factory=dict)
    _models: OpenModels = field(default_factory=OpenModels)
    _background: BackgroundJobs = field(default_factory=BackgroundJobs)
    _own_scorers: OwnScorers = field(default_factory=OwnScorers)

    @cached_property
    def pictures(self) -> Pictures:
        """The pictures that were given to this process or that examples name."""
        return Pictures(self.project.root, StoredTexts(self.store, self.clock, self.standby))

    @cached_property
    def memories(self) -> Memories:
        """The memories of the project's prompts."""
        of_file = partial(read_examples, self.project.root, pictures=self.pictures)
        return Memories(self.store, self.clock, self.examples, of_file, self.standby)

    @cached_property
    def standby(self) -> Standby:
        """What serves tasks and keeps them while the database does not answer."""
        return Standby(self.project.root)

    @cached_property
    def spans(self) -> Spans:
        """The spans of the project's tasks, for the program's tracer provider."""
        return Spans(lambda: self.project.settings, self.environ, self.notices.append)

    def input_view(self, skill: Skill) -> InputView:
        """How the skill's inputs are shown to its model. Raises `ConfigError`."""
        if not skill.pictures:
            return InputView(skill.inputs, skill.optional, as_given)
        return input_view(skill, self.model_settings(skill.model), self.pictures)

    def reload(self) -> None:
        """Read the project's files again. Raises `ConfigError`."""
        self.project = load(self.project.root, self.environ)
        self._model_settings = {}
        self._own_scorers.forget()

    def skill(self, name: str) -> SkillConfig:
        """The skill of this name. Raises `UsageError`; `ConfigError` if it cannot be used."""
        if (config := self.find_skill(name)) is None:
            raise unknown_skill(name, self.project.names)
        return config

    def find_skill(self, name: str) -> SkillConfig | None:
        """The same; `None` if the project has none. Raises `ConfigError` if it cannot be used."""
        if not isinstance(name, str):
            raise UsageError(f"{name!r} is not the name of a skill.", "Give its name as text.")
        if mistake := self.project.unusable.get(name):
            raise ConfigError(mistake.message, mistake.hint, name)
        return self.project.skills.get(name)

    def model_settings(self, name: str) -> ModelSettings:
        """The effective settings of the model `models.<name>`. Raises `ConfigError`."""
        if name not in self.project.models:
            raise undeclared_model(name, self.project.models)
        if name not in (known := self._model_settings):  # Another thread may reload meanwhile.
            known[name] = settings_in_force(self.project, name, self.cluster)
        return known[name]

    def model(self, name: str) -> Model:
        """The model declared as `models.<name>`, started once. Raises `ConfigError`."""
        with self._models.lock:
            if name not in self._models:
                self._models[name] = self._make_model(name)
            return self._models[name]

    def _make_model(self, name: str) -> Model:
        settings = self.model_settings(name)
        # Named by its tag, because recorded replies belong to a model and not to an entry's name.
        make = partial(make_model, settings.model, settings, self.project.root, self.environ)
        more = partial(make, self.background, entry=name, on_wait=lambda text: self.on_wait(text))
        return more() if self.wrap_model is None else self.wrap_model(settings.model, more)

    def reply_source(self, name: str) -> str:
        """The source of stored replies: the model's tag and address. Raises `ConfigError`."""
        return source_of_replies(self.project, name, self.model_settings(name), self.environ)

    def price(self, name: str) -> Price | None:
        """What calls of `models.<name>` cost now; `None`: not known. Raises `ConfigError`."""
        return price_of(self.model_settings(name), self.environ, self.clock())

    def writer_name(self, skill: Skill) -> str:
        """The model that writes the skill's prompts: that of the settings, else its own."""
        settings = self.project.settings
        return settings.evolution.writer_model or settings.smollm2.model or skill.model

    def masks_for(self, model_name: str) -> tuple[MaskKind, ...]:
        """The kinds of private data to mask for this model; none for one on this machine."""
        local = is_local(self.model_settings(model_name), self.environ)
        return () if local else self.project.settings.privacy.mask

    @property
    def task_masks(self) -> tuple[MaskKind, ...]:
        """The kinds of private data to mask in what is stored of tasks; none by default."""
        privacy = self.project.settings.privacy
        return privacy.mask if privacy.mask_tasks else ()

    def scorer(self, skill: Skill) -> Scorer | None:
        """The skill's scorer; `None` if only users can judge. Raises `ConfigError`."""
        if skill.scorer is None:
            return None
        if ":" in skill.scorer:
            return self._own_scorers.of(skill, self.project.root)
        name = str(skill.scorer_options.get("model", skill.model))
        judge = JudgeScorer(partial(self.model, name), partial(self.masks_for, name))
        return make_scorer(skill.scorer, skill.scorer_options, f"skill {skill.name}", judge)

    def examples(self, skill: Skill) -> list[Example]:
        """The examples that a search or a gate may read. Raises `ExampleError`, `ConfigError`."""
        return list(self.example_set(skill).usable)

    def example_set(
        self, skill: Skill, *, sync: bool = True, read: Sequence[Example] | None = None
    ) -> ExampleSet:
        """The examples of the file and the collected ones, sorted into usable and left out.

        `sync`: first copy the file's rows into the database, if it can be written to; otherwise
        nothing is written. `read`: the rows, if the file was just read. Raises `ExampleError` and
        `ConfigError`.
        """
        if skill.name in self._example_sets:
            return self._example_sets[skill.name]
        are_there = partial(has_pictures, skill, self.model_settings(skill.model), self.pictures)
        if read is None:
            read = read_examples(self.project.root, skill, self.pictures)
        sync = sync and not self.store.read_only
        with self.store.unit_of_work() if sync else self.store.read() as work:
            if sync:
                work.examples.sync(skill.name, read, self.clock())
            stored = work.examples.records(skill.name)
        share = self.project.settings.learning.max_share_per_user
        found = known_example_set(read, stored, skill, share, are_there)
        if self.store.read_only:
            self._example_sets[skill.name] = found  # the store shows one moment
        return found

    def in_background(self, job: Job, leave: Job | None = None) -> None:
        """Run the job on the background thread. `close` waits a moment, then `leave` is called."""
        self._background.run(job, leave)

    def finish_background(self) -> None:
        """Wait until all background jobs are done."""
        self._background.finish()

    def stop_calls(self) -> None:
        """End the calls of all models and own scorers that are in flight."""
        self._own_scorers.stop()
        self._models.stop_calls()

    def stop_models(self) -> None:
        """Stop the models to free their memory; each starts again at its next call."""
        self._models.close()

    def close(self, wait_s: float | None = None) -> None:
        """Finish the background jobs, in `wait_s` (5) seconds; close store, models, own scorers."""
        self.standby.closing.set()
        try:
            if not self._background.end(wait_s):
                self._models.stop_calls()
            self.store.close()  # It scores the tasks that wait to be written.
            self.standby.spools.close()
        except BaseException:
            # Ctrl-C may have ended the wait for a scorer that hangs, so none is started again.
            self._own_scorers.refuse()
            raise
        self._own_scorers.close()
        self._models.close()
