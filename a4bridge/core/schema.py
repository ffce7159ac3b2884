"""The JSON Schema of profiles and settings, for editors that complete and check as one types."""

from typing import Any, Final

from pydantic import BaseModel

from a4bridge.core.library import Kind
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings

MODELS: Final[dict[Kind, type[BaseModel]]] = {Kind.PROFILE: Profile, Kind.SETTINGS: Settings}
"""The model that a file of each kind is read as."""


def schema(kind: Kind) -> dict[str, Any]:
    """Return the schema of files of `kind`, as JSON-ready data."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **MODELS[kind].model_json_schema()}
