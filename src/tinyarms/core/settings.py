"""Settings of a project: the models, and the `prompt_evolution:` block.

The defaults are those of `preset: default`; `preset: original` changes some of them.
"""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from tinyarms.core.ids import content_hash
from tinyarms.core.prices import Price
from tinyarms.core.privacy.finder import MASK_KINDS, MaskKind
from tinyarms.core.quiet_hours import parse_quiet_hours
from tinyarms.core.text import check_origin, check_url, cluster_address

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
    "judged",
]


Schedule = Literal["weekly", "monthly"]


MAX_DAYS = 36_500
"""Most days of a setting: a hundred years. Higher: times that no calendar has."""
MAX_HOURS = 24 * MAX_DAYS
"""The same in hours."""
MAX_SECONDS = 31_536_000
"""Most seconds of a setting: a year. Higher: more than an operating system can wait."""
MAX_COUNT = 1_000_000_000
"""Most of anything that is counted. Higher: numbers that no database column holds."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Capabilities(_Settings):
    """What a model's server takes, where that is known better than found out.

    `true`: it is always sent, and a refusal is an error. `false`: it is never sent. `null`: it is
    sent until the server refuses it.
    """

    completions: bool | None = None
    """Raw completions (`/completions`), which the operators of a tiny writer use. Without them the
    writer is asked by chat."""
    grammar: bool | None = None
    """Grammars of llama.cpp and `structured_outputs` of vLLM. Without them: `json_schema`."""
    json_schema: bool | None = None
    """`response_format` of type `json_schema`. Without it: `json_object`."""
    json_object: bool | None = None
    """`response_format` of type `json_object`. Without it only the prompt says what the output must
    look like."""
    logprobs: bool | None = None
    """`logprobs` and `top_logprobs`, which label calibration needs."""
    seed: bool | None = None
    """`seed`."""
    temperature: bool | None = None
    """`temperature`."""
    max_tokens: bool | None = None
    """`max_tokens`. Without it: `max_completion_tokens`."""
    max_completion_tokens: bool | None = None
    """`max_completion_tokens`, which is only sent in place of `max_tokens`."""
    stop: bool | None = None
    """`stop`."""
    system_role: bool | None = None
    """Messages of the role `system`. Without it their text begins the first message of the user."""
    cache_prompt: bool | None = None
    """`cache_prompt`, which only llama.cpp is sent."""
    images: bool | None = None
    """Pictures (`image_url`). `true`: the model sees. `false`: it does not. `null`: a picture is
    sent only if its input has no `text_from`."""
    parallel_calls: int | None = Field(default=None, ge=1, le=256)
    """Most calls that the server takes at once. `null`: found out, from a llama.cpp server that
    says it, and from refusals that name it."""


_FLEET_KEYS = frozenset({"actors", "num_cpus", "num_gpus", "cluster"})


class ModelSettings(_Settings):
    """One entry under `models:` in `config.yaml`."""

    kind: Literal["embedded", "ollama", "openai", "replay", "ray"]
    """What runs the model. `embedded`: tinyArms starts it. `ollama`: an Ollama server. `openai`:
    any server with an OpenAI-compatible API. `replay`: a recording answers. `ray`: a fleet of Ray
    actors, each of which runs another model of this file."""
    model: str
    """The model's tag or name, e.g. `smollm2:135m`. For `ray`: the name, under `models:`, of the
    model that each actor runs."""
    base_url: str | None = None
    """URL of an OpenAI-compatible API; one without a path gets `/v1`. `openai` requires it. Left
    out with `ollama`: where the environment variable `OLLAMA_HOST` says, else
    `http://127.0.0.1:11434/v1`."""
    urls: tuple[str, ...] = ()
    """Base URLs of several servers that run the same model, in place of `base_url`. A call goes to
    the least loaded of them; one that does not answer is left out for half a minute and then tried
    again. `slots` is for each of them; rate limits are for all of them together. For `openai` and
    `ollama`."""
    actors: int = Field(default=1, ge=1, le=1000)
    """Number of actors of a `ray` fleet. Each makes as many calls at once as `slots` of the model
    that it runs says, else one. Actors that find no room in the cluster start when a machine
    joins."""
    num_cpus: float = Field(default=1, ge=0, le=MAX_COUNT)
    """Processor cores that Ray reserves for each actor; an embedded model gets as many threads.
    Fractions share a core."""
    num_gpus: float = Field(default=0, ge=0, le=MAX_COUNT)
    """GPUs that Ray reserves for each actor; 0.5 puts two actors on one."""
    cluster: str | None = None
    """Address of the Ray cluster that runs the fleet, such as `10.0.0.5:6379` or
    `ray://10.0.0.5:10001`. Left out: Ray is started on this machine, for this process only.
    `--cluster` takes precedence."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the server's key. The key itself never goes
    into a file."""
    server: Literal["llama.cpp", "ollama", "vllm", "openai"] | None = None
    """The server's dialect of the common API. Left out: chosen by `kind`, and an `openai` server
    whose answers are those of llama.cpp is asked as llama.cpp."""
    recording: str | None = None
    """Path of recorded replies (JSONL), relative to the project's folder. `replay` answers from
    it; any other model asks its server once for each request and keeps the reply there."""
    timeout_s: float = Field(default=120.0, gt=0, le=MAX_SECONDS)
    """Seconds that a call may take in all, with what is asked again after a refusal."""
    context_window: int | None = Field(default=None, ge=256, le=MAX_COUNT)
    """Most tokens of one call, prompt and reply together. `embedded` and Ollama use it; of another
    server it says what it was started with, if the server does not tell. Left out: an `embedded`
    model begins with 2048 and grows when a call needs more, as far as it was trained for it and
    there is memory; any other has the server's own setting. For the model that `smollm2.model`
    names, see `smollm2.context_window`."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """Most calls at once; fewer if the server is found to take fewer. Left out: for `embedded` the
    number that `tinyarms model tune` chose, else as many as a llama.cpp server says that it takes,
    or 1."""
    threads: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Processor threads of an `embedded` model. Left out: the number that `tinyarms model
    tune` chose, else all cores but one."""
    reasoning_tokens: int = Field(default=0, ge=0, le=MAX_COUNT)
    """Tokens that the model may spend on thoughts before each answer, in addition to the answer's
    own. For models that think; with too few, an answer is cut off before it begins."""
    writer_abilities: tuple[Literal["completion", "reflection", "merging"], ...] | None = None
    """What the model can do as the writer of a search. `completion`: it continues worked examples,
    as every writer can. `reflection`: it proposes prompts from failures that it is shown.
    `merging`: it merges two prompts. Left out: a few calls find it out once."""
    prices: Price | None = None
    """What calls cost, in US dollars, by [its own keys](#prices). Left out: nothing for a model on
    this machine; for a server, what the price list in tinyArms says, and it is not known if the
    list does not have it."""
    requests_per_minute: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Most calls in 60 seconds; further calls wait. It holds for all processes of a user on this
    machine that call this model of this server. For `ollama` and `openai`."""
    tokens_per_minute: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Most tokens of prompts and replies in 60 seconds, otherwise like `requests_per_minute`. Until
    a reply comes, its call counts with the most tokens that it can have. A call that is larger than
    the limit is made alone."""
    capabilities: Capabilities = Capabilities()
    """What the server takes, where you know. The rest is found out: a field that the server
    refuses is left out or replaced, and not sent again for a day."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None:
            check_url(url)
        return url

    @field_validator("urls")
    @classmethod
    def _are_addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            check_url(url)
        if len(set(urls)) < len(urls):
            raise ValueError("the same URL is named twice")
        return urls

    @field_validator("cluster")
    @classmethod
    def _is_cluster(cls, address: str | None) -> str | None:
        return None if address is None else cluster_address(address)

    @model_validator(mode="after")
    def _keys_of_its_kind(self) -> Self:
        """The keys of a fleet, and those of several servers, are only where they mean something."""
        given = self.model_fields_set
        foreign = given - _FLEET_KEYS - {"kind", "model"} if self.kind == "ray" else set()
        if foreign:
            key = min(foreign)
            raise ValueError(f"`{key}` belongs to models.{self.model}, which each actor runs")
        if self.kind != "ray" and given & _FLEET_KEYS:
            raise ValueError(f"`{min(given & _FLEET_KEYS)}` is only for `kind: ray`")
        if self.urls and self.base_url is not None:
            raise ValueError("`urls` is used in place of `base_url`: remove one of the two")
        if self.urls and self.kind not in ("openai", "ollama"):
            raise ValueError("`urls` is only for `kind: openai` and `kind: ollama`")
        return self


class Fleet(_Settings):
    """How many actors a fleet has, and where they run."""

    actors: int
    num_cpus: float
    """Cores for each."""
    num_gpus: float
    """GPUs for each."""
    cluster: str | None
    """`None`: on this machine, in a Ray that this process starts."""


class FleetSettings(ModelSettings):
    """The effective settings of a fleet: those of the model that each actor runs, and the fleet."""

    fleet: Fleet

    @classmethod
    def of(cls, entry: ModelSettings, of: ModelSettings, cluster: str | None = None) -> Self:
        """Those of an entry of `kind: ray`, whose actors run `of`. `cluster` takes precedence."""
        given = {key: getattr(of, key) for key in of.model_fields_set}
        place = Fleet(
            actors=entry.actors,
            num_cpus=entry.num_cpus,
            num_gpus=entry.num_gpus,
            cluster=cluster or entry.cluster,
        )
        return cls(**given, fleet=place)

    @property
    def of_actors(self) -> ModelSettings:
        """The settings with which each actor makes its model."""
        given = {key: getattr(self, key) for key in self.model_fields_set - {"fleet"}}
        given["slots"] = self.slots or 1
        if self.kind == "embedded" and self.threads is None:
            given["threads"] = max(1, int(self.fleet.num_cpus))
        return ModelSettings(**given)


class Triggers(_Settings):
    """When monitoring begins an evolution."""

    accuracy_threshold: float = Field(default=0.80, ge=0, le=1)
    """Rules `floor` and `original`: the share of successes below which a skill has dropped."""
    sample_size: int = Field(default=20, ge=1, le=MAX_COUNT)
    """Rules `floor` and `original`: how many outcomes must be known before the rule decides.
    `original` reads the newest this many, `floor` the newest 50 or this many, whichever is more."""
    cooldown_hours: float = Field(default=168, ge=0, le=MAX_HOURS)
    """Hours after an evolution in which the monitor does not evolve the same skill again. Each
    consecutive search that finds nothing better doubles the wait, up to eight times the setting,
    until the prompt, the writer, the search settings or the examples change. The original preset
    never doubles it."""
    rules: tuple[RuleName, ...] | None = None
    """Rules that may start an evolution. `null`: `drop` and `floor`, or `original` in the original
    preset. `drop`: the share of successes fell below that of the version's first 200 outcomes.
    `floor`: the share was above `accuracy_threshold` and credibly no longer is. `original`: the
    newest `sample_size` outcomes are below the threshold. `adwin` and `page_hinkley`: the drift
    detectors of these names. The other rules watch signals other than accuracy: slow answers,
    broken contracts, corrections, skipped ballots, ballots answered with none of the options, and
    `judged`, the grades of a skill's `online` judge, which is added to the default rules where
    there is such a judge."""
    schedule: Schedule | None = None
    """`weekly` or `monthly`: the monitor also evolves each skill 7 or 30 days after its last
    evolution, even without a drop. `null`: only after a drop."""
    check_every_hours: float | None = Field(default=None, gt=0, le=MAX_HOURS)
    """Fewest hours between two checks of a skill for a drop by the daemon. `null`: 5 minutes, or 24
    hours in the original preset, whose trigger risks a false alarm at every check. The default
    rules count tasks, so frequent checks cause no more false alarms."""
    false_alarms_per_1000: float = Field(default=0.1, gt=0, le=100)
    """Rule `drop` and the rules that watch signals: most false alarms per 1,000 tasks, on average,
    while nothing is wrong. It is the sum over all of these that are in use, each of which gets an
    equal part."""


class AbTesting(_Settings):
    """Live tests in which users vote."""

    votes_required: int = Field(default=30, ge=1, le=MAX_COUNT)
    """Original preset: fewest votes before a clear lead ends the test. The default rules do not
    read it."""
    max_votes: int = Field(default=50, ge=1, le=MAX_COUNT)
    """Most votes of a live test."""
    max_duration_days: float = Field(default=7, gt=0, le=MAX_DAYS)
    """Most days of a live test. It then ends with the evidence it has."""
    max_votes_ahead: int = Field(default=2, ge=1, le=MAX_COUNT)
    """If several people vote or give feedback: how many votes or outcomes a user may be ahead of
    the next most active one before further ones stop counting. Votes are compared among the users
    of the last 24 hours, outcomes among the users of the newest 40. Where users alone decide, votes
    are compared among all who ran a task of the skill or voted in the last 14 days."""
    min_tasks: int = Field(default=3, ge=0, le=MAX_COUNT)
    """How many tasks a named user must have run before their votes and feedback count. 0: names
    that never ran a task count too, so anyone who invents names can decide a test."""
    others_overturn: bool = False
    """Whether feedback on another user's task replaces an outcome that the task already has.
    `false`: it is stored as an opinion and does not count. On a task without an outcome it always
    counts."""
    show_probability: float = Field(default=0.5, ge=0, le=1)
    """Share of a skill's tasks that ask the user to choose while a live test runs."""


