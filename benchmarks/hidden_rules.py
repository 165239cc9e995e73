"""A made-up task whose rules are hidden in the failures, with a simulated worker and writer.

Messages go to one of four depots. The depot follows from the goods that a message names, which the
worker knows, unless the message has one of six ordinary words, each of which sends it to a depot
of its own: nothing but the failures says so. The worker obeys the rules that its instruction or its
demonstrations give it. The writer is capable but no oracle: it sees only what a request shows,
finds by a rule what failures have in common, and is useless in 30 % of its replies.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyarms.core.ids import derived_random
from tinyarms.core.settings import Evolution
from tinyarms.evolution.abilities import Ability
from tinyarms.evolution.problem import Problem
from tinyarms.skills.contract import Pattern
from tinyarms.skills.example import Example, Split
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt

DEPOTS = ("north", "south", "east", "west")
FIRST = Prompt("Name the depot for the message.\n\nMessage: {{message}}\nDepot:")
GOODS: Mapping[str, str] = {
    **dict.fromkeys(("apples", "barley", "cheese", "flour"), "north"),
    **dict.fromkeys(("anvils", "bolts", "chisels", "files"), "south"),
    **dict.fromkeys(("aprons", "belts", "coats", "gloves"), "east"),
    **dict.fromkeys(("atlases", "ballads", "charts", "diaries"), "west"),
}
MARKERS = ("bridge", "cousin", "early", "garden", "harbour", "ladder")
FILLERS = (
    *("about", "after", "basket", "because", "before", "broken", "carried", "corner", "daughter"),
    *("door", "evening", "faster", "friend", "gentle", "hand", "heavy", "hoping", "hurried"),
    *("keeper", "letter", "little", "market", "master", "meadow", "never", "often", "order"),
    *("parcel", "perhaps", "promise", "quiet", "river", "safely", "seldom", "silver", "slowly"),
    *("summer", "table", "thanks", "waiting", "wagon", "window", "winter", "wooden", "yellow"),
)
MARKED_SHARE = 0.7
"""Share of the messages that have a marker, in [0, 1]."""
OBEYED = 0.95
"""Probability that the worker obeys a rule of its instruction."""
LEARNED = 0.5
"""Probability that it takes a rule from a demonstration that has the message's marker."""
CAREFUL, CARELESS = 0.95, 0.85
"""Probability of the goods' depot, if the instruction names the depots and if it does not."""
USELESS = 0.3
"""Share of the writer's useless replies, in [0, 1]."""
SEARCH, SELECTION, TEST = 150, 100, 400
_RULE = re.compile(r"\b(\w+) goes to (\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class HiddenRules:
    """One made-up task: which marker sends a message where."""

    rules: Mapping[str, str]
    seed: int

    def example(self, split: Split, number: int) -> Example:
        """The n-th example of a split."""
        rng = derived_random(self.seed, split, number)
        words = [rng.choice(tuple(GOODS)), *rng.sample(FILLERS, 8)]
        expected = GOODS[words[0]]
        if rng.random() < MARKED_SHARE:
            marker = rng.choice(MARKERS)
            words.append(marker)
            expected = self.rules[marker]
        rng.shuffle(words)
        return Example(f"{split}-{number}", {"message": " ".join(words)}, expected, split)

    def problem(
        self, calls: int, abilities: tuple[Ability, ...], settings: Evolution | None = None
    ) -> Problem:
        """A search for a better prompt with `calls` task calls."""
        return Problem(
            skill="depots",
            description="Say to which depot a message goes.",
            contract=Pattern("[a-z]+"),
            incumbent=FIRST,
            search=tuple(self.example("search", n) for n in range(SEARCH)),
            selection=tuple(self.example("selection", n) for n in range(SELECTION)),
            success_at=0.5,
            calls=calls,
            settings=settings or Evolution(),
            seed=self.seed,
            abilities=abilities,
        )

    def held_out(self, prompt: Prompt) -> float:
        """The prompt's accuracy on examples that no search has seen, in [0, 1]."""
        examples = [self.example("test", n) for n in range(TEST)]
        return sum(answer(prompt, e) == e.expected for e in examples) / TEST


def hidden_rules(seed: int) -> HiddenRules:
    """The task of this seed."""
    rng = derived_random("rules", seed)
    return HiddenRules({marker: rng.choice(DEPOTS) for marker in MARKERS}, seed)


def answer(prompt: Prompt, example: Example) -> str:
    """The simulated worker's answer. It follows the last rule that fits the message."""
    rng = derived_random("worker", prompt.text, len(prompt.demonstrations), example.id)
    words = example.inputs["message"].split()
    rules: dict[str, str] = {
        word.lower(): depot.lower() for word, depot in _RULE.findall(prompt.text)
    }
    ruled = [rules[word] for word in words if rules.get(word) in DEPOTS]
    if ruled and rng.random() < OBEYED:
        return ruled[-1]
    for demonstration in prompt.demonstrations:
        common = set(words) & set(demonstration.inputs["message"].split()) & set(MARKERS)
        if common and rng.random() < LEARNED:
            return demonstration.output
    names_depots = all(depot in prompt.text for depot in DEPOTS)
    if rng.random() < (CAREFUL if names_depots else CARELESS):
        return next(GOODS[word] for word in words if word in GOODS)
    return rng.choice(DEPOTS)


# The writer


def write(request: ModelRequest) -> str:
    """The scripted writer's reply, which depends on the request only."""
    rng = derived_random("writer", request.key("writer"))
    useless = rng.random() < USELESS
    if request.messages:
        return _reflected(request.messages[-1].content, rng, useless)
    text = request.completion or ""
    return "Think about it with great care." if useless else _continued(text, rng)


def _reflected(text: str, rng: random.Random, useless: bool) -> str:
    prompts = [m.strip() for m in re.findall(r"<prompt>\n(.*?)\n</prompt>", text, re.DOTALL)]
    cases = _cases(text)
    if useless:
        return rng.choice(
            (
                "I would make the instruction clearer and give some examples.",
                _marked("no such words in any message", 1, f"{prompts[0]} Be careful."),
                _marked(cases[0][0][:30], 1, f"{prompts[0]} Think about it with great care."),
            )
        )
    rules = _in_common(cases, rng)
    kept = _without_broken(prompts[0], cases)
    if len(prompts) > 1:  # Two instructions are to be merged.
        others = _RULE.findall(prompts[1])
        merged = _with_rules(prompts[0], others) if others else f"{prompts[0]} {prompts[1]}"
        return "\n\n".join(
            _marked(cases[n][0][:40], n + 1, f"{merged}{' Be brief.' * n}") for n in range(2)
        )
    sure = [rule for rule in rules if rule[2] > 1]
    ideas = (sure or rules[:1], rules, rules[:1])
    return "\n\n".join(
        _marked(
            cases[idea[0][3]][0][:40],
            idea[0][3] + 1,
            _with_rules(kept, [(word, depot) for word, depot, *_ in idea]),
        )
        for idea in ideas
        if idea
    )


def _cases(text: str) -> list[tuple[str, str, bool]]:
    """(input, right answer, whether it was answered wrongly) of each case."""
    cases = []
    for block in re.findall(r'<case number="\d+">\n(.*?)\n</case>', text, re.DOTALL):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        right = lines.get("Right answer") or lines.get("Answer given, and right") or ""
        cases.append((lines["Input"], right, "Right answer" in lines))
    return cases


def _in_common(
    cases: Sequence[tuple[str, str, bool]], rng: random.Random
) -> list[tuple[str, str, int, int]]:
    """(word, answer, number of cases, index of one of them) of what the wrong cases have in common.

    A word that is in no case with another answer may be the reason; the more cases of this answer
    have it, the more likely it is. Of a case without a common word it guesses one.
    """
    counts: Counter[tuple[str, str]] = Counter()
    answers: dict[str, set[str]] = {}
    for text, right, _ in cases:
        for word in dict.fromkeys(text.lower().split()):
            counts[word, right] += 1
            answers.setdefault(word, set()).add(right)
    rules = []
    for index, (text, right, wrong) in enumerate(cases):
        if not wrong:
            continue
        words = [word for word in text.lower().split() if answers[word] == {right}]
        rng.shuffle(words)
        if words:
            best = max(words, key=lambda word: counts[word, right])
            rules.append((best, right, counts[best, right], index))
    unique = {word: rule for rule in sorted(rules, key=lambda r: r[2]) if (word := rule[0])}
    return sorted(unique.values(), key=lambda rule: -rule[2])


def _without_broken(instruction: str, cases: Sequence[tuple[str, str, bool]]) -> str:
    """The instruction without the rules that led to a wrong answer."""
    for word, depot in _RULE.findall(instruction):
        broken = [right for text, right, wrong in cases if wrong and word.lower() in text.split()]
        if broken and depot not in broken:
            instruction = re.sub(rf" ?\b{word} goes to {depot}\.", "", instruction)
    return instruction


def _with_rules(instruction: str, rules: Sequence[tuple[str, str]]) -> str:
    old = {word.lower() for word, _ in _RULE.findall(instruction)}
    added = [f"{word.capitalize()} goes to {depot}." for word, depot in rules if word not in old]
    return " ".join([instruction, *dict.fromkeys(added)])


def _marked(quote: str, case: int, prompt: str) -> str:
    return (
        f'<proposal>\n<quote case="{case}">{quote}</quote>\n<prompt>\n{prompt}\n</prompt>\n'
        "</proposal>"
    )


def _continued(text: str, rng: random.Random) -> str:
    """What completes the last block of worked examples, by its labels."""
    block = text.rpartition("\n\n")[2]
    lines = [line.split(":", 1) for line in block.splitlines() if ":" in line]
    pairs = [(label, value.strip()) for label, value in lines]
    values, last = [value for _, value in pairs if value], pairs[-1][0] if pairs else ""
    labels = [label for label, _ in pairs]
    if last == "Better" and "Gone wrong" in labels:
        return _with_rules(values[0], [(rng.choice(values[1].lower().split()), values[2])])
    if last == "The instruction was":
        rules = [
            (rng.choice(message.lower().split()), depot)
            for message, depot in zip(values[::2], values[1::2], strict=False)
        ]
        return _with_rules("Name the depot.", rules)
    if last == "Both":
        return _with_rules(values[0], _RULE.findall(values[1]))
    if labels and labels[0] == "Instruction":
        return f"{rng.choice(('Please n', 'Read it all and n'))}{values[0][1:]}"
    if last == "Manner" or labels[:1] == ["Manner"]:
        return rng.choice(("In other words", "As a short rule", "For a beginner"))
    listed = re.findall(r"^\d+\. (.+)$", block, re.MULTILINE)
    if len(listed) > 1:
        return _with_rules(listed[-1], _RULE.findall(listed[-2]))
    return f"Say to which depot the message goes: {', '.join(DEPOTS)}."
