"""Settings of a project: the models, and the `prompt_evolution:` block.

The defaults are those of `preset: default`; `preset: original` changes some of them.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tinyarms.core.quiet_hours import parse_quiet_hours

OptimizerName = Literal[
    "promptbreeder", "original", "opro", "evoprompt_ga", "evoprompt_de", "random_search"
]

RuleName = Literal[
    "drop",
    "floor",
    "original",
    "adwin",
    "page_hinkley",
    "latency",
    "contract_violations",
    "corrections",
    "skips",
    "none_of_these",
]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(_Settings):
    """One entry under `models:` in `config.yaml`."""

    kind: Literal["embedded", "ollama", "openai", "replay"]
    model: str
    """The model's tag or name, e.g. `smollm2:135m`."""
    base_url: str | None = None
    """An OpenAI-compatible URL that ends in `/v1`. For `ollama` the default is Ollama's own."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key. Files never contain keys."""
    server: Literal["llama.cpp", "ollama", "vllm", "openai"] | None = None
    """The server's dialect beyond the common API; derived from `kind` if left out."""
    recording: str | None = None
    """Path of recorded replies (JSONL), relative to the project's folder. `replay` answers from it;
    any other model is asked each request once, and the file keeps its reply."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds to wait for one reply."""
    context_window: int | None = Field(default=None, ge=256)
    """Tokens of one call, prompt and reply together, for `embedded` and Ollama. Left out: the model
    that `smollm2.model` names takes `smollm2.context_window`; any other takes 2048 if it is
    `embedded`, and Ollama's own setting in Ollama."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """Calls at the same time. Left out: 1; for `embedded`, what `tinyarms model tune` chose."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of an `embedded` model. Left out: what `tinyarms model tune` chose, else all cores
    but one."""


class Triggers(_Settings):
    """When monitoring begins an evolution."""

    accuracy_threshold: float = Field(default=0.80, ge=0, le=1)
    """The accuracy, in [0, 1], below which the rules `floor` and `original` alarm."""
    sample_size: int = Field(default=20, ge=1)
    """The fewest known outcomes that these rules read."""
    cooldown_hours: float = Field(default=168, ge=0)
    """The least time between the beginnings of two evolutions of a skill."""
    rules: tuple[RuleName, ...] | None = None
    """The rules that may begin an evolution. `None`: `drop` and `floor`, or `original` in that
    preset."""
    false_alarms_per_1000: float = Field(default=0.1, gt=0, le=100)
    """The most false alarms of `drop` in 1,000 tasks, on average, while accuracy does not fall."""


class AbTesting(_Settings):
    """Live tests in which users vote."""

    votes_required: int = Field(default=30, ge=1)
    """Original preset: the first vote at which a lead stops the test."""
    max_votes: int = Field(default=50, ge=1)
    """The test ends at so many votes."""
    max_duration_days: float = Field(default=7, gt=0)
    """The test ends after so many days."""
    max_votes_ahead: int = Field(default=2, ge=1)
    """How many votes a user may be ahead of the average of the others, where several vote. The same
    holds for outcomes, among the newest 40."""
    show_probability: float = Field(default=0.5, ge=0, le=1)
    """The probability, in [0, 1], that a task asks its user for a vote."""


class Smollm2(_Settings):
    """The writer: the model that writes new prompts."""

    model: str | None = None
    """A name under `models:`; `evolution.writer_model` takes precedence. `None`: the skill's own
    model writes."""
    quantization: str = "Q4_K_M"
    """The file of `model` to pull and run, if it is an embedded model with several."""
    context_window: int = Field(default=8192, ge=256)
    """Tokens of one call to `model`, prompt and reply together, if it is embedded or in Ollama and
    `models.<name>` sets no `context_window`."""
    variants_per_evolution: int = Field(default=3, ge=1, le=26)
    """The most variants that a search hands to a live test."""
    latency_budget_ms: float = Field(default=8000, gt=0)
    """A writing call that takes longer raises a warning. In milliseconds."""


class Learning(_Settings):
    """What a promotion requires."""

    min_accuracy_improvement: float = Field(default=0.05, ge=0, le=1)
    """The least gain in accuracy on `test` examples that is worth a promotion, in [0, 1]."""
    rollback_threshold: float = Field(default=0.70, ge=0, le=1)
    """Original preset: a new prompt with a lower accuracy is taken back, and a winner with a lower
    accuracy waits for a review."""


class MutationWeights(_Settings):
    """How often the optimiser uses each kind of mutation, relative to the others."""

    direct: float = Field(default=0.30, ge=0)
    first_order: float = Field(default=0.30, ge=0)
    crossover: float = Field(default=0.20, ge=0)
    zero_order: float = Field(default=0.15, ge=0)
    hypermutation: float = Field(default=0.05, ge=0)

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class Budget(_Settings):
    """The most that one search may spend. `None`: this is not limited."""

    calls: int | None = Field(default=600, ge=1)
    """Task calls: the skill's model runs on search and selection examples. Cache hits are free."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens of all calls, those of the writer and the offline gate included."""
    seconds: float | None = Field(default=None, gt=0)
    """Seconds of the model's time for all calls."""