class Smollm2(_Settings):
    """The writer: the model that writes new prompts."""

    model: str | None = None
    """A name under `models:`. `evolution.writer_model` takes precedence."""
    quantization: str = "Q4_K_M"
    """Which quantization of `model` to pull and run, if it is an embedded model with several."""
    context_window: int = Field(default=8192, ge=256, le=MAX_COUNT)
    """Most tokens of one call to `model`, if it is embedded or in Ollama and its own entry under
    `models:` sets no `context_window`. If you leave it out, an embedded model grows as it needs."""
    variants_per_evolution: int = Field(default=3, ge=1, le=26)
    """Most variants that a search brings to the test."""
    latency_budget_ms: float = Field(default=8000, gt=0, le=MAX_COUNT)
    """Milliseconds after which a writer call gives a warning."""


class Learning(_Settings):
    """What a promotion requires."""

    min_accuracy_improvement: float = Field(default=0.05, ge=0, le=1)
    """Smallest gain in accuracy on held-out examples worth a promotion; 0.05 is 5 points."""
    max_share_per_user: float = Field(
        default=0.20,
        gt=0,
        le=1,
        # Projects of an earlier commit have the second name.
        validation_alias=AliasChoices("max_share_per_user", "max_share_of_a_user"),
    )
    """Largest share of a skill's `search` examples that may come from the corrections of one user;
    the newest are kept. Five of each user are always allowed. Corrections without a name count as
    one user. Reviewed examples are exempt."""
    rollback_threshold: float = Field(default=0.70, ge=0, le=1)
    """Original preset: a promoted prompt whose accuracy falls below this is rolled back, and a
    winner below it waits for `tinyarms prompt review`."""


