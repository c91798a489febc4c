"""What is deployed, and the page about it, are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from serving.auth.permissions import ACCESS
from serving.principal import Role
from serving.settings import Settings

ROOT = Path(__file__).parents[2]


INSTRUCTIONS = {"ARG", "FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "EXPOSE", "VOLUME", "HEALTHCHECK"}


INSTRUCTIONS |= {"ENTRYPOINT", "CMD"}


def test_what_is_deployed_holds_together() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    assert {"api", "database", "mlflow"} <= set(compose["services"])
    for service in compose["services"].values():
        assert ("build" in service) or ("image" in service)
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        used = {mount.partition(":")[0] for mount in service.get("volumes", []) if not mount.startswith(".")}
        assert used <= set(compose["volumes"])
    known = {f"SHIPRISK_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"SHIPRISK_[A-Z_]+", (ROOT / "deploy" / "compose.yaml").read_text())) <= known
    told = compose["services"]["api"]["environment"]
    assert told["FORWARDED_ALLOW_IPS"] == "${FORWARDED_ALLOW_IPS:-}", "whoever runs it says which proxies are believed"
    lines = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    words = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    assert set(words) <= INSTRUCTIONS
    assert {"USER", "HEALTHCHECK"} <= set(words)
    assert words.count("FROM") == 2
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", "\n".join(lines), re.M):
        assert all((ROOT / name).exists() for name in source.split() if not name.startswith("--")), source


def test_the_table_of_the_page_is_the_table_of_the_code() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| [^|]* \| ([^|]*) \|$", page, re.M))
    words = {name: {word.strip() for word in roles.split(",")} for name, roles in said.items()}
    expected = {
        name: {"no key"} if not roles else {"any"} if roles == set(Role) else set(map(str, roles))
        for name, roles in ACCESS.items()
    }
    assert words == expected
