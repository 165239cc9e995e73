"""The prompts in the working tree against those of another commit, on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tinyarms.core.errors import ConfigError, ExampleError, PromptError, UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.experiments.paired_check import ALPHA, CheckVerdict, error_rate_in_words
from tinyarms.loop.evaluating.evaluate import compared
from tinyarms.loop.evaluating.git import commit_of, file_at
from tinyarms.loop.evaluating.prompts import FoundPrompt
from tinyarms.loop.evaluating.rows import EvalSplit, check_choice, choose_rows
from tinyarms.loop.evaluating.view import ComparedView
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.releasing.versions import parse_prompt, read_prompt
from tinyarms.store.project.config import CONFIG, SkillConfig, load_usable
from tinyarms.store.project.files import write_atomically

CheckStatus = Literal["unchanged", "not_compared"] | CheckVerdict


@dataclass(frozen=True, kw_only=True)
class CheckedSkill:
    """A skill's prompt in the working tree against that of another commit."""

    skill: str
    status: CheckStatus
    """`better`, `worse` or `cannot_tell`: the verdict on the rows. `unchanged`: both prompts are
    the same, and nothing was asked. `not_compared`: there is nothing to compare with."""
    sentence: str
    """The result in words."""
    comparison: ComparedView | None
    """The numbers; `None` if nothing was asked."""


@dataclass(frozen=True, kw_only=True)
class CheckView:
    """The prompts in the working tree against those of another commit."""

    against: str
    """The ref as it was given."""
    commit: str
    """The commit that it names."""
    skills: tuple[CheckedSkill, ...]
    """In the order of `config.yaml`, or as they were named."""
    error_rate: str
    """How often a check errs, in words."""

    @property
    def worse(self) -> tuple[str, ...]:
        """The skills that are worse."""
        return tuple(each.skill for each in self.skills if each.status == "worse")

    @property
    def open_questions(self) -> tuple[str, ...]:
        """The skills of which the rows cannot tell."""
        return tuple(each.skill for each in self.skills if each.status == "cannot_tell")


@dataclass(frozen=True)
class _Pair:
    """The two prompts of a skill; without `before`, the reason why there is none."""

    skill: str
    after: FoundPrompt | None
    before: FoundPrompt | None
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        return (
            self.before is not None
            and self.after is not None
            and self.before.prompt.hash != self.after.prompt.hash
        )


def check(
    context: Context,
    names: Sequence[str],
    against: str,
    *,
    split: EvalSplit | None = None,
    n: int | None = None,
    listener: Listener = SILENT,
) -> CheckView:
    """Compare the prompt files of the working tree with those of another commit.

    Contract, scorer, model and examples are those of the working tree for both prompts, so only
    the prompts differ. `names`: the skills; empty: all of the project. The bound on false failures
    is shared by the skills whose prompts changed. Raises `UsageError` if there is no such ref,
    split or number of rows, or a named skill is not in the ref, `ConfigError` without git or for a
    skill that cannot be used, and the errors of `answer_rows`.
    """
    check_choice(split, n)
    root = context.project.root
    chosen = list(names or context.project.names)
    for name in chosen:
        context.skill(name)
    commit = commit_of(root, against)
    pairs = list(_pairs(context, chosen, against, commit))
    missing = next((p for p in pairs if p.skill in names and p.before is None), None)
    if missing is not None:
        raise UsageError(missing.reason, "Leave its name out to check the others.")
    changed = sum(pair.is_changed for pair in pairs)
    alpha = ALPHA / max(1, changed)
    return CheckView(
        against=against,
        commit=commit,
        skills=tuple(_checked(context, pair, split, n, alpha, listener) for pair in pairs),
        error_rate=error_rate_in_words(alpha, changed),
    )


def _checked(
    context: Context,
    pair: _Pair,
    split: EvalSplit | None,
    n: int | None,
    alpha: float,
    listener: Listener,
) -> CheckedSkill:
    skill = context.skill(pair.skill).skill
    if pair.before is None or pair.after is None:
        return _without_numbers(pair.skill, "not_compared", pair.reason)
    if not pair.is_changed:
        return _without_numbers(
            pair.skill, "unchanged", f"{pair.skill}: the prompt has not changed."
        )
    rows = choose_rows(context, skill, split, n, listener)
    view = compared(context, skill, [pair.before, pair.after], rows, listener, alpha)
    sentence = f"{pair.skill}: {view.check.sentence}"
    return CheckedSkill(
        skill=pair.skill, status=view.check.verdict, sentence=sentence, comparison=view
    )


def _without_numbers(skill: str, status: CheckStatus, sentence: str) -> CheckedSkill:
    return CheckedSkill(skill=skill, status=status, sentence=sentence, comparison=None)


def _pairs(context: Context, names: Sequence[str], ref: str, commit: str) -> Iterator[_Pair]:
    root = context.project.root
    config = file_at(root, commit, CONFIG)
    if config is None:
        raise UsageError(
            f"{ref} has no {CONFIG} in the project's folder.", "Give a commit that has the project."
        )
    earlier = _skills_of(config)
    for name in names:
        now = context.skill(name)
        if now.skill.scorer is None or now.skill.examples is None:
            lacks = "scorer" if now.skill.scorer is None else "examples"
            yield _Pair(name, None, None, f"{name}: it has no {lacks}, so it cannot be checked.")
            continue
        path = root / now.prompt_template
        after = FoundPrompt(read_prompt(path, now.skill, context.pictures), now.prompt_template)
        if name not in earlier:
            reason = f"{name}: {ref} does not have this skill, or its config cannot be read."
            yield _Pair(name, after, None, reason)
            continue
        try:
            yield _Pair(name, after, _prompt_at(context, now, earlier[name], ref, commit))
        except (PromptError, ConfigError, ExampleError) as error:
            yield _Pair(name, after, None, f"{name}: {error}")


def _prompt_at(
    context: Context, now: SkillConfig, earlier: SkillConfig, ref: str, commit: str
) -> FoundPrompt:
    """The prompt in production in that commit. Raises `PromptError` and `ConfigError`."""
    where = f"{ref}:{earlier.prompt_template}"
    content = file_at(context.project.root, commit, earlier.prompt_template)
    if content is None:
        raise PromptError(f"There is no {where}.", f"{CONFIG} of {ref} names it.")
    return FoundPrompt(parse_prompt(content, Path(where), now.skill, context.pictures), where)


def _skills_of(config: str) -> dict[str, SkillConfig]:
    """The skills that an earlier `config.yaml` declares, as far as they can be read."""
    with TemporaryDirectory(prefix="tinyarms-") as folder:
        write_atomically(Path(folder) / CONFIG, config)
        # Its models are not asked, so any will do.
        project, _ = load_usable(Path(folder), lambda tag: ModelSettings(kind="ollama", model=tag))
    return dict(project.skills)
