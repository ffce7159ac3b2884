import json

import pytest

from a4bridge.core.library import Kind
from a4bridge.core.schema import schema
from a4bridge.core.shipped import shipped


@pytest.mark.parametrize("kind", Kind)
def test_the_shipped_schema_is_the_models(kind: Kind) -> None:
    shipped_text = shipped("config", "schema", f"{kind}.schema.json").read_text(encoding="utf-8")

    assert shipped_text == json.dumps(schema(kind), indent=2) + "\n", (
        f"write it anew: a4bridge schema {kind} > config/schema/{kind}.schema.json"
    )
