"""Settings of a project: the models, and the `prompt_evolution:` block.

Defaults are the values by default; `preset: original` changes those that it names.
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
    """An OpenAI-compatible URL ending in `/v1`; Ollama's default if left out for `ollama`."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key. Keys never stand in files."""
    server: Literal["llama.cpp", "ollama", "vllm", "openai"] | None = None
    """Which dialect the server speaks beyond the API; guessed from `kind` if left out."""
    recording: str | None = None
    """Path of recorded replies (JSONL), relative to the project's folder. `replay` answers from it;
    any other model asks each request once, and its reply is kept there."""
    timeout_s: float = Field(default=120.0, gt=0)
    context_window: int | None = Field(default=None, ge=256)
    """Tokens of one call, prompt and reply together; for `embedded` and Ollama. Left out: of the
    model that `smollm2.model` names, `smollm2.context_window`; else 2048 for `embedded`, and what
    Ollama itself is set to."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """How many calls at once. Left out: 1; for `embedded`, what `tinyarms model tune` chose."""
    threads: int | None = Field(default=None, ge=1)
    """For `embedded`. Left out: what `tinyarms model tune` chose, else all cores but one."""


class Triggers(_Settings):
    accuracy_threshold: float = Field(default=0.80, ge=0, le=1)
    sample_size: int = Field(default=20, ge=1)
    cooldown_hours: float = Field(default=168, ge=0)
    rules: tuple[RuleName, ...] | None = None
    """What may begin an evolution. `None`: `drop` and `floor`, or `original` in that preset."""
    false_alarms_per_1000: float = Field(default=0.1, gt=0, le=100)
    """The most false alarms of `drop` in 1,000 tasks while all is well, on average."""


class AbTesting(_Settings):
    votes_required: int = Field(default=30, ge=1)
    max_votes: int = Field(default=50, ge=1)
    max_duration_days: float = Field(default=7, gt=0)
    max_votes_ahead: int = Field(default=2, ge=1)
    """Where several people vote, or say how tasks went: how far one may be ahead of the others'
    average. Of outcomes, among the newest 40."""
    show_probability: float = Field(default=0.5, ge=0, le=1)


class Smollm2(_Settings):
    """The writer: the model that writes prompts. Without `model`, the skill's own model."""

    model: str | None = None
    """A name under `models:`; `evolution.writer_model` comes before it."""
    quantization: str = "Q4_K_M"
    """Which file of `model` is pulled and run, where it is an embedded model with several."""
    context_window: int = Field(default=8192, ge=256)
    """Tokens of one call to `model`, where it is embedded or in Ollama and `models.<name>` says
    nothing else."""
    variants_per_evolution: int = Field(default=3, ge=1, le=26)
    latency_budget_ms: float = Field(default=8000, gt=0)


class Learning(_Settings):
    min_accuracy_improvement: float = Field(default=0.05, ge=0, le=1)
    rollback_threshold: float = Field(default=0.70, ge=0, le=1)
    """Original preset: a new prompt below it is taken back; a winner below it waits for review."""


class MutationWeights(_Settings):
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
    """The most that one search may spend. `None`: no limit on this one."""

    calls: int | None = Field(default=600, ge=1)
    """Task calls: worker calls on search and selection examples, cache hits excluded."""
    tokens: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)


class Evolution(_Settings):
    optimizer: OptimizerName = "promptbreeder"
    population_size: int = Field(default=20, ge=2, le=1000)
    generations: int = Field(default=30, ge=1)
    evaluation_samples: int = Field(default=10, ge=1)
    mutation_weights: MutationWeights = MutationWeights()
    label_calibration: bool = True
    """Whether a `labels` contract gets a bias for each label, fitted on search examples."""
    similar_at: float = Field(default=90, ge=0, le=100)
    """rapidfuzz ratio from which a proposal counts as one that is there already."""
    writer_model: str | None = None
    """A name under `models:`; it comes before `smollm2.model` and the skill's own model."""
    budget: Budget = Budget()


class Experiment(_Settings):
    mode: Literal["pick", "single"] = "pick"
    test_examples: int | None = Field(default=None, ge=100)
    """How many `test` examples the offline gate reads.

    `None`: as many as find a gain of 10 points in 90 % of cases, or all if they are fewer.
    """
    open_ended: bool = False
    """Where users alone decide (`mode: pick`): no limit of votes or days, the evidence ends it."""
    max_outcomes: int = Field(default=5000, ge=1)
    """Single mode ends at so many tasks whose outcome is known."""
    max_duration_days: float = Field(default=60, gt=0)
    """Single mode ends after so many days."""


class Judge(_Settings):
    """A model that screens variants before users see them. It drops weak ones, no more."""

    model: str
    """A name under `models:`."""
    rubric: str = "Say how well the answer does what is asked for with this input."
    threshold: float = Field(default=0.5, ge=0, le=1)
    """A variant whose outputs have a lower mean grade is dropped."""
    outputs: int = Field(default=5, ge=1, le=100)
    """How many outputs of each variant are graded."""


NoticeKind = Literal["vote_wanted", "review_wanted", "promoted", "rolled_back"]


class Notifications(_Settings):
    """How the daemon tells people what has happened, or what it needs of them."""

    desktop: bool = True
    """Where there is a desktop and `tinyarms[desktop]` is installed; elsewhere nothing happens."""
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Messages are posted to this URL, as JSON."""
    webhook_env: str | None = None
    """Name of the environment variable that holds the URL instead, where it is a secret."""
    kinds: tuple[NoticeKind, ...] = ("vote_wanted", "review_wanted", "promoted", "rolled_back")
    at_most_per_day: int = Field(default=1, ge=1)
    """Messages of the whole project in 24 hours; what comes meanwhile is joined into the next."""


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
    """For skills that have no judge of their own; `None`: no screening."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    holdback: float = Field(default=0.20, ge=0, le=0.5)
    """After a promotion, the share of tasks that stays on the old prompt until it is decided."""
    reset_after_days: float | None = Field(default=None, gt=0)
    """After so many days without a person's choice, the last prompt that a person wrote returns,
    and is watched beside the evolved one like a promotion. `None`: never."""
    retention_days: int | None = Field(default=365, ge=8)
    """Raw tasks, votes and model calls are pruned after it; `None`: never. No less than a week and
    a day: accuracy is over a week."""
    notifications: Notifications = Notifications()

    quiet_hours: str | None = None
    """`22:00-07:00`, local time: hours in which no search begins, and one that runs pauses."""

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str | None) -> str | None:
        if value is not None:
            parse_quiet_hours(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _accept_first_form(cls, data: Any) -> Any:
        """Map the keys of the seed's first form (`trigger.skill_accuracy_threshold` …)."""
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
