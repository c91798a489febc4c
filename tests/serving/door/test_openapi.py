"""The OpenAPI document says what replies carry, and clients can be generated from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from serving.bootstrap import build_app
from serving.settings import Settings


@pytest.fixture(scope="module")
def schema() -> Any:
    return build_app(None, Settings()).openapi()


def operations(schema: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_replies_have_their_ids_limits_and_when_to_come_back(schema: Any) -> None:
    for name, operation in operations(schema):
        for status, response in operation["responses"].items():
            headers = response["headers"].keys()
            assert "X-Request-ID" in headers, (name, status)
            assert ("Retry-After" in headers) == (status in ("429", "503")), (name, status)
            assert ({"RateLimit", "RateLimit-Policy"} <= headers) == ("security" in operation), (name, status)
    for header in ("X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy"):
        assert schema["components"]["headers"][header]["schema"]["type"] in ("string", "integer")


def test_a_body_of_events_is_a_class_in_every_kind_of_it(schema: Any) -> None:
    """Generators tell the kinds apart by classes: a list among them, and no call can be made."""
    content = schema["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/cloudevents+json"}
    names = [kind["schema"]["$ref"].rpartition("/")[2] for kind in content.values()]
    assert names == ["EventBatch", "CloudEvent"]
    assert {schema["components"]["schemas"][name]["type"] for name in names} == {"object"}


def test_every_moment_is_a_text_in_each_of_its_forms(schema: Any) -> None:
    """A form without a type is anything to a generator, and a date among anything cannot be sent."""
    moment = schema["components"]["schemas"]["CloudEvent"]["properties"]["time"]
    assert [(form["type"], form["format"]) for form in moment["anyOf"]] == [("string", "date-time"), ("string", "date")]