class MutationWeights(_Settings):
    """Relative weights of the kinds of mutation."""

    direct: float = Field(default=0.30, ge=0)
    """Weight of the operators that correct a prompt by the examples it fails on."""
    first_order: float = Field(default=0.30, ge=0)
    """Weight of the operators that rewrite a prompt by a mutation prompt or earlier prompts."""
    crossover: float = Field(default=0.20, ge=0)
    """Weight of the operators that combine two prompts."""
    zero_order: float = Field(default=0.15, ge=0)
    """Weight of the operators that write a new prompt from the task's description or examples."""
    hypermutation: float = Field(default=0.05, ge=0)
    """Weight of the operators that rewrite the mutation prompts themselves."""

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class Budget(_Settings):
    """Limits of one search. `None`: no limit."""

    calls: int | None = Field(default=600, ge=1, le=MAX_COUNT)
    """Most task calls on `search` and `selection` examples. Cached replies cost nothing. The
    offline gate's calls are counted separately."""
    tokens: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Most tokens of prompts and replies, over all calls, including those of the writer, the judge
    and the offline gate."""
    seconds: float | None = Field(default=None, gt=0, le=MAX_SECONDS)
    """Most seconds of model time, over all calls."""
    money: float | None = Field(default=None, gt=0, allow_inf_nan=False, le=MAX_COUNT)
    """Most US dollars, over all calls. The prices of all models of the search must be known."""


class Limits(_Settings):
    """What a prompt may cost for each task. `None`: no limit."""

    prompt_tokens: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Most tokens of a task's prompt, with the demonstrations that are retrieved for it, on average
    over the examples that a candidate has run on."""
    p95_ms: float | None = Field(default=None, gt=0, allow_inf_nan=False, le=MAX_COUNT)
    """Most milliseconds of a call, at the 95th percentile of the candidate's calls. It counts the
    time as it was measured, also where calls ran in parallel."""


