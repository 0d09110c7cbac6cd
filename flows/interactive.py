"""The interactive prompt of `muctieu query`: SQL with highlighting, history and completion of tables, columns
and macros."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Show = Callable[[Any, str], None]
"""(connection, sql): run and print; raises duckdb.Error for a wrong query."""

KEYWORDS = (
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "JOIN",
    "USING",
    "ON",
    "HAVING",
    "DISTINCT",
    "COUNT(*)",
    "AVG",
    "MIN",
    "MAX",
    "MEDIAN",
    "SUM",
    "CASE WHEN",
    "ILIKE",
    "BETWEEN",
    "IS NULL",
    "IS NOT NULL",
    "DESCRIBE",
    "SUMMARIZE",
)
LEAVING = ("exit", "quit", r"\q", ".quit", ".exit")
HISTORY = Path("~/.local/state/muctieu/query-history")
WELCOME = (
    "SQL over the published tables, read-only. End a query with ; and Enter. "
    "Tab completes, \\d lists tables, \\q leaves."
)


def words(connection: Any) -> dict[str, str]:
    """Completion words of a catalogue: word -> what it is."""
    found = dict.fromkeys(KEYWORDS, "SQL")
    tables = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE NOT internal UNION SELECT table_name FROM duckdb_tables()"
    ).fetchall()
    columns = connection.execute(
        "SELECT column_name, string_agg(DISTINCT table_name, ', ') FROM duckdb_columns() "
        "WHERE NOT internal GROUP BY ALL"
    ).fetchall()
    macros = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal").fetchall()
    found |= {name: f"column of {where[:60]}" for name, where in columns}
    found |= {f"{name}(": "macro" for (name,) in macros}
    return found | {name: "table" for (name,) in tables}


def open_prompt(connection: Any, show: Show, session: Any = None) -> None:
    """Ask for queries until the person leaves (Ctrl-D, exit). `show` runs and prints one; its duckdb errors are told.

    `session` is a prompt_toolkit PromptSession (tests hand one in).
    """
    import duckdb
    import typer

    asking = session or _session(connection)
    typer.echo(WELCOME)
    while True:
        try:
            text = asking.prompt("muctieu> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        query = text.rstrip(";").strip()
        if query.lower() in LEAVING:
            return
        if not query:
            continue
        if query == r"\d":
            query = "SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal ORDER BY name"
        try:
            show(connection, query)
        except duckdb.Error as trouble:
            typer.echo(f"the query failed: {trouble}", err=True)
        except typer.Exit:
            continue


def _session(connection: Any) -> Any:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexers.sql import SqlLexer

    known = words(connection)
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: Any) -> None:
        """Enter runs a finished query and otherwise starts a new line."""
        text = event.current_buffer.text.strip()
        if not text or text.endswith(";") or text.startswith("\\") or text.lower() in LEAVING:
            event.current_buffer.validate_and_handle()
        else:
            event.current_buffer.insert_text("\n")

    history = HISTORY.expanduser()
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        remembered: Any = FileHistory(str(history))
    except OSError:
        remembered = InMemoryHistory()
    return PromptSession(
        lexer=PygmentsLexer(SqlLexer),
        history=remembered,
        multiline=True,
        key_bindings=bindings,
        completer=WordCompleter(sorted(known), ignore_case=True, meta_dict=known),
        complete_while_typing=False,
    )
