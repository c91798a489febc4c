"""Commands about API keys and the audit trail; what is heavy is imported where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidRequest
from features.times import isoformat
from serving.clock import system_clock
from serving.commands.console import print_json, print_table, say
from serving.commands.options import Json, enter
from serving.principal import Role
from serving.settings import Settings
from serving.terminal_text import as_printed

if TYPE_CHECKING:
    from serving.store.database import Database
    from serving.store.tables.keys import KeyRow

group = typer.Typer(help="API keys: who may call the service, and for which plants.", no_args_is_help=True)
YEAR = 365


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.add_typer(group, name="keys", epilog="Example: shiprisk keys create 'ERP Kiel' --role integrator --plant Kiel")
    enter(group, "create", create, "shiprisk keys create 'ERP Kiel' --role integrator --plant Kiel --days 90")
    enter(group, "list", list_every, "shiprisk keys list --json")
    enter(group, "revoke", revoke_one, "shiprisk keys revoke shiprisk_k7mq2xw9ab")
    enter(app, "audit", show_audit, "shiprisk audit --order 4711 --limit 20")


def create(
    name: Annotated[str, typer.Argument(help="Who or what calls with it, in words.", show_default=False)],
    role: Annotated[Role, typer.Option(help="What it is for; docs/api.md says which routes that opens.")],
    plant: Annotated[list[str] | None, typer.Option(help="A plant whose orders it sees; repeatable.")] = None,
    all_plants: Annotated[bool, typer.Option("--all-plants", help="It may see the orders of every plant.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3650, help="It expires after so many days.")] = YEAR,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once, now; what is kept is a digest, from which it cannot be had again."""
    from serving.auth.api_keys import create_key

    if bool(plant) == all_plants:
        got = "both" if plant else "neither"
        raise InvalidRequest(f"a key must be for some plants (--plant NAME) or for all (--all-plants), got {got}")
    row, token = create_key(_database(), name, role, plant or None, days, system_clock())
    if as_json:
        print_json(_key_content(row) | {"key": token})
        return
    say(token)
    whom, where = as_printed(name), as_printed(row.where)
    say(f"\nThis is the only time it is shown. It is for {whom}: {role}, {where}, until {_day(row.expires_at)}.")
    say(f"Revoke it with: shiprisk keys revoke {_key_content(row)['prefix']}")


def list_every(as_json: Json = False) -> None:
    """Every key that was made: how it begins, whose it is, what it opens, until when."""
    from serving.auth.api_keys import list_keys

    keys = [_key_content(row) for row in list_keys(_database())]
    if as_json:
        print_json({"keys": keys})
    elif not keys:
        say("There is no key yet: make one with 'shiprisk keys create'.")
    else:
        columns = ["prefix", "name", "role", "plants", "state", "expires_at"]
        rows = [[_cell(row[name]) for name in columns] for row in keys]
        print_table("API keys", [name.removesuffix("_at") for name in columns], rows)


def revoke_one(
    key: Annotated[str, typer.Argument(help="How the key begins: see 'shiprisk keys list'.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Let a key hold no more: at once for who has not called lately, within five seconds for everybody."""
    from serving.auth.api_keys import revoke

    row = revoke(_database(), key, system_clock())
    if as_json:
        print_json(_key_content(row))
    else:
        say(f"The key of {as_printed(row.name)} is revoked.")


def show_audit(
    who: Annotated[str | None, typer.Option(help="A key's id.")] = None,
    order: Annotated[str | None, typer.Option(help="An order's id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the latest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Who did what, when, and how it ended: writes, refusals, what became of keys, and which champion scored."""
    from serving.api.presenters import present_audit_record
    from serving.store.tables.audit import entries

    records = _database().read(lambda connection: entries(connection, limit, None, who, order))
    shown = [present_audit_record(row) for row in records]
    if as_json:
        print_json({"entries": shown})
    elif not shown:
        say("Nothing is in the audit trail yet.")
    else:
        columns = ["at", "who", "what", "order_id", "outcome", "detail"]
        rows = [[str(row[name] or "")[:60] for name in columns] for row in shown]
        print_table("Audit trail, the latest first", [name.replace("_id", "") for name in columns], rows)


def _database() -> Database:
    from serving.bootstrap import prepare_database
    from serving.store.database import Database

    settings = Settings()
    prepare_database(settings)
    return Database(settings.database)


def _day(moment: int) -> str:
    return str(isoformat(moment))[:10]


def _cell(value: Any) -> str:
    return "all" if value is None else ", ".join(value) if isinstance(value, list) else str(value)


def _key_content(row: KeyRow) -> dict[str, Any]:
    """A key without its digest."""
    from serving.auth.api_keys import PREFIX

    return {
        "id": row.id,
        "prefix": PREFIX + row.id,
        "name": row.name,
        "role": str(row.role),
        "plants": None if row.plants is None else sorted(row.plants),
        "state": row.state(system_clock()),
        "created_at": isoformat(row.created_at),
        "expires_at": isoformat(row.expires_at),
        "revoked_at": None if row.revoked_at is None else isoformat(row.revoked_at),
    }
