"""How schemas and views are written down in the OpenAPI document; answers no request."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])


class Converter(OpenAPIConverter):
    """Writes a schema down with what its `Meta.rules` says of its fields together."""

    def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
        """The JSON Schema of a schema.

        `Meta.rules` are keywords such as `oneOf`, for what a schema checks across fields:
        https://json-schema.org/draft/2020-12/json-schema-core#section-10.2
        """
        written: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        return written | getattr(schema.Meta, "rules", {})


class SchemaPlugin(MarshmallowPlugin):
    """marshmallow's schemas in the document, by our converter."""

    Converter = Converter


def request_header(name: str, description: str, **schema: Any) -> Callable[[View], View]:
    """Documents a header that a view reads itself, beside its other parameters.

    `Blueprint.doc(parameters=…)` would put it in their place.

    Args:
        name: of the header.
        description: what it does.
        schema: further JSON Schema keywords; it is a string.
    """
    parameter = {
        "name": name,
        "in": "header",
        "schema": {"type": "string", **schema},
        "description": description,
    }

    def decorate(view: View) -> View:
        documented = deepcopy(getattr(view, "_apidoc", {}))
        documented.setdefault("arguments", {}).setdefault("parameters", []).append(parameter)
        view._apidoc = documented  # type: ignore[attr-defined]
        return view

    return decorate
