"""`python -m tools.sbom FILE` writes a bill of materials: CycloneDX 1.6, as JSON.

It lists what `requirements/local.txt` pins as required, and what `requirements/dev.txt` adds (all
extras, and the tests' tools) as optional: each with its version, its licence, and the hashes of
the files that `make` accepts. Nothing is asked over the network.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from tools.licences import licences
from tools.locks import ROOT, Pin, pins

_WORDS = LicenseFactory()


def bill() -> Bom:
    """The bill of materials of what is locked for tinyArms at this version."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known, required = licences(), pins("local")
    bom = Bom()
    bom.metadata.component = root = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[_WORDS.make_from_string(project["license"])],
    )
    for name, pin in sorted((pins("dev") | required).items()):
        if not pin.is_for_us:
            continue
        scope = ComponentScope.REQUIRED if name in required else ComponentScope.OPTIONAL
        component = _component(pin, known[name], scope)
        bom.components.add(component)
        bom.register_dependency(root, [component])
    return bom


def _component(pin: Pin, licence: str, scope: ComponentScope) -> Component:
    purl = PackageURL("pypi", None, pin.name, pin.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        comment="SHA-256 of each file that may be installed.",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
    )
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        scope=scope,
        bom_ref=str(purl),
        purl=purl,
        licenses=[_WORDS.make_from_string(licence)],
        external_references=[files],
    )


def main() -> None:
    """Write the bill of materials to the file that is named."""
    if len(sys.argv) != 2:
        sys.exit("Name the file: python -m tools.sbom dist/tinyarms.cdx.json")
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    outputter = make_outputter(bill(), OutputFormat.JSON, SchemaVersion.V1_6)
    path.write_text(outputter.output_as_string(indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{path}: written\n")


if __name__ == "__main__":
    main()
