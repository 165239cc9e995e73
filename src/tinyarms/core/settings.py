"""Settings of a project: the models, and the `prompt_evolution:` block.

The defaults are those of `preset: default`; `preset: original` changes some of them.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tinyarms.core.privacy.finder import MASK_KINDS, MaskKind
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


Schedule = Literal["weekly", "monthly"]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(_Settings):
    """One entry under `models:` in `config.yaml`."""

    kind: Literal["embedded", "ollama", "openai", "replay"]
    """What runs it: `embedded` is the model that tinyArms starts itself, `ollama` and `openai`
    are servers (`openai`: any server with an OpenAI-compatible API), `replay` answers from a
    recording."""
    model: str
    """The model's tag or name, e.g. `smollm2:135m`."""
    base_url: str | None = None
    """URL of an OpenAI-compatible API, ending in `/v1`. `openai` needs it; `ollama` uses
    `http://127.0.0.1:11434/v1` if it is left out."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the server's key. The key itself never goes
    into a file."""
    server: Literal["llama.cpp", "ollama", "vllm", "openai"] | None = None
    """Which dialect the server speaks beyond the common API; chosen by `kind` if left out."""
    recording: str | None = None
    """Path of recorded replies (JSONL), relative to the project's folder. `replay` answers from
    it; any other model asks its server once for each request and keeps the reply there."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds to wait for an answer."""
    context_window: int | None = Field(default=None, ge=256)
    """Tokens of one call, prompt and reply together, for `embedded` and Ollama. Left out: for
    the model that `smollm2.model` names, `smollm2.context_window`; else 2048 for `embedded`,
    and for Ollama what Ollama itself is set to."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """How many calls are made at once. Left out: 1; for `embedded`, what `tinyarms model tune`
    chose."""
    threads: int | None = Field(default=None, ge=1)
    """Processor threads of an `embedded` model. Left out: what `tinyarms model tune` chose,
    else all cores but one."""


class Triggers(_Settings):
    """When monitoring begins an evolution."""

    accuracy_threshold: float = Field(default=0.80, ge=0, le=1)
    """Rules `floor` and `original`: the share of successes below which a skill has dropped."""
    sample_size: int = Field(default=20, ge=1)
    """Rules `floor` and `original`: how many outcomes have to be known first. `original` reads
    this many, `floor` the last 50 or this many if that is more."""
    cooldown_hours: float = Field(default=168, ge=0)
    """Hours after an evolution in which the monitor begins no other one of the same skill. Each
    search in a row that finds nothing better doubles them, up to eight times as long, until the
    prompt, the writer, the settings of the search or the examples change; not in the original
    preset."""
    rules: tuple[RuleName, ...] | None = None
    """What may begin an evolution. `null`: `drop` and `floor`, or `original` in that preset.
    `drop`: the share of successes fell below that of the version's first 200 outcomes. `floor`:
    it was above `accuracy_threshold` and credibly no longer is. `original`: the newest
    `sample_size` outcomes are below the threshold. `adwin` and `page_hinkley`: detectors of
    drift by these names. The others are signals beside accuracy: slow answers, broken
    contracts, corrections, skipped ballots, and ballots answered with none of the options."""
    schedule: Schedule | None = None
    """`weekly` or `monthly`: the monitor also begins an evolution of each skill 7 or 30 days after
    its last one, whether or not there was a drop. `null`: only after a drop."""
    check_every_hours: float | None = Field(default=None, gt=0)
    """Hours from one check of a skill for a drop to the next one by the daemon, at least. `null`:
    every 5 minutes, and 24 hours in the original preset, whose trigger may be wrong each time that
    it is asked; the default rules count tasks, so asking them often costs no false alarms."""
    false_alarms_per_1000: float = Field(default=0.1, gt=0, le=100)
    """Rule `drop`: false alarms in 1,000 tasks while nothing is wrong, at most, on average."""


class AbTesting(_Settings):
    """Live tests in which users vote."""

    votes_required: int = Field(default=30, ge=1)
    """Original preset: from this vote on a clear lead ends the test. The default rules do not
    read it."""
    max_votes: int = Field(default=50, ge=1)
    """A live test ends after this many votes at the latest."""
    max_duration_days: float = Field(default=7, gt=0)
    """A live test ends after this many days at the latest, with the evidence it has by then."""
    max_votes_ahead: int = Field(default=2, ge=1)
    """Where several people vote or give feedback: how far one of them may be ahead of the next
    most active one before their votes or outcomes stop to count. Those who took part in the last
    24 hours are compared, of outcomes the newest 40."""
    min_tasks: int = Field(default=3, ge=0)
    """How many tasks a named user must have run before their votes and feedback count. 0: those of
    names that never ran a task count too, so whoever can make up names can decide."""
    others_overturn: bool = False
    """Whether feedback on another user's task replaces an outcome that the task already has.
    `false`: it is kept as an opinion. On a task without an outcome it counts."""
    show_probability: float = Field(default=0.5, ge=0, le=1)
    """Share of a skill's tasks that ask the user to choose while a live test runs."""