class Evolution(_Settings):
    """The search for better prompts."""

    optimizer: OptimizerName = "promptbreeder"
    """The search algorithm. `promptbreeder` is the default; `preset: original` uses `original`;
    `opro`, `evoprompt_ga` and `evoprompt_de` follow the papers of these names; `random_search`
    draws operators at random, each applied to the incumbent."""
    population_size: int = Field(default=20, ge=2, le=1000)
    """Number of candidates in the population."""
    generations: int = Field(default=30, ge=1, le=MAX_COUNT)
    """Original preset: number of generations of a search. Otherwise the budget ends it."""
    evaluation_samples: int = Field(default=10, ge=1, le=MAX_COUNT)
    """Original preset: number of examples on which two candidates are compared."""
    mutation_weights: MutationWeights = MutationWeights()
    """Starting weights of the operators that call the writer, relative to each other; 0 leaves a
    group out."""
    label_calibration: bool = True
    """Whether prompts of a skill with a `labels` contract get label calibration, fitted on
    examples."""
    verbalizer: bool = True
    """Whether prompts of a skill with a `labels` contract get a verbalizer where the server lists
    the likeliest words: weights, fitted on examples, of what each word tells about the labels."""
    input_words: bool = True
    """Whether prompts of a skill with a `pattern` contract may hold the answer to words of the
    inputs, where the server enforces the pattern."""
    memory: bool = True
    """Whether prompts may have a memory: for each task they show the nearest examples, and the
    examples' labels count beside what the model says."""
    refresh_after: float | None = Field(default=0.2, gt=0, le=MAX_COUNT)
    """New gold examples after which the daemon refreshes the memory of the prompt in production:
    below 1 their share of those that it remembers, otherwise their number. `null`: never."""
    similar_at: float = Field(default=90, ge=0, le=100)
    """A candidate that is at least this similar (0 to 100, rapidfuzz ratio) to one that exists
    is rejected."""
    writer_model: str | None = None
    """The writer: a name under `models:`. It takes precedence over `smollm2.model` and the skill's
    own model."""
    batch: int = Field(default=1, ge=1, le=1000)
    """Number of candidates, and of tournaments, whose examples are asked at once. A fleet needs
    more than 1 to be busy: a step asks about eight calls for each. The result of a search depends
    on this number, and never on how many calls run at once. With more than 1, a tournament does
    not see what its neighbours find. The original preset does not read it."""
    budget: Budget = Budget()
    """Limits of one search."""
    limits: Limits = Limits()
    """What a prompt may cost for each task: a candidate over a limit never becomes a variant."""


