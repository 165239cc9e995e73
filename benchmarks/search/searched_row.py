"""The row of a search in a benchmark's table."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from search.contest import Row
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.skills.prompt import Prompt


def searched_row(
    view: EvolveView,
    prompt: Prompt,
    measure: Callable[[Prompt], tuple[bool, ...]],
    *,
    dataset: str,
    contestant: str,
    seed: int,
    budget: int,
    began: float,
    remark: str | None = None,
) -> Row:
    """The row of a search that ends now, with its best prompt.

    `measure`: the successes of a prompt on the held-out examples; its time does not count. `began`:
    by the monotonic clock, in seconds. `remark`: by default whether nothing better was found.
    """
    seconds = round(monotonic() - began, 1)
    found = "" if view.variants else "nothing better found"
    return Row(
        dataset=dataset,
        contestant=contestant,
        seed=seed,
        budget=budget,
        task_calls=int(view.spent["task_calls"]),
        writer_calls=int(view.spent["writer_calls"]),
        seconds=seconds,
        prompt=prompt.to_dict(),
        right=measure(prompt),
        note=found if remark is None else remark,
    )
