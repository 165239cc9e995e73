"""Text about money: what a search costs."""

from __future__ import annotations

from tinyarms.core.prices import Money


def money_text(money: Money) -> str:
    """`$0.042 (task $0.03, writer $0.012)`; empty if all calls cost nothing.

    What is not known is called unknown.
    """
    roles = {"task": money.task, "writer": money.writer, "judge": money.judge}
    paid = [f"{role} {dollars(amount)}" for role, amount in roles.items() if amount != 0]
    if not paid and not money.total:
        return ""
    listed = f" ({', '.join(paid)})" if paid else ""
    return f"{dollars(money.total)}{listed}"


def dollars(amount: float | None) -> str:
    """`$1.25`, or the first two digits of less than a dollar: `$0.0031`. `None`: `unknown`."""
    if amount is None:
        return "unknown"
    if amount >= 1 or amount == 0:
        return f"${amount:,.2f}"
    return f"${float(f'{amount:.2g}'):.10f}".rstrip("0")