class Smollm2(_Settings):
    """The writer: the model that writes new prompts."""

    model: str | None = None
    """A name under `models:`. `evolution.writer_model` takes precedence."""
    quantization: str = "Q4_K_M"
    """Which file of `model` is pulled and run, where that is an embedded model with several."""
    context_window: int = Field(default=8192, ge=256)
    """Tokens of one call to `model`, where that is embedded or in Ollama and its own entry
    under `models:` says nothing else."""
    variants_per_evolution: int = Field(default=3, ge=1, le=26)
    """How many variants a search brings to the test."""
    latency_budget_ms: float = Field(default=8000, gt=0)
    """Milliseconds; a writing call that takes longer is warned of."""


class Learning(_Settings):
    """What a promotion requires."""

    min_accuracy_improvement: float = Field(default=0.05, ge=0, le=1)
    """Least gain in accuracy on held-out examples that is worth a promotion; 0.05 is 5 points."""
    max_share_of_a_user: float = Field(default=0.20, gt=0, le=1)
    """Share of a skill's `search` examples that the corrections of one user may make up, the newest
    first; five of each user in any case. Nobody named counts as one user. Examples that a person
    has reviewed do not count."""
    rollback_threshold: float = Field(default=0.70, ge=0, le=1)
    """Original preset: a promoted prompt whose accuracy falls below it is taken back, and a
    winner below it waits for `tinyarms prompt review`."""


class MutationWeights(_Settings):
    """How often the optimiser uses each kind of mutation, relative to the others."""

    direct: float = Field(default=0.30, ge=0)
    """Weight of the operators that rewrite a prompt as a mutation prompt says."""
    first_order: float = Field(default=0.30, ge=0)
    """Weight of the operators that improve a prompt by its failures and by earlier prompts."""
    crossover: float = Field(default=0.20, ge=0)
    """Weight of the operators that combine two prompts."""
    zero_order: float = Field(default=0.15, ge=0)
    """Weight of the operators that write a prompt afresh from the task's description or
    examples."""
    hypermutation: float = Field(default=0.05, ge=0)
    """Weight of the operators that rewrite the mutation prompts themselves."""

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class Budget(_Settings):
    """The most that one search may spend. `None`: this is not limited."""

    calls: int | None = Field(default=600, ge=1)
    """Calls on `search` and `selection` examples. Replies that are known already cost nothing,
    and the offline gate's calls are counted apart."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens of prompts and replies, of all calls together: those of the writer, the judge and
    the offline gate too."""
    seconds: float | None = Field(default=None, gt=0)
    """Seconds of the model's own time, of all calls together."""


class Evolution(_Settings):
    """The search for better prompts."""

    optimizer: OptimizerName = "promptbreeder"
    """How the search goes about it. `promptbreeder` is the default; `original` is what `preset:
    original` uses; `opro`, `evoprompt_ga` and `evoprompt_de` follow the papers of these names;
    `random_search` draws operators at random, each applied to the incumbent."""
    population_size: int = Field(default=20, ge=2, le=1000)
    """How many candidates live at a time."""
    generations: int = Field(default=30, ge=1)
    """Original preset: how many generations a search has. Otherwise the budget ends it."""
    evaluation_samples: int = Field(default=10, ge=1)
    """Original preset: how many examples two candidates are compared on."""
    mutation_weights: MutationWeights = MutationWeights()
    """How often the operators that ask the writer are tried at first, relative to each other; 0
    leaves a group out."""
    label_calibration: bool = True
    """Whether prompts of a skill with a `labels` contract get a bias for each label, fitted on
    examples."""
    similar_at: float = Field(default=90, ge=0, le=100)
    """A candidate that is at least this similar (0 to 100, rapidfuzz ratio) to one that exists
    is rejected."""
    writer_model: str | None = None
    """The model that writes prompts: a name under `models:`. It takes precedence over
    `smollm2.model` and the skill's own model."""
    budget: Budget = Budget()
    """What one search may spend at most."""