class Evolution(_Settings):
    """The search for better prompts."""

    optimizer: OptimizerName = "promptbreeder"
    population_size: int = Field(default=20, ge=2, le=1000)
    """Prompts in a population."""
    generations: int = Field(default=30, ge=1)
    """Original preset: generations of a search. By default the budget ends it."""
    evaluation_samples: int = Field(default=10, ge=1)
    """Original preset: examples in one comparison of two prompts."""
    mutation_weights: MutationWeights = MutationWeights()
    label_calibration: bool = True
    """Whether to fit a bias for each label of a `labels` contract, on search examples."""
    similar_at: float = Field(default=90, ge=0, le=100)
    """Reject a candidate at least this similar (a rapidfuzz ratio) to an existing one."""
    writer_model: str | None = None
    """A name under `models:`. It takes precedence over `smollm2.model`."""
    budget: Budget = Budget()


class Experiment(_Settings):
    """How variants are tested."""

    mode: Literal["pick", "single"] = "pick"
    test_examples: int | None = Field(default=None, ge=100)
    """How many `test` examples the offline gate reads.

    `None`: as many as are needed to find a gain of 10 points in 90 % of cases, or all if there are
    fewer.
    """
    open_ended: bool = False
    """Whether a test in which users alone decide (`mode: pick`) has no limit of votes or days and
    ends on its evidence only."""
    max_outcomes: int = Field(default=5000, ge=1)
    """A test in single mode ends at so many known outcomes."""
    max_duration_days: float = Field(default=60, gt=0)
    """A test in single mode ends after so many days."""


class Judge(_Settings):
    """A model that screens variants before users see them. It can only drop weak ones."""

    model: str
    """A name under `models:`."""
    rubric: str = "Say how well the answer does what is asked for with this input."
    threshold: float = Field(default=0.5, ge=0, le=1)
    """A variant whose outputs have a lower mean grade is dropped. In [0, 1]."""
    outputs: int = Field(default=5, ge=1, le=100)
    """How many outputs of each variant are graded."""


NoticeKind = Literal["vote_wanted", "review_wanted", "promoted", "rolled_back"]


class Notifications(_Settings):
    """How the daemon tells people what has happened, or what it needs from them."""

    desktop: bool = True
    """Whether to show messages on the desktop. It needs a desktop and `tinyarms[desktop]`; without
    them it has no effect."""
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Messages are posted to this URL, as JSON."""
    webhook_env: str | None = None
    """Name of the environment variable that holds the URL instead, if the URL is a secret."""
    kinds: tuple[NoticeKind, ...] = ("vote_wanted", "review_wanted", "promoted", "rolled_back")
    at_most_per_day: int = Field(default=1, ge=1)
    """The most messages of the whole project in 24 hours; further news waits for the next one."""


class EvolutionSettings(_Settings):
    """The `prompt_evolution:` block of `config/constants.yaml`."""

    preset: Literal["default", "original"] = "default"
    enabled: bool = True
    triggers: Triggers = Triggers()
    ab_testing: AbTesting = AbTesting()
    smollm2: Smollm2 = Smollm2()
    learning: Learning = Learning()
    evolution: Evolution = Evolution()
    experiment: Experiment = Experiment()
    cross_skill_learning: bool = True
    judge: Judge | None = None
    """The judge of all skills that have none of their own; `None`: no screening."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """The bound on the probability of a false decision of a gate or a holdback, in (0, 1)."""
    holdback: float = Field(default=0.20, ge=0, le=0.5)
    """After a promotion, the share of tasks that the old prompt serves until the comparison ends.
    0: no comparison."""
    reset_after_days: float | None = Field(default=None, gt=0)
    """After so many days without a person's choice, the last prompt that a person wrote returns; it
    is then compared with the evolved one as after a promotion. `None`: never."""
    retention_days: int | None = Field(default=365, ge=8)
    """Raw tasks, votes and model calls are deleted after so many days; `None`: never. The least is
    a week and a day, as accuracy covers a week."""
    notifications: Notifications = Notifications()
    quiet_hours: str | None = None
    """Hours in local time, such as `22:00-07:00`, during which no search begins and a running one
    pauses."""

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str | None) -> str | None:
        if value is not None:
            parse_quiet_hours(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _accept_first_form(cls, data: Any) -> Any:
        """Map the keys of the original design (`trigger.skill_accuracy_threshold` …)."""
        if not isinstance(data, dict) or "trigger" not in data:
            return data
        first, triggers = data["trigger"], data.get("triggers") or {}
        for key, block in (("trigger", first), ("triggers", triggers)):
            if not isinstance(block, dict):
                raise ValueError(f"{key}: must be a mapping of keys to values")
        names = {
            "skill_accuracy_threshold": "accuracy_threshold",
            "feedback_sample_size": "sample_size",
            "evolution_cooldown_hours": "cooldown_hours",
        }
        unknown = set(first) - set(names)
        if unknown:
            raise ValueError(f"trigger.{min(map(str, unknown))}: unknown key")
        mapped = {names[key]: value for key, value in first.items()}
        others = {key: value for key, value in data.items() if key != "trigger"}
        return others | {"triggers": mapped | triggers}
