"""The bill of materials is valid CycloneDX, and lists what is locked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tools.locks import pins


@pytest.mark.slow
def test_the_bill_of_materials_is_valid_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from tools.sbom import main

    path = tmp_path / "new" / "tinyarms.cdx.json"
    monkeypatch.setattr(sys, "argv", ["sbom", str(path)])
    main()
    text = path.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {each["name"]: each for each in json.loads(text)["components"]}
    locked = {name: pin for name, pin in pins("dev").items() if pin.is_for_us}
    assert {name: each["version"] for name, each in components.items()} == {
        name: pin.version for name, pin in locked.items()
    }
    assert components["click"]["scope"] == "required"
    assert components["pytest"]["scope"] == "optional"
    hashes = components["click"]["externalReferences"][0]["hashes"]
    assert {each["content"] for each in hashes} == set(locked["click"].hashes)
    assert all(each["licenses"] for each in components.values())