class Experiment(_Settings):
    """How variants are tested."""

    mode: Literal["pick", "single"] = "pick"
    """`pick`: users choose between outputs. `single`: each task is served by one of the
    prompts, and ordinary feedback decides."""
    test_examples: int | None = Field(default=None, ge=100)
    """How many `test` examples the offline gate reads. `null`: as many as find a gain of 10
    points in 90 % of cases, or all if there are fewer."""
    open_ended: bool = False
    """`pick` mode where users alone decide: whether the test runs without a limit of votes and
    days until the evidence ends it."""
    max_outcomes: int = Field(default=5000, ge=1)
    """`single` mode ends after this many tasks whose outcome is known."""
    max_duration_days: float = Field(default=60, gt=0)
    """`single` mode ends after this many days."""


class Judge(_Settings):
    """A model that screens variants before users see them. It can only drop weak ones."""

    model: str
    """A name under `models:`."""
    rubric: str = "Say how well the answer does what is asked for with this input."
    """What the judge grades an output by."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """A variant whose outputs have a mean grade below this is dropped."""
    outputs: int = Field(default=5, ge=1, le=100)
    """How many outputs of each variant are graded."""


NoticeKind = Literal["vote_wanted", "review_wanted", "promoted", "rolled_back"]


class Notifications(_Settings):
    """How the daemon tells people what has happened, or what it needs from them."""

    desktop: bool = True
    """Whether messages appear on the desktop. That needs a desktop and `tinyarms[desktop]`;
    elsewhere nothing happens."""
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """URL that messages are posted to, as JSON."""
    webhook_env: str | None = None
    """Name of the environment variable that holds the URL, where the URL is a secret."""
    kinds: tuple[NoticeKind, ...] = ("vote_wanted", "review_wanted", "promoted", "rolled_back")
    """Which events people are told about."""
    at_most_per_day: int = Field(default=1, ge=1)
    """Messages of the whole project in 24 hours, at most; later events are joined into the next
    message."""


class Privacy(_Settings):
    """Which private parts of texts are replaced by a label such as `[email]`."""

    mask: tuple[MaskKind, ...] = MASK_KINDS
    """What is masked in examples that are collected from corrections, and in what a writer or a
    judge on another machine is sent. `secrets`: passwords, keys and codes. `contact`: e-mail
    addresses, telephone numbers, streets, network addresses, and names of users in paths.
    `financial`: cards and accounts. `ids`: numbers of documents, and dates of birth. `[]`:
    nothing."""
    mask_tasks: bool = False
    """Whether the same is masked in the inputs of tasks before they are stored. The model is
    always sent what the application gave."""


class EvolutionSettings(_Settings):
    """The `prompt_evolution:` block of `config/constants.yaml`."""

    preset: Literal["default", "original"] = "default"
    """`original` tests and searches by the rules as first designed."""
    enabled: bool = True
    """`false`: the monitor begins no evolution of any skill."""
    triggers: Triggers = Triggers()
    """When the monitor begins an evolution."""
    ab_testing: AbTesting = AbTesting()
    """The live test: votes, days, and how often users are asked."""
    smollm2: Smollm2 = Smollm2()
    """The model that writes prompts."""
    learning: Learning = Learning()
    """What gain is worth a promotion, and when the original preset takes one back."""
    evolution: Evolution = Evolution()
    """The search."""
    experiment: Experiment = Experiment()
    """How variants are tested."""
    cross_skill_learning: bool = True
    """Whether a search begins with what won in the searches of other skills."""
    judge: Judge | None = None
    """A model that screens variants, for skills that have no `judge` of their own; `null`: no
    screening."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """Accepted probability of promoting a prompt that is no better."""
    holdback: float = Field(default=0.20, ge=0, le=0.5)
    """After a promotion, the share of tasks that stays on the old prompt until the comparison
    of the two is decided. 0: none."""
    reset_after_days: float | None = Field(default=None, gt=0)
    """Days without a person's choice after which the last prompt that a person wrote returns,
    watched beside the evolved one like a promotion. `null`: never."""
    retention_days: int | None = Field(default=365, ge=8)
    """Days after which raw tasks, votes and model calls are pruned; sums and history stay. At
    least 8, because accuracy is measured over a week. `null`: never."""
    notifications: Notifications = Notifications()
    """How the daemon tells people what happened or what it needs of them."""
    privacy: Privacy = Privacy()
    """What is masked before it is kept or sent."""

    quiet_hours: str | None = None
    """Hours in which no search begins and a running one pauses: `"22:00-07:00"`, local time.
    `null`: none."""

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
        other_blocks = {key: value for key, value in data.items() if key != "trigger"}
        return other_blocks | {"triggers": mapped | triggers}