class MemorySettings(_Settings):
    """What prompts remember."""

    share: Literal["skill", "user"] = "skill"
    """With whom the examples are shared that a user's corrections gave and a person confirmed.
    `skill`: with all users of the skill. `user`: with nobody; a task is shown only the examples of
    its own user and those that come from no user, such as the rows of the examples file."""


class Experiment(_Settings):
    """How variants are tested."""

    mode: Literal["pick", "single"] = "pick"
    """`pick`: users choose between outputs. `single`: one of the prompts serves each task, and
    ordinary feedback decides."""
    test_examples: int | None = Field(default=None, ge=100, le=MAX_COUNT)
    """How many `test` examples the offline gate reads. `null`: enough to find a gain of 10 points
    in 90 % of cases, or all if there are fewer."""
    open_ended: bool = False
    """`pick` mode without an offline gate: whether the test has no limit of votes and days, so that
    only the evidence ends it."""
    max_outcomes: int = Field(default=5000, ge=1, le=MAX_COUNT)
    """`single` mode: most tasks with a known outcome; the test ends after them."""
    max_duration_days: float = Field(default=60, gt=0, le=MAX_DAYS)
    """`single` mode: most days of a test."""


class Judge(_Settings):
    """A model that grades variants before users see them, and drops weak ones."""

    model: str
    """A name under `models:`."""
    rubric: str = "Say how well the answer does what is asked for with this input."
    """The question by which the judge grades an output."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """Lowest mean grade, in [0, 1], of a variant's outputs; below it the variant is dropped."""
    outputs: int = Field(default=5, ge=1, le=100)
    """Number of outputs graded for each variant."""


