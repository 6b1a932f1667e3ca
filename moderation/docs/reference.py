"""The OpenAPI document made flat: groups of operations with everything resolved.

Pure functions of the document; knows nothing of Flask or HTML.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from moderation.docs import samples

Schema = Mapping[str, Any]

METHODS = ("post", "get", "put", "patch", "delete")
#: How deep the fields of a body are listed; what is deeper repeats itself.
DEPTH = 3
BASE_URL = "http://127.0.0.1:8000"
#: Least, most, and what is counted.
_LIMITS = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
    ("minimum", "maximum", ""),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body; `depth` counts from 0."""

    name: str
    type: str
    required: bool = False
    description: str = ""
    limits: str = ""
    place: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One response of an operation."""

    status: str
    description: str
    content_type: str = ""
    schema: str = ""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_description: str
    answers: tuple[Answer, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    name: str
    description: str
    operations: tuple[Operation, ...]


class Reference:
    """An OpenAPI 3.1 document, read for people."""

    def __init__(self, spec: Schema) -> None:
        self._spec = spec

    def groups(self) -> list[Group]:
        """The operations grouped by tag, in the document's order."""
        operations = list(self._operations())
        return [
            Group(
                tag["name"],
                tag.get("description", ""),
                tuple(one for name, one in operations if name == tag["name"]),
            )
            for tag in self._spec.get("tags", ())
        ]

    def _operations(self) -> Iterator[tuple[str, Operation]]:
        for path, item in self._spec["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    tag = operation.get("tags", [""])[0]
                    yield tag, self._operation(path, method, item, operation)

    def _operation(self, path: str, method: str, item: Schema, operation: Schema) -> Operation:
        parameters = [
            self._resolve(one)
            for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
        ]
        body = self._schema_of(operation.get("requestBody", {}))[1]
        needs_key = bool(operation.get("security", self._spec.get("security")))
        return Operation(
            anchor=_anchor(method, path),
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            needs_key=needs_key,
            parameters=tuple(self._parameter(one) for one in parameters),
            body=tuple(self._fields(body)),
            body_description=self._resolve(body).get("description", ""),
            answers=tuple(self._answers(operation["responses"])),
            curl=self._curl(method, path, body, needs_key=needs_key),
        )

    def _parameter(self, parameter: Schema) -> Field:
        schema = self._resolve(parameter.get("schema", {}))
        return Field(
            parameter["name"],
            self._type(schema),
            parameter.get("required", False),
            parameter.get("description", ""),
            _limits(schema),
            place=parameter["in"],
        )

    def _fields(self, schema: Schema, depth: int = 0) -> Iterator[Field]:
        schema = self._inner(schema)
        required = schema.get("required", ())
        for name, raw in schema.get("properties", {}).items():
            resolved = self._resolve(raw)
            yield Field(
                name,
                self._type(raw),
                name in required,
                resolved.get("description", ""),
                _limits(resolved),
                depth=depth,
            )
            if depth + 1 < DEPTH:
                yield from self._fields(raw, depth + 1)

    def _inner(self, schema: Schema) -> Schema:
        """The object inside: behind references, lists, and alternatives to null."""
        schema = self._resolve(schema)
        if "items" in schema:
            return self._inner(schema["items"])
        for one in schema.get("anyOf", ()):
            if one.get("type") != "null":
                return self._inner(one)
        return schema

    def _answers(self, responses: Mapping[str, Schema]) -> Iterator[Answer]:
        for status in sorted(responses, key=lambda one: (one == "default", one)):
            response = self._resolve(responses[status])
            content_type, schema = self._schema_of(response)
            yield Answer(
                status if status != "default" else "other",
                _description(status, response),
                content_type,
                _name(schema),
                tuple(self._fields(schema)) if status.startswith("2") else (),
            )

    def _schema_of(self, part: Schema) -> tuple[str, Schema]:
        """The first content type of a body or response, and its schema."""
        for content_type, content in part.get("content", {}).items():
            return content_type, content.get("schema", {})
        return "", {}

    def _type(self, schema: Schema) -> str:
        schema = self._resolve(schema)
        if "anyOf" in schema:
            return " or ".join(self._type(one) for one in schema["anyOf"])
        if "enum" in schema:
            return " | ".join(json.dumps(one) for one in schema["enum"])
        if "items" in schema:
            return f"list of {self._type(schema['items'])}"
        if "additionalProperties" in schema and "properties" not in schema:
            return f"object of {self._type(schema['additionalProperties'] or {})}"
        kinds = schema.get("type", "any")
        named = " or ".join([kinds] if isinstance(kinds, str) else kinds)
        return f"{named}, {schema['format']}" if "format" in schema else named

    def _resolve(self, schema: Schema) -> Schema:
        """The schema that a `$ref` points to, with what stands beside the reference."""
        if "$ref" not in schema:
            return schema
        target: Any = self._spec
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return self._resolve({**target, **beside})

    def _curl(self, method: str, path: str, body: Schema, *, needs_key: bool) -> str:
        url = BASE_URL + samples.path(path)
        options = ["--no-buffer"] if path.endswith("/stream") else []
        if method != "get" and not (method == "post" and body):
            options.append(f"--request {method.upper()}")
        options.append(shlex.quote(url) if "?" in url else url)
        if needs_key:
            options.append('--header "Authorization: Bearer $MODERATION_API_KEY"')
        if body:
            sample = json.dumps(samples.body(path, body, self._resolve), ensure_ascii=False)
            options += ["--header 'Content-Type: application/json'", f"--data '{sample}'"]
        return "curl " + " \\\n  ".join(options)


def _limits(schema: Schema) -> str:
    found = [
        _range(schema.get(least), schema[most]) + unit
        for least, most, unit in _LIMITS
        if most in schema
    ]
    if schema.get("default") is not None and schema["default"] not in ([], {}):
        found.append(f"default {json.dumps(schema['default'])}")
    return ", ".join(found)


def _range(least: float | None, most: float) -> str:
    return f"up to {most:,g}" if least is None else f"{least:,g} to {most:,g}"


def _description(status: str, response: Schema) -> str:
    if status == "default":
        return "Any other problem."
    return str(response.get("description") or HTTPStatus(int(status)).phrase)


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _anchor(method: str, path: str) -> str:
    kept = "".join(one if one.isalnum() else "-" for one in path)
    return f"{method}{kept}".strip("-")