class Online(_Settings):
    """What grades a sample of a skill's tasks in the background, so that a drop is seen without
    feedback. Exactly one of `judge`, `scorer` and `json_schema`."""

    judge: str | None = None
    """The model that grades: a name under `models:`. A model elsewhere gets masked texts only."""
    rubric: str = "Say how well the answer does what is asked for with this input."
    """`judge`: the question by which it grades an output."""
    scorer: str | None = None
    """A scorer that needs no expected output: `regex` with a `pattern`, or a function of your own,
    `module:function`. The example that it gets has the task's inputs and no expected output."""
    pattern: str | None = None
    """Scorer `regex`: an output with a match of this regular expression is right."""
    json_schema: dict[str, Any] | None = None
    """An output that is JSON of this schema is right."""
    share: float = Field(default=0.05, gt=0, le=1)
    """Share of the tasks that are graded, chosen by the hash of their id. More: a drop is found
    sooner, and costs more calls. Until there are 100 tasks that both people and the judge have
    graded, tasks with feedback are graded too."""
    success_at: float = Field(default=0.5, gt=0, le=1)
    """Lowest grade, in (0, 1], at which an output counts as good."""
    calls_per_day: int = Field(default=200, ge=1)
    """Most tasks that are graded by a model or function in 24 hours."""
    money_per_day: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """`judge`: most US dollars in 24 hours. Its price must be known. `null`: no limit."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        graders = (self.judge, self.scorer, self.json_schema)
        if sum(grader is not None for grader in graders) != 1:
            raise ValueError("must have exactly one of judge, scorer, json_schema")
        if self.scorer is not None and self.scorer != "regex" and ":" not in self.scorer:
            raise ValueError(
                f"the scorer {self.scorer!r} needs an expected output, and a live task has none: "
                "use regex or module:function"
            )
        if (self.scorer == "regex") != (self.pattern is not None):
            raise ValueError("`scorer: regex` and `pattern` belong together")
        return self

    @property
    def grader(self) -> str:
        """The judge's name for people."""
        return self.judge or self.scorer or "json_schema"

    @property
    def key(self) -> str:
        """Names the judge in stored grades. Another question or function is another judge, because
        its grades are not comparable."""
        asked = {"judge": (self.judge, self.rubric), "scorer": (self.scorer, self.pattern)}
        return f"{self.grader}:{content_hash({**asked, 'schema': self.json_schema})[:16]}"


NoticeKind = Literal[
    "vote_wanted",
    "review_wanted",
    "refresh_wanted",
    "promoted",
    "refreshed",
    "rolled_back",
]


class Notifications(_Settings):
    """How the daemon tells people what has happened, or what it needs from them."""

    desktop: bool = True
    """Whether messages appear on the desktop. This needs a desktop and `tinyarms[desktop]`;
    otherwise nothing is shown."""
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """URL that messages are posted to, as JSON."""
    webhook_env: str | None = None
    """Name of the environment variable that holds the URL, where the URL is a secret."""
    kinds: tuple[NoticeKind, ...] = get_args(NoticeKind)
    """Which events people are told about."""
    at_most_per_day: int = Field(default=1, ge=1, le=MAX_COUNT)
    """Most messages of the whole project in 24 hours; later events wait for the next message."""


class Privacy(_Settings):
    """Which private data in texts is masked: replaced by a label such as `[email]`."""

    mask: tuple[MaskKind, ...] = MASK_KINDS
    """What is masked in examples collected from corrections, and in the texts sent to a writer or
    judge on another machine. `secrets`: passwords, keys and codes. `contact`: e-mail addresses,
    telephone numbers, streets, coordinates, names on social networks, network addresses, and names
    of users in paths. `financial`: cards and accounts. `ids`: numbers of documents, and dates of
    birth. `[]`: nothing."""
    mask_tasks: bool = False
    """Whether what is stored of tasks is masked too, from now on: inputs, outputs, corrections and
    ballots. The model gets the unmasked inputs, and the scorer grades the unmasked output. Voters
    read masked texts: outputs that differ in private parts only are one option. A correction with
    a private part means a failure, even if the output was the same. Not masked: names of users, and
    a skill's own labels."""


class Server(_Settings):
    """The HTTP service (`tinyarms serve`)."""

    hosts: tuple[str, ...] = ()
    """Names by which the service is reached, such as `arms.example.org`, beside those of this
    machine. A request for any other name is refused."""
    origins: tuple[str, ...] = ()
    """Web pages that may embed the widget, such as `https://app.example.org`: the scheme and the
    name, and the port if it is another than the scheme's. They may ask for nothing else, and a page
    of any other site is refused."""
    proxies: tuple[str, ...] = ()
    """Addresses of proxies that are believed when they say who asks and whether by TLS."""
    requests_per_s: float = Field(default=100, gt=0, le=MAX_COUNT)
    """Most requests of one token or session a second, on average; bursts may be twice as large."""
    max_body_mb: float = Field(default=20, gt=0, le=1000)
    """Megabytes of the largest request. Larger ones are refused before they are read."""
    max_connections: int = Field(default=500, ge=10, le=100_000)
    """Most open connections, of all callers. One more ends the one that has waited longest for its
    next request, or is refused if none waits. Each is an open file of the service."""

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            check_origin(origin)
        return origins


class EvolutionSettings(_Settings):
    """The `prompt_evolution:` block of `config/constants.yaml`."""

    preset: Literal["default", "original"] = "default"
    """`original` searches and tests by the rules of the first design."""
    enabled: bool = True
    """`false`: the monitor evolves no skill."""
    triggers: Triggers = Triggers()
    """When the monitor begins an evolution."""
    ab_testing: AbTesting = AbTesting()
    """The live test: votes, days, and how often users are asked."""
    smollm2: Smollm2 = Smollm2()
    """The model that writes prompts."""
    learning: Learning = Learning()
    """What gain is worth a promotion, and when the original preset rolls one back."""
    evolution: Evolution = Evolution()
    """The search."""
    memory: MemorySettings = MemorySettings()
    """What prompts remember, for skills that set no `memory` of their own."""
    experiment: Experiment = Experiment()
    """How variants are tested."""
    cross_skill_learning: bool = True
    """Whether a search starts from what won in other skills' searches."""
    judge: Judge | None = None
    """The judge of skills that set no `judge` of their own; `null`: no judge."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """Highest accepted probability of promoting a prompt that is no better."""
    holdback: float = Field(default=0.20, ge=0, le=0.5)
    """Share of tasks that stays on the old prompt after a promotion, until the comparison of the
    two prompts is decided. 0: no comparison."""
    reset_after_days: float | None = Field(default=None, gt=0, le=MAX_DAYS)
    """Days without a person's decision after which the last prompt that a person wrote returns. It
    is compared with the evolved prompt, as after a promotion. `null`: never."""
    retention_days: int | None = Field(default=365, ge=8, le=MAX_DAYS)
    """Days after which raw tasks, votes and model calls are deleted; sums and history stay. At
    least 8, because accuracy is measured over a week. `null`: never."""
    notifications: Notifications = Notifications()
    """How the daemon tells people what has happened, or what it needs from them."""
    privacy: Privacy = Privacy()
    """What is masked before it is stored or sent."""
    server: Server = Server()
    """Who may call the HTTP service, and how often."""
    opentelemetry: bool = False
    """Whether each task, and each outcome, is a span with the `gen_ai` attributes of OpenTelemetry
    (extra `otel`). It goes to the tracer provider that your program has set, and nowhere if it has
    none. Prompts, inputs and outputs are left out unless the environment has
    `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true`; then they are masked by
    `privacy.mask`."""

    searches_at_once: int = Field(default=1, ge=1, le=64)
    """Most skills that one daemon searches at the same time. No more search on a model than it
    takes calls at once (`slots`); they share its calls evenly."""

    quiet_hours: str | None = None
    """Hours in which no search begins and a running one pauses, such as `"22:00-07:00"`, local
    time. `null`: none."""

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
